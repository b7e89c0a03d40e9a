package sizing

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// Print writes the plan for people, in lines of at most width characters,
// where words allow. Width below 40 counts as 40.
func Print(w io.Writer, p Plan, width int) error {
	var b strings.Builder
	out := paper{&b, max(width, 40)}
	out.line(0, fmt.Sprintf("%s at its peak: %s", p.Demand.Name, p.Demand.Peak))
	out.line(0, p.answer())
	b.WriteByte('\n')
	for _, s := range p.Stages {
		s.print(out, p)
	}
	b.WriteString("\nThis assumes:\n")
	for _, a := range p.Assumptions {
		out.item(a)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// answer is the plan in a sentence or two.
func (p Plan) answer() string {
	carried := "No stage carried it as it was measured."
	if p.Measured != "" {
		carried = fmt.Sprintf("The first stage that carried it as it was measured is %s.", p.Measured)
	}
	use := fmt.Sprintf("with no resource more than %.3g%% used", p.Demand.Use*100)
	at := slices.IndexFunc(p.Stages, func(s Stage) bool { return s.ID == p.First })
	switch {
	case at < 0 || p.First == "":
		return carried + fmt.Sprintf(" %s, no stage of the run carries it, however many nodes it has.", strings.ToUpper(use[:1])+use[1:])
	case p.Stages[at].Extrapolated:
		return carried + fmt.Sprintf(" The first that carries it %s is %s, with more nodes than were measured: extrapolated.", use, p.First)
	case p.First == p.Measured:
		return fmt.Sprintf("The first stage that carries it is %s, as it was measured, %s.", p.First, use)
	}
	return carried + fmt.Sprintf(" The first that carries it %s is %s, as it was measured.", use, p.First)
}

func (s Stage) print(out paper, p Plan) {
	if s.Why != "" {
		out.line(0, fmt.Sprintf("? %s: nothing can be said: %s", s.ID, s.Why))
		return
	}
	bound := ""
	if s.AtLeast {
		bound = "at least "
	}
	measured := "capacity unknown"
	if s.Capacity > 0 {
		measured = fmt.Sprintf("measured %s%s", bound, persec(s.Capacity))
	}
	if !s.Carries {
		out.line(0, fmt.Sprintf("✗ %s (%s) does not: %s", s.ID, measured, s.Next))
		return
	}
	mark := ""
	if s.Extrapolated {
		mark = ", extrapolated"
	}
	out.line(0, fmt.Sprintf("✓ %s (%s)%s takes", s.ID, measured, mark))
	for _, u := range s.Units {
		out.item(u.String())
		if s.ID == p.First {
			for _, l := range u.Lines {
				out.line(6, l)
			}
		}
	}
	if s.Next.Rate > 0 {
		out.item("next limit: " + s.Next.String())
	}
	if s.Doubt != "" {
		out.item(fmt.Sprintf("demands are of a probe at %s that did not count: %s", persec(s.At), s.Doubt))
	}
	if s.Played != nil {
		out.item(s.Played.String())
	}
	if s.Extrapolated && s.ID == p.First {
		out.item("extrapolated: " + s.Model)
	}
}

// String is what the simulation says in words.
func (p Played) String() string {
	if p.Why != "" {
		return "simulated at that size: " + p.Why
	}
	return fmt.Sprintf("simulated at that size (%d servers, %d requests at %s): p50 %s, p99 %s, %.3g%% failed; %s",
		p.Servers, p.Requests, persec(p.Rate), p.P50, p.P99, p.Failures*100, p.Limits)
}

// String is the time with its interval.
func (v Value) String() string {
	ms := func(ns float64) string { return fmt.Sprintf("%.3g", ns/1e6) }
	return fmt.Sprintf("%s ms (%s to %s)", ms(v.Value), ms(v.Low), ms(v.High))
}

// String is the unit in words: "29 web (26 to 33), of which 3 were measured".
func (u Unit) String() string {
	text := fmt.Sprintf("%d %s", u.Point, u.Name)
	if u.Nodes > 1 {
		text += fmt.Sprintf(" of %d nodes each", u.Nodes)
	}
	if u.Low != u.High {
		text += fmt.Sprintf(" (%d to %d)", u.Low, u.High)
	}
	return fmt.Sprintf("%s for its %s; %d were measured", text, u.Resource, u.Measured)
}

// String is the limit in words.
func (l Limit) String() string {
	text := fmt.Sprintf("%s %s is %.3g%% used at %s", l.Node, l.Resource, l.Most*100, persec(l.Rate))
	if l.Cure != "" {
		text += "; what moves it: " + l.Cure
	}
	return text
}

// String is the rate with its range.
func (r Rate) String() string {
	if r.Low == r.High {
		return persec(r.Point)
	}
	return fmt.Sprintf("%s (%s to %s)", persec(r.Point), persec(r.Low), persec(r.High))
}

// persec writes a rate with three or four digits and thousands apart.
func persec(rate float64) string {
	if rate < 99.95 {
		return fmt.Sprintf("%.3g/s", rate)
	}
	if rate < 999.95 {
		return strings.TrimSuffix(fmt.Sprintf("%.1f", rate), ".0") + "/s"
	}
	digits := fmt.Sprintf("%.0f", rate)
	var parts []string
	for len(digits) > 3 {
		parts = append([]string{digits[len(digits)-3:]}, parts...)
		digits = digits[:len(digits)-3]
	}
	return strings.Join(append([]string{digits}, parts...), ",") + "/s"
}

// paper breaks lines.
type paper struct {
	to    *strings.Builder
	width int
}

func (p paper) item(text string) { p.wrap("  - ", "    ", text) }

func (p paper) line(indent int, text string) {
	p.wrap(strings.Repeat(" ", indent), strings.Repeat(" ", indent+2), text)
}

func (p paper) wrap(first, next, text string) {
	line := first
	empty := true
	for word := range strings.FieldsSeq(text) {
		if !empty && len([]rune(line))+1+len([]rune(word)) > p.width {
			p.to.WriteString(line + "\n")
			line, empty = next, true
		}
		if !empty {
			line += " "
		}
		line += word
		empty = false
	}
	p.to.WriteString(line + "\n")
}
