package reports

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// column is one column of the terminal table.
type column struct {
	head  string
	width int
	left  bool
	// rank says who goes first where there is no room: those of the highest.
	// Those of rank zero fit in wideWidth.
	rank int
	cell func(Row) string
}

// maxStage is the most that a wide line gives the name of a stage.
const maxStage = 32

// every column there is, in its order.
func every() []column {
	return []column{
		{"stage", 15, true, 0, func(r Row) string { return r.Stage }},
		{"capacity", 10, false, 0, shortCapacity},
		{"gain", 5, false, 0, func(r Row) string { return shortChange(r.Change) }},
		{"cost", 5, false, 0, func(r Row) string { return shortChange(r.Costlier) }},
		{"p50", 6, false, 1, func(r Row) string { return tight(DurationOf(r.P50)) }},
		{"p99", 6, false, 0, func(r Row) string { return tight(DurationOf(r.P99)) }},
		{"p99.9", 6, false, 3, func(r Row) string { return tight(DurationOf(r.P999)) }},
		{"fail", 6, false, 2, failures},
		{"avail", 5, false, 0, availability},
		{"back", 6, false, 0, func(r Row) string { return back(r.Worst) }},
		{"lost", 4, false, 0, lost},
		{"twice", 5, false, 3, twice},
		{"$/M", 6, false, 0, cost},
		{"est", 5, false, 3, estimate},
		{"limit", 14, true, 4, func(r Row) string { return r.Bottleneck.String() }},
		{"verdict", 9, true, 0, func(r Row) string { return Glyph(r.Word) + " " + string(r.Word) }},
	}
}

// columns are those that fit in a width, with one space between two. What is
// left goes to the names of the stages.
func columns(width int, rows []Row) []column {
	var out []column
	for most := 4; ; most-- {
		used := -1
		out = out[:0]
		for _, c := range every() {
			if c.rank <= most {
				out = append(out, c)
				used += c.width + 1
			}
		}
		if used > width && most > 0 {
			continue
		}
		longest := out[0].width
		for _, r := range rows {
			longest = max(longest, utf8.RuneCountInString(r.Stage))
		}
		out[0].width = min(out[0].width+max(width-used, 0), longest, maxStage)
		return out
	}
}

// table writes the ladder as one line per stage.
func (s *summary) table(rows []Row) {
	if len(rows) == 0 {
		return
	}
	all := columns(s.width, rows)
	var head strings.Builder
	for i, c := range all {
		if i > 0 {
			head.WriteByte(' ')
		}
		head.WriteString(pad(c.head, c.width, c.left))
	}
	s.line(head.String())
	for _, r := range rows {
		var line strings.Builder
		for i, c := range all {
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
	s.aside(rows)
	s.legend(all)
}

// blocks writes the ladder as a few lines per stage, for narrow terminals.
func (s *summary) blocks(rows []Row) {
	for _, r := range rows {
		s.wrap(s.painted(Glyph(r.Word)+" "+string(r.Word), r.Word)+"  "+r.Stage, "", "  ")
		s.wrap(fmt.Sprintf("capacity %s, gain %s, estimate %s", r.Capacity(), shortChange(r.Change), estimate(r)), "  ", "    ")
		s.wrap(fmt.Sprintf("p50 %s, p99 %s, failures %s", DurationOf(r.P50), DurationOf(r.P99), failures(r)),
			"  ", "    ")
		s.wrap(fmt.Sprintf("availability %s, %s, lost %s", availability(r), backAfter(r.Worst), lost(r)), "  ", "    ")
		s.wrap(fmt.Sprintf("%s per million, cost %s", cost(r), shortChange(r.Costlier)), "  ", "    ")
	}
	if len(rows) > 0 {
		s.line("")
		s.aside(rows)
		s.legend(every())
	}
}

// aside names the stages that do not stand on the one above.
func (s *summary) aside(rows []Row) {
	var order []string
	stages := map[string][]string{}
	for _, r := range rows {
		if !r.Aside {
			continue
		}
		if stages[r.Against] == nil {
			order = append(order, r.Against)
		}
		stages[r.Against] = append(stages[r.Against], r.Stage)
	}
	for _, against := range order {
		if who := stages[against]; len(who) == 1 {
			s.wrap(fmt.Sprintf("%s is compared with %s: it starts from that one's machines.", who[0], against), "", "")
		} else {
			last := len(who) - 1
			s.wrap(fmt.Sprintf("%s and %s are compared with %s: they start from that one's machines.",
				strings.Join(who[:last], ", "), who[last], against), "", "")
		}
	}
	if len(order) > 0 {
		s.line("")
	}
}
