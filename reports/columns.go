package reports

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"
)

// column is one column of the terminal table.
type column struct {
	head  string
	width int
	left  bool
	cell  func(Row) string
}

// stageWidth is what an 80-character line leaves for the name of the stage,
// and maxStage the most that a wider one gives it.
const (
	stageWidth = 16
	maxStage   = 32
)

// columns are wideWidth characters wide in all, with one space between two,
// and wider by what the terminal has left.
func columns(width int, rows []Row) []column {
	longest := stageWidth
	for _, r := range rows {
		longest = max(longest, utf8.RuneCountInString(r.Stage))
	}
	stage := min(stageWidth+max(width-wideWidth, 0), longest, maxStage)
	return []column{
		{"stage", stage, true, func(r Row) string { return r.Stage }},
		{"capacity", 11, false, shortCapacity},
		{"p50", 7, false, func(r Row) string { return DurationOf(r.P50) }},
		{"p99", 7, false, func(r Row) string { return DurationOf(r.P99) }},
		{"fail", 6, false, failures},
		{"avail", 5, false, availability},
		{"$/M", 6, false, cost},
		{"est", 5, false, estimate},
		{"verdict", 9, true, func(r Row) string { return Glyph(r.Word) + " " + string(r.Word) }},
	}
}

// table writes the ladder as one line per stage.
func (s *summary) table(rows []Row) {
	if len(rows) == 0 {
		return
	}
	var head strings.Builder
	for i, c := range columns(s.width, rows) {
		if i > 0 {
			head.WriteByte(' ')
		}
		head.WriteString(pad(c.head, c.width, c.left))
	}
	s.line(head.String())
	for _, r := range rows {
		var line strings.Builder
		for i, c := range columns(s.width, rows) {
			if i > 0 {
				line.WriteByte(' ')
			}
			cell := pad(c.cell(r), c.width, c.left)
			if c.head == "verdict" {
				cell = s.painted(strings.TrimRight(cell, " "), r.Word)
			}
			line.WriteString(cell)
		}
		s.line(line.String())
	}
	s.line("")
	s.legend()
}

// blocks writes the ladder as a few lines per stage, for narrow terminals.
func (s *summary) blocks(rows []Row) {
	for _, r := range rows {
		s.wrap(s.painted(Glyph(r.Word)+" "+string(r.Word), r.Word)+"  "+r.Stage, "", "  ")
		s.wrap(fmt.Sprintf("capacity %s, estimate %s", r.Capacity(), estimate(r)), "  ", "    ")
		s.wrap(fmt.Sprintf("p50 %s, p99 %s, failures %s", DurationOf(r.P50), DurationOf(r.P99), failures(r)),
			"  ", "    ")
		s.wrap(fmt.Sprintf("availability %s, %s per million", availability(r), cost(r)), "  ", "    ")
	}
	if len(rows) > 0 {
		s.line("")
		s.legend()
	}
}

func (s *summary) legend() {
	s.wrap("capacity: requests per second, from the highest rate that met the objective to the lowest that did not. "+
		"p50, p99, fail: at the common load. avail: answered while the node was down, worst kill. "+
		"$/M: per million requests at capacity. est: measured over estimated capacity. ? in a cell: in doubt.", "", "")
	s.line("")
}

// shortCapacity prints a bracket without its unit, or what there is of it.
func shortCapacity(r Row) string {
	text := strings.NewReplacer("/s", "", Thin, "").Replace(r.Capacity())
	if r.Doubt != "" {
		return text + "?"
	}
	return text
}

func failures(r Row) string {
	if !r.HasCommon {
		return Missing
	}
	return shortPercent(r.Failures)
}

func availability(r Row) string {
	if r.Worst.Rows == 0 {
		if r.Worst.Unsound > 0 {
			return "?"
		}
		return Missing
	}
	return shortPercent(r.Worst.Availability)
}

// shortPercent is Percent in at most six characters.
func shortPercent(share float64) string {
	if share > 0 && share < 1e-4 {
		return "<0.01%"
	}
	if share > 0 && share < 1e-2 {
		return fmt.Sprintf("%.2f%%", share*100)
	}
	return Percent(share)
}

func cost(r Row) string {
	if r.Cost == nil {
		return Missing
	}
	return Money(*r.Cost)
}

func estimate(r Row) string {
	if r.Estimate == 0 || math.IsNaN(r.Estimate) {
		return Missing
	}
	return fmt.Sprintf("%.2f×", r.Estimate)
}

// pad fills a text to a width in characters. A name that is too long is cut; a
// number never is.
func pad(text string, width int, left bool) string {
	n := utf8.RuneCountInString(text)
	if n >= width {
		if n == width || !left {
			return text
		}
		return string([]rune(text)[:width-1]) + "…"
	}
	if left {
		return text + strings.Repeat(" ", width-n)
	}
	return strings.Repeat(" ", width-n) + text
}
