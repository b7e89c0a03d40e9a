package html

import (
	"fmt"
	"slices"
	"strings"

	"rung/bench"
	"rung/reports"
)

const (
	// maxSets is how many sets a page takes, and maxSetRows how many rows of
	// each: more than anybody has published.
	maxSets    = 12
	maxSetRows = 400
	// maxMarks is how many sets a chart shows; the others are in its table.
	maxMarks = 5
)

// numbersPage makes the page of latency numbers.
type numbersPage struct {
	// sets in the order of the page, the measured ones first, and their names.
	sets  []bench.NumberSet
	names []string
	lines []numberLine
	ids   anchors
}

// NumbersPage renders sets of latency numbers side by side as one HTML page:
// rows with the same ID stand on one line of a log axis of time, each set with
// a mark of its own, the measured ones first. The sets are never mixed. The
// same sets give the same bytes.
//
// It is an error when there is no set or more than 12, a set has more than 400
// rows or an ID twice, a number is not finite, or the page is larger than
// MaxPage.
func NumbersPage(sets []bench.NumberSet) ([]byte, error) {
	data, err := renderNumbers(sets)
	if err != nil {
		return nil, fmt.Errorf("render numbers: %w", err)
	}
	return data, nil
}

func renderNumbers(sets []bench.NumberSet) ([]byte, error) {
	if len(sets) == 0 || len(sets) > maxSets {
		return nil, fmt.Errorf("there are %d sets (1 to %d)", len(sets), maxSets)
	}
	sets, err := reports.CleanNumbers(sets)
	if err != nil {
		return nil, err
	}
	for _, s := range sets {
		if len(s.Rows) > maxSetRows {
			return nil, fmt.Errorf("set %q has %d rows (at most %d)", s.Name, len(s.Rows), maxSetRows)
		}
	}
	n := &numbersPage{ids: anchors{}}
	for _, own := range []bool{true, false} {
		for _, s := range sets {
			if measured(s) == own {
				n.sets = append(n.sets, s)
			}
		}
	}
	n.names = setNames(n.sets)
	if n.lines, err = numberLines(n.sets); err != nil {
		return nil, err
	}
	out := &leaf{page: page{Title: "rung: latency numbers, " + n.names[0], Brand: "latency numbers, side by side", Method: numberMethod()},
		Headline: n.headline(), Lead: n.lead(), Machines: n.machines(),
		Origin: "It was made from the sets of numbers alone, and holds every figure of them."}
	if out.Sections, err = n.sections(); err != nil {
		return nil, err
	}
	data, err := out.bytes("numbers.html")
	if err == nil && len(data) > MaxPage {
		return nil, fmt.Errorf("the page would have %d bytes (at most %d)", len(data), MaxPage)
	}
	return data, err
}

// headline says what is compared.
func (n *numbersPage) headline() string {
	own := 0
	for _, s := range n.sets {
		if measured(s) {
			own++
		}
	}
	published := plural(len(n.sets)-own, "published set")
	if own == 0 {
		return fmt.Sprintf("%s of %s, %s", plural(len(n.lines), "latency number"), published, furthestOf(n.sets, n.lines))
	}
	text := plural(len(n.sets[0].Rows), "latency number") + " of this machine"
	if len(n.sets) > own {
		text += " beside " + published
	}
	if own > 1 {
		text += " and " + plural(own-1, "further measurement")
	}
	return text
}

// alike is the factor within which two figures count as alike: those who
// publish such numbers claim no more.
const alike = 2

// lead says of each published set how the first measured one compares.
func (n *numbersPage) lead() []string {
	out := []string{"The same operation differs by several times between sets: they are of other years, machines and methods. So no figure here is a mean of two sets, and a figure without its set says little."}
	if !measured(n.sets[0]) {
		return out
	}
	for k, s := range n.sets {
		if !measured(s) {
			if text := n.against(k); text != "" {
				out = append(out, text)
			}
		}
	}
	return out
}

// against compares the first set with the one at k.
func (n *numbersPage) against(k int) string {
	shared, slower, faster := 0, 0, 0
	furthest, name := 1.0, ""
	for _, l := range n.lines {
		ratio, _ := numberRatio(l.in[0], l.in[k])
		if ratio == 0 {
			continue
		}
		shared++
		switch {
		case ratio > alike:
			slower++
		case ratio < 1.0/alike:
			faster++
		}
		if max(ratio, 1/ratio) > max(furthest, 1/furthest) {
			furthest, name = ratio, l.label
		}
	}
	if shared == 0 {
		return ""
	}
	text := fmt.Sprintf("Against %s, of %s that compare %s more than twice as fast here, %s more than twice as slow, %s within a factor of two.",
		n.names[k], plural(shared, "row"), verbed(faster), verbed(slower), verbed(shared-faster-slower))
	if name != "" {
		text += fmt.Sprintf(" Furthest apart is %s, with %s its time.", name, reports.Ratio(furthest))
	}
	return text
}

// verbed is a count with its verb.
func verbed(n int) string { return reports.Count(n) + " " + are(n) }

// machines say how the measured sets were measured, as their notes have it.
func (n *numbersPage) machines() []machine {
	var out []machine
	for k, s := range n.sets {
		if !measured(s) {
			continue
		}
		m := machine{Title: n.names[k]}
		if s.Host != nil {
			m.Facts = append(m.Facts, pair{Term: "machine", Text: machineText(*s.Host)})
			if s.Host.Kernel != "" {
				m.Facts = append(m.Facts, pair{Term: "kernel", Text: s.Host.Kernel})
			}
			if s.Host.Go != "" {
				m.Facts = append(m.Facts, pair{Term: "Go", Text: s.Host.Go})
			}
		}
		for _, note := range capped(s.Notes, maxLines) {
			term, said, ok := strings.Cut(note, ": ")
			if !ok {
				term, said = "note", note
			}
			if p := (pair{Term: term, Text: said}); !slices.Contains(m.Facts, p) {
				m.Facts = append(m.Facts, p)
			}
		}
		if len(m.Facts) == 0 {
			m.Facts = []pair{{Term: "note", Text: "The set does not say."}}
		}
		out = append(out, m)
	}
	return out
}

// numberMethod are the words of the page.
func numberMethod() method {
	return method{Terms: []pair{
		{"Set", "A list of figures by one author at one time. Rows of two sets stand side by side where they have the same id, and are never mixed."},
		{"Measured", "A figure that this program measured. Its value is the median of its samples, unless the table says otherwise."},
		{"Published", "A figure as its source prints it. Most sources do not say what quantile it is, or that it is a mean."},
		{"Batch means", "What takes a few nanoseconds cannot be timed one by one: each sample is the mean of many operations, so that its p99 is one of means and hides single slow operations."},
		{"Dependent and independent", "A dependent read needs the result of the one before it, and shows the latency of a memory or disk. Independent ones overlap, and show how much it does at once."},
		{"Durability", "None: the write may be in memory alone. fdatasync and fsync ask for it to be on the disk; fsync, its size and times as well."},
		{"Ratio", "Measured time over published time: 2× is twice as slow. Where a size differs by less than a tenth (1 MiB, 1 MB) it is of times per byte. Where access, durability or size are not alike there is none."},
	}, About: []pair{chartLibrary()}}
}
