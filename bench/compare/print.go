package compare

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"rung/bench"
)

// leastWidth is the narrowest text that is laid out.
const leastWidth = 40

// printer writes a comparison in lines of at most width characters.
type printer struct {
	out   *bufio.Writer
	width int
	notes []string
}

// Print writes a comparison as text for a terminal of a width in characters,
// 80 when it is zero: a line per number as benchstat writes it, "~" where
// there is no detectable change, and the reasons as notes below. Texts of the
// runs cannot steer the terminal.
func Print(w io.Writer, c bench.Comparison, width int) error {
	if width == 0 {
		width = 80
	}
	p := &printer{out: bufio.NewWriter(w), width: max(width, leastWidth)}
	p.head(c)
	for _, s := range c.Stages {
		p.line("")
		p.stage(s)
	}
	p.tail(c)
	if err := p.out.Flush(); err != nil {
		return fmt.Errorf("print comparison: %w", err)
	}
	return nil
}

func (p *printer) line(text string) {
	p.out.WriteString(strings.TrimRight(text, " "))
	p.out.WriteByte('\n')
}

// head says what is compared, the result in one sentence, and the warnings.
func (p *printer) head(c bench.Comparison) {
	if c.Before != "" || c.After != "" {
		p.wrap("before: "+c.Before, "        ")
		p.wrap("after: "+c.After, "        ")
	}
	p.wrap(Headline(c), "")
	for _, w := range c.Warnings {
		p.wrap("warning: "+w, "         ")
	}
	for _, one := range []struct {
		side   string
		stages []string
	}{{"before", c.OnlyBefore}, {"after", c.OnlyAfter}} {
		if len(one.stages) > 0 {
			p.wrap("only "+one.side+": "+strings.Join(one.stages, ", "), "  ")
		}
	}
}

// Headline is a comparison in one sentence.
func Headline(c bench.Comparison) string {
	count := map[bench.DeltaWord]int{}
	all, sure := 0, 0
	for _, s := range c.Stages {
		for _, d := range s.Rows {
			all++
			count[d.Word]++
			changed := d.Word == bench.DeltaBetter || d.Word == bench.DeltaWorse
			// Brackets are bounds, not a test: chance is no part of them.
			if changed && !strings.Contains(d.Why, Chance) {
				sure++
			}
		}
	}
	judged := all - count[bench.DeltaUnknown]
	if judged == 0 {
		return fmt.Sprintf("Nothing can be said of %s.", plural(all, "number"))
	}
	changed := count[bench.DeltaWorse] + count[bench.DeltaBetter]
	same := count[bench.DeltaSame] + count[bench.DeltaNoise]
	if changed == 0 {
		return fmt.Sprintf("No detectable difference: of %s %d are the same or within noise, %d unknown.",
			plural(all, "number"), same, count[bench.DeltaUnknown])
	}
	text := fmt.Sprintf("Of %s %d are worse, %d better, %d the same or within noise, %d unknown.",
		plural(all, "number"), count[bench.DeltaWorse], count[bench.DeltaBetter], same, count[bench.DeltaUnknown])
	if sure < changed {
		text += fmt.Sprintf(" When all are counted together, %d of the %d changes hold (Holm).", sure, changed)
	}
	return text
}

// stage writes the rows of one stage.
func (p *printer) stage(s bench.StageComparison) {
	p.wrap(s.ID, "  ")
	name, word := 14, 12
	interval := p.width - name - word - 9 - 9 - 9 - 5
	wide := interval >= 17
	for _, d := range s.Rows {
		note := ""
		if d.Why != "" {
			note = p.note(d.Why)
		}
		cells := []string{left(shortName(d.Fact), name)}
		if p.width >= 56 {
			cells = append(cells, right(value(d.Fact, d.Before), 9), right(value(d.Fact, d.After), 9))
		}
		cells = append(cells, right(changeOf(d), 9))
		if wide {
			cells = append(cells, left(intervalOf(d), interval))
		}
		p.line(strings.Join(append(cells, string(d.Word)+note), " "))
	}
	if len(s.Rows) == 0 {
		p.line("  nothing to compare")
	}
}

// tail says how to read it, and the notes.
func (p *printer) tail(c bench.Comparison) {
	p.line("")
	p.wrap(fmt.Sprintf("In brackets: intervals at %g%%, each for its number alone; of a capacity without repeats the bounds of the two searches. "+
		"~: no detectable change. Changes up to %g%% count as noise.", round(c.Level*100), round(c.Noise*100)), "")
	for i, n := range p.notes {
		p.wrap(fmt.Sprintf("[%d] %s", i+1, n), "    ")
	}
}

// note numbers a reason; the same reason has one number.
func (p *printer) note(why string) string {
	at := slices.Index(p.notes, why)
	if at < 0 {
		at = len(p.notes)
		p.notes = append(p.notes, why)
	}
	return fmt.Sprintf(" [%d]", at+1)
}

// changeOf is the change of a row, or "~".
func changeOf(d bench.Delta) string {
	switch {
	case d.Word == bench.DeltaSame:
		return "~"
	case strings.HasSuffix(d.Fact, "failed_ratio"):
		return fmt.Sprintf("%+.2gpp", (d.After-d.Before)*100)
	case d.Ratio <= 0 || !finite(d.Ratio):
		return "–"
	}
	return percent(d.Ratio)
}

// percent is a ratio as a change: "+4.2%", or "×2.3" where it is large.
func percent(ratio float64) string {
	switch {
	case ratio >= 1000:
		return fmt.Sprintf("×%.1e", ratio)
	case ratio >= 10:
		return fmt.Sprintf("×%.0f", ratio)
	case ratio >= 2:
		return fmt.Sprintf("×%.2f", ratio)
	}
	return fmt.Sprintf("%+.1f%%", (ratio-1)*100)
}

// intervalOf is the interval of a row: "(+1.2%, +7.4%)", "…" for an open end.
func intervalOf(d bench.Delta) string {
	if d.Low <= 0 && d.High <= 0 {
		return ""
	}
	low, high := "…", "…"
	if d.Low > 0 {
		low = percent(d.Low)
	}
	if d.High > 0 {
		high = percent(d.High)
	}
	return "(" + low + ", " + high + ")"
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// round hides the error of binary fractions.
func round(v float64) float64 { return math.Round(v*1e6) / 1e6 }
