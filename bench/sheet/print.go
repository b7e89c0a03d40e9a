package sheet

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Widths of the text in columns.
const (
	usualWidth = 80
	leastWidth = 24
	mostWidth  = 200
)

// Print writes the result as a person would: what is given, the derivation
// line by line, the answers. Width is the terminal's in columns; zero is 80,
// and it is kept within 24 to 200. Only words longer than a line are broken.
func (r Result) Print(w io.Writer, width int) error {
	if width <= 0 {
		width = usualWidth
	}
	p := printer{width: min(max(width, leastWidth), mostWidth)}
	p.head(r)
	p.inputs(r.Inputs)
	p.steps(r.Steps)
	p.checks(r.Checks)
	p.answers(r.Answers)
	if r.Limits != "" {
		p.line("")
		p.wrapped("", r.Limits)
	}
	if _, err := w.Write(p.out.Bytes()); err != nil {
		return fmt.Errorf("print the sheet %s: %w", r.Sheet, err)
	}
	return nil
}

type printer struct {
	out   bytes.Buffer
	width int
}

// line writes a line, without what would harm a terminal.
func (p *printer) line(text string) {
	clean := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' {
			return -1
		}
		return r
	}, text)
	p.out.WriteString(strings.TrimRight(clean, " ") + "\n")
}

// wrapped writes a text behind a first column, further lines below it.
func (p *printer) wrapped(first, text string) {
	indent := utf8.RuneCountInString(first)
	room := max(p.width-indent, 1)
	lead := first
	var line string
	flush := func() {
		p.line(lead + line)
		lead, line = strings.Repeat(" ", indent), ""
	}
	for word := range strings.FieldsSeq(text) {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > room {
			flush()
		}
		for utf8.RuneCountInString(word) > room {
			runes := []rune(word)
			line, word = string(runes[:room]), string(runes[room:])
			flush()
		}
		if line != "" && word != "" {
			line += " "
		}
		line += word
	}
	flush()
}

func (p *printer) heading(text string) {
	p.line("")
	p.line(text)
}

func (p *printer) head(r Result) {
	title := r.Title
	if title == "" {
		title = r.Sheet
	}
	p.wrapped("", title)
	if r.Source != "" {
		p.wrapped("", "Source: "+r.Source)
	}
	if r.Text != "" {
		p.wrapped("", r.Text)
	}
	p.wrapped("", r.Calendar.Text)
}

// column is the width of a first column of names.
func (p *printer) column(names []string, most int) int {
	width := 0
	for _, n := range names {
		width = max(width, utf8.RuneCountInString(n))
	}
	return min(width, most, p.width/3)
}

// entry writes "  name   text"; a name that is too long gets a line of its own.
func (p *printer) entry(name string, width int, text string) {
	if utf8.RuneCountInString(name) > width {
		p.wrapped("  ", name)
		name = ""
	}
	pad := max(0, width-utf8.RuneCountInString(name))
	p.wrapped("  "+name+strings.Repeat(" ", pad+2), text)
}

func (p *printer) inputs(inputs []Given) {
	if len(inputs) == 0 {
		return
	}
	p.heading("Given")
	names := make([]string, len(inputs))
	for i, in := range inputs {
		names[i] = in.Name
	}
	width := p.column(names, 20)
	for _, in := range inputs {
		text := in.Quantity.Text
		if in.Note != "" {
			text += " — " + in.Note
		}
		p.entry(in.Name, width, text)
	}
}

// steps writes the derivation:
//
//	peak = queries × burst
//	     = 3,472 queries/s × 2
//	     ≈ 6,944 queries/s
func (p *printer) steps(steps []Worked) {
	p.heading("Derivation")
	for _, s := range steps {
		indent := min(utf8.RuneCountInString(s.Name), p.width/4)
		lead := "  " + strings.Repeat(" ", indent) + " "
		if utf8.RuneCountInString(s.Name) > indent {
			p.wrapped("  ", s.Name)
			p.wrapped(lead+"= ", s.Formula)
		} else {
			p.wrapped("  "+s.Name+" = ", s.Formula)
		}
		if s.Filled != s.Formula {
			p.wrapped(lead+"= ", s.Filled)
		}
		for i, q := range s.Results {
			if i == 0 && q.Text == s.Filled {
				continue // 5 = 5
			}
			p.wrapped(lead+equals(q.Rounded)+" ", q.Text)
		}
		if s.Text != "" {
			p.wrapped(lead, "("+s.Text+")")
		}
	}
}

func equals(rounded bool) string {
	if rounded {
		return "≈"
	}
	return "="
}

func (p *printer) checks(checks []Held) {
	if len(checks) == 0 {
		return
	}
	p.heading("Checks that hold")
	for _, c := range checks {
		p.wrapped("  ", c.Formula)
		if c.Filled != c.Formula {
			p.wrapped("    ", c.Filled)
		}
		if c.Text != "" {
			p.wrapped("    ", "("+c.Text+")")
		}
		if !c.Always {
			p.wrapped("    ", "It holds at the point, but not all over the ranges.")
		}
	}
}

func (p *printer) answers(answers []Solved) {
	if len(answers) == 0 {
		return
	}
	p.heading("Answers")
	names := make([]string, len(answers))
	for i, a := range answers {
		names[i] = a.Label
	}
	width := p.column(names, 30)
	for _, a := range answers {
		p.entry(a.Label, width, a.Quantity.Text)
		if a.Published == nil {
			continue
		}
		p.entry("", width, a.Published.sentence())
		if a.Published.Why != "" {
			p.entry("", width, a.Published.Why)
		}
	}
}

// sentence says what was published and how far off it is.
func (p Published) sentence() string {
	text := "published " + p.Quantity.Text
	if p.Source != "" {
		text += " (" + p.Source + ")"
	}
	switch {
	case p.Difference == 0:
		return text + ": exact"
	case p.Within:
		return fmt.Sprintf("%s: %s, within %.3g%%", text, p.Off, p.Tolerance*100)
	}
	return fmt.Sprintf("%s: %s, over %.3g%%", text, p.Off, p.Tolerance*100)
}
