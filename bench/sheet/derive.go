package sheet

import (
	"math/big"
	"strings"
)

// float is a fraction as a float64. All fractions here are within its range.
func float(r *big.Rat) float64 {
	f, _ := r.Float64()
	return f
}

// in shows a value and its range in a unit.
func (p *program) in(point value, over span, u Unit) Quantity {
	scale := func(r *big.Rat) *big.Rat { return new(big.Rat).Quo(r, u.one()) }
	value := scale(point.lo)
	q := Quantity{Value: float(value), Low: float(scale(over.lo)), High: float(scale(over.hi)), Unit: u.text, Text: withUnit(value, u)}
	if value.IsInt() && value.Num().BitLen() > 53 {
		q.Exact = value.Num().String()
	}
	q.Rounded = !says(format(value), value)
	if over.point() {
		return q
	}
	between := func(i interval) string { return amount(scale(i.lo), u) + " to " + amount(scale(i.hi), u) }
	if over.seen == nil {
		q.Text += " (" + between(over.interval) + ")"
		return q
	}
	q.Sampled = &Sampled{float(scale(over.seen.lo)), float(scale(over.seen.hi))}
	q.Text += " (" + between(*over.seen) + " sampled, " + between(over.interval) + " at most)"
	return q
}

// amount is a number without its unit, but with % and $.
func amount(r *big.Rat, u Unit) string {
	switch {
	case u.text == "%":
		return withUnit(r, u)
	case strings.HasPrefix(u.text, "$"):
		return withUnit(r, Unit{text: "$"})
	}
	return format(r)
}

// says reports whether a text has all digits of a number.
func says(text string, r *big.Rat) bool {
	back, rest, err := scanNumber(text)
	return err == nil && rest == "" && back.Cmp(r) == 0
}

// filled is a formula with the values in place of the names. The line's units
// decide how the values of steps are shown.
func (p *program) filled(tokens []token) string {
	var b strings.Builder
	for i, t := range tokens {
		call := i+1 < len(tokens) && tokens[i+1].text == "("
		raised := i+1 < len(tokens) && tokens[i+1].text == "^"
		switch {
		case t.kind == endToken:
		case t.kind == nameToken && !call:
			text := p.named(t.text)
			if raised && strings.ContainsAny(text, " %$-") || strings.HasPrefix(text, "-") {
				text = "(" + text + ")"
			}
			b.WriteString(text)
		case t.kind == numberToken:
			b.WriteString(strings.NewReplacer("[", "", "]", "").Replace(t.text))
		default:
			b.WriteString(spaced(tokens, i))
		}
	}
	return b.String()
}

// pretty is a formula with its names, evenly spaced.
func pretty(tokens []token) string {
	var b strings.Builder
	for i, t := range tokens {
		switch t.kind {
		case endToken:
		case nameToken, numberToken:
			b.WriteString(t.text)
		default:
			b.WriteString(spaced(tokens, i))
		}
	}
	return b.String()
}

// spaced is a symbol with the space around it. Division is ÷, because units
// have slashes.
func spaced(tokens []token, i int) string {
	t := tokens[i]
	binary := i > 0 && (tokens[i-1].kind <= nameToken || tokens[i-1].text == ")")
	switch {
	case t.kind == nameToken:
		return t.text
	case t.text == ",":
		return ", "
	case t.text == "*":
		return " × "
	case t.text == "/":
		return " ÷ "
	case (t.text == "+" || t.text == "-") && binary, t.kind == compareToken:
		return " " + t.text + " "
	}
	return t.text
}

// named is the value of an input or a step as text.
func (p *program) named(name string) string {
	for _, in := range p.inputs {
		if in.Name == name {
			return p.given(in).Text
		}
	}
	for _, l := range p.steps {
		if l.name == name {
			return p.in(l.point, l.over, l.units[len(l.units)-1]).Text
		}
	}
	return name
}

func (p *program) given(in input) Quantity {
	return p.in(value{interval: exactly(in.point)}, span{interval: interval{in.low, in.high}}, in.unit)
}
