package html

import (
	"fmt"
	"strings"

	"rung/bench"
	"rung/reports"
)

// howNumbers explains the charts of numbers.
const howNumbers = "Every step to the right is ten times slower; all charts of this page have the same axis. A filled mark is measured, with its p50 and p99 as the ends of the bar; " +
	"a hollow one is published, with its range where there is one. Marks on one band are of one operation."

// sections are the sets, then a section for each group of rows.
func (n *numbersPage) sections() ([]section, error) {
	out := []section{{ID: "sets", Title: "The sets", Tables: []*table{n.setTable()}}}
	groups := numberGroups()
	in := make([][]numberLine, len(groups))
	for _, l := range n.lines {
		at := groupOf(groups, l.id)
		in[at] = append(in[at], l)
	}
	for i, g := range groups {
		if len(in[i]) == 0 {
			continue
		}
		f, err := n.figure(g, in[i])
		if err != nil {
			return nil, err
		}
		out = append(out, section{ID: g.ID, Title: g.Title, Figures: []figure{f}})
	}
	return out, nil
}

// setTable names the sets.
func (n *numbersPage) setTable() *table {
	t := &table{Caption: "What stands side by side", Columns: columns("Set", "Of", ">Rows", "Source")}
	for k, s := range n.sets {
		kind := "published"
		if measured(s) {
			kind = "measured"
			if s.Host != nil {
				kind = "measured: " + machineText(*s.Host)
			}
		}
		t.add(text(n.names[k]), text(kind), text(reports.Count(len(s.Rows))), text(s.Source))
	}
	return t
}

// present are the sets that have a row among some lines.
func (n *numbersPage) present(lines []numberLine) []int {
	var out []int
	for k := range n.sets {
		for _, l := range lines {
			if l.in[k] != nil {
				out = append(out, k)
				break
			}
		}
	}
	return out
}

// figure is the chart of one group, its table, and the same side by side.
func (n *numbersPage) figure(g numberGroup, lines []numberLine) (figure, error) {
	sets := n.present(lines)
	f := figure{ID: n.ids.of("figure", "numbers-"+g.ID), How: howNumbers, Beside: n.sideBySide(g, lines, sets), Table: n.every(g, lines)}
	f.Title = fmt.Sprintf("%s: %s, %s", g.Title, plural(len(lines), "operation"), furthestOf(n.sets, lines))
	var names []string
	for _, k := range sets {
		names = append(names, n.names[k])
	}
	f.Subtitle = strings.Join(names, "; ")
	if len(sets) > maxMarks {
		f.Subtitle += fmt.Sprintf(". The first %d are drawn, all are in the table", maxMarks)
		sets = sets[:maxMarks]
	}
	f.Height = numbersAround + n.pitch(lines, sets)*len(lines)
	return f, f.draw(n.plot(lines, sets))
}

// furthestOf is the least and the greatest figure of some lines in any set.
func furthestOf(sets []bench.NumberSet, all []numberLine) string {
	low, high := 0.0, 0.0
	for _, l := range all {
		for k := range sets {
			r := l.in[k]
			if r == nil || r.Value <= 0 {
				continue
			}
			if low == 0 || r.Value < low {
				low = r.Value
			}
			high = max(high, r.Value)
		}
	}
	if low == high {
		return reports.Nanoseconds(low)
	}
	return "from " + reports.Nanoseconds(low) + " to " + reports.Nanoseconds(high)
}

// sideBySide has a column for each set, with what to mind of measured rows
// beside their figures.
func (n *numbersPage) sideBySide(g numberGroup, lines []numberLine, sets []int) *table {
	t := &table{Caption: g.Title + ", side by side", Columns: columns("Operation")}
	own := measured(n.sets[0])
	for _, k := range sets {
		t.Columns = append(t.Columns, column{Head: n.names[k], Number: true, Title: n.sets[k].Source})
	}
	t.Columns = append(t.Columns, column{Head: "To mind of what was measured"})
	for _, l := range lines {
		cells := []cell{text(l.label)}
		var flags []string
		for _, k := range sets {
			r := l.in[k]
			if r == nil {
				cells = append(cells, text(""))
				continue
			}
			c := text(reports.Nanoseconds(r.Value))
			switch {
			case measured(n.sets[k]):
				flags = append(flags, r.Flags...)
				if r.P99 > 0 {
					c.Sub = "p99 " + reports.Nanoseconds(r.P99)
				}
			case own:
				_, c.Sub = numberRatio(l.in[0], r)
			}
			cells = append(cells, c)
		}
		last := distinct(flags)
		t.add(append(cells, last)...)
	}
	t.pruneEmpty(len(t.Columns)-1, len(t.Columns))
	if own && len(sets) > 1 {
		t.Note = "Under a published figure: how many times as long it takes here, by " + n.names[0] + ". – is not in the set."
	} else {
		t.Note = "– is not in the set."
	}
	return t
}

// distinct is lines without repeats.
func distinct(all []string) cell {
	var out []string
	seen := map[string]bool{}
	for _, l := range all {
		if !seen[l] {
			out = append(out, l)
		}
		seen[l] = true
	}
	return lines(out)
}

// every is the twin of a chart: a row for every figure of every set.
func (n *numbersPage) every(g numberGroup, all []numberLine) *table {
	t := &table{Caption: g.Title + ": every figure and where it is from",
		Columns: columns("Operation", "Set", ">Time", "Which|quantile that the time is", ">From|of a published range", ">To|of a published range", ">p50", ">p99", ">Samples",
			">Measured / published|by the first measured set", "Access", "Durable", ">Moves", "Known by", "Source", ">Date", "To mind", "Stands for")}
	span := func(v float64) cell {
		if v <= 0 {
			return text("")
		}
		return text(reports.Nanoseconds(v))
	}
	for _, l := range all {
		for k, r := range l.in {
			if r == nil {
				continue
			}
			ratio, samples, moves := "", "", ""
			if !measured(n.sets[k]) && measured(n.sets[0]) {
				_, ratio = numberRatio(l.in[0], r)
			}
			if r.Samples > 0 {
				samples = reports.Count(r.Samples)
			}
			if r.Bytes > 0 {
				moves = reports.Size(r.Bytes)
			}
			t.add(text(r.Label), text(n.names[k]), text(reports.Nanoseconds(r.Value)), text(r.Quantile), span(r.Low), span(r.High), span(r.P50), span(r.P99),
				text(samples), text(ratio), text(r.Pattern), text(r.Durability), text(moves), text(statusOf(*r)), text(sourceOf(n.sets[k], *r)),
				text(dateOf(n.sets[k], *r)), distinct(r.Flags), text(r.Use))
		}
	}
	t.pruneEmpty(3, len(t.Columns))
	return t
}

func statusOf(r bench.Number) string {
	if r.Status == "" {
		return "published"
	}
	return r.Status
}

func sourceOf(s bench.NumberSet, r bench.Number) string {
	if r.Source == "" {
		return s.Source
	}
	return r.Source
}

func dateOf(s bench.NumberSet, r bench.Number) string {
	if own := dated(r.Date, r.Year); own != "" {
		return own
	}
	return dated(s.Date, s.Year)
}
