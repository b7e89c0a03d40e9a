package compare

import (
	"fmt"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"
)

// shortName is a fact's name for a narrow column: "p99", "capacity".
func shortName(name string) string {
	name = strings.TrimPrefix(name, "common.")
	for _, unit := range []string{"_per_s", "_ns", "_ratio", "_bytes"} {
		name = strings.TrimSuffix(name, unit)
	}
	return strings.ReplaceAll(name, "_", " ")
}

// scale is the steps of a unit.
type scale struct {
	factor float64
	name   string
}

// value formats a number by the unit at the end of its name, with three
// significant digits.
func value(name string, v float64) string {
	switch {
	case !finite(v), v == 0 && unmeasured(name):
		return "–"
	case strings.HasSuffix(name, "_ratio"):
		return fmt.Sprintf("%.3g%%", v*100)
	case strings.HasSuffix(name, "_ns"):
		return scaled(v, []scale{{1, "ns"}, {1e3, "µs"}, {1e6, "ms"}, {1e9, "s"}}, 1000)
	case strings.HasSuffix(name, "_bytes"):
		return scaled(v, []scale{{1, "B"}, {1 << 10, "KiB"}, {1 << 20, "MiB"}, {1 << 30, "GiB"}}, 1000)
	case strings.HasSuffix(name, "_per_s"):
		return scaled(v, []scale{{1, "/s"}, {1e3, "k/s"}, {1e6, "M/s"}}, 10000)
	}
	return fmt.Sprintf("%.4g", v)
}

// unmeasured says that a 0 of this kind stands for no value: no answer takes
// no time, and no site carries nothing.
func unmeasured(name string) bool {
	return strings.HasSuffix(name, "_ns") || strings.HasSuffix(name, "_bytes") || name == "capacity_per_s"
}

// scaled picks the first unit in which the value is below limit.
func scaled(v float64, units []scale, limit float64) string {
	if v == 0 {
		return "0" + units[0].name
	}
	for i, u := range units {
		if text := digits(v / u.factor); math.Abs(v/u.factor) < limit-0.5 || i == len(units)-1 {
			return text + u.name
		}
	}
	return ""
}

// digits prints three significant digits, and all of a whole part.
func digits(v float64) string {
	after := 2 - int(math.Floor(math.Log10(math.Abs(v))))
	return fmt.Sprintf("%.*f", min(max(after, 0), 9), v)
}

// wrap writes a text in lines of the width; lines after the first begin with
// indent. What is longer than a line is broken.
func (p *printer) wrap(text, indent string) {
	line := ""
	for _, word := range strings.Fields(plain(text)) {
		for utf8.RuneCountInString(word) > p.width-len(indent) {
			if line != "" && line != indent {
				p.line(line)
			}
			runes := []rune(word)
			cut := p.width - len(indent)
			p.line(indent + string(runes[:cut]))
			word, line = string(runes[cut:]), indent
		}
		switch {
		case line == "" || line == indent:
			line += word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > p.width:
			p.line(line)
			line = indent + word
		default:
			line += " " + word
		}
	}
	p.line(line)
}

// plain replaces what could steer a terminal or turn the writing direction.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == '\u2028', r == '\u2029', r == '\ufeff':
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(s, string(unicode.ReplacementChar)))
}

func left(text string, width int) string {
	if n := utf8.RuneCountInString(text); n < width {
		return text + strings.Repeat(" ", width-n)
	}
	return text
}

func right(text string, width int) string {
	if n := utf8.RuneCountInString(text); n < width {
		return strings.Repeat(" ", width-n) + text
	}
	return text
}
