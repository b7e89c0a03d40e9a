package reports

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"rung/bench"
)

const (
	// numberCell is the width of a value: "100 µs" and what stands before it.
	numberCell = 11
	// leastLabel is how much of a label must be left to be read.
	leastLabel = 24
)

// Numbers writes sets of latency numbers side by side, in lines of at most
// width characters (at least 60). Sets that do not fit follow in a second
// table. Flags of measured rows are footnotes. A row that a set has twice is an
// error.
func Numbers(w io.Writer, sets []bench.NumberSet, width int) error {
	width = max(width, 60)
	out := summary{width: width}
	most := max((width-leastLabel)/numberCell, 1)
	for start := 0; start < len(sets); start += most {
		part := sets[start:min(start+most, len(sets))]
		if start > 0 {
			out.line("")
		}
		if err := out.numbers(part); err != nil {
			return fmt.Errorf("latency numbers: %w", err)
		}
	}
	out.line("")
	for _, set := range sets {
		out.numberSource(set)
	}
	_, err := io.WriteString(w, out.b.String())
	return err
}

func (s *summary) numbers(sets []bench.NumberSet) error {
	rows, err := NumberRows(sets)
	if err != nil {
		return err
	}
	label := s.width - numberCell*len(sets)
	head := pad("", label, true)
	for _, set := range sets {
		head += " " + pad(shortened(cleanText(set.Name), numberCell-1), numberCell-1, false)
	}
	s.line(head)
	for _, r := range rows {
		line := pad(cleanText(r.Label), label, true)
		for _, n := range r.In {
			text := Missing
			if n != nil {
				text = tight(Nanoseconds(n.Value))
				if n.Status == measuredStatus && len(n.Flags) > 0 {
					text += "*"
				}
			}
			line += " " + pad(text, numberCell-1, false)
		}
		s.line(line)
	}
	return nil
}

// measuredStatus is the status of a row that this machine was measured for.
const measuredStatus = "measured"

// numberSource says what a set is, and what to mind of its rows.
func (s *summary) numberSource(set bench.NumberSet) {
	when := set.Date
	if when == "" && set.Year > 0 {
		when = fmt.Sprint(set.Year)
	}
	text := set.Name
	if when != "" {
		text += ", " + when
	}
	if set.Source != "" {
		text += ": " + set.Source
	}
	s.wrap(cleanText(text), "", "  ")
	for _, n := range set.Rows {
		if n.Status == measuredStatus && len(n.Flags) > 0 {
			s.wrap(cleanText(n.Label+": "+strings.Join(n.Flags, "; ")), "  * ", "    ")
		}
	}
	for _, note := range set.Notes {
		s.wrap(cleanText(note), "  - ", "    ")
	}
}

func shortened(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most-1]) + "…"
}
