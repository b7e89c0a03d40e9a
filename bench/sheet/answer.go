package sheet

import (
	"fmt"
	"math/big"
	"strings"
)

const limits = "Ranges are the least and the greatest value over all inputs within theirs, " +
	"not likely ones: that all are at their bad end at once is rare."

const limitsWide = limits + " Where a step both rises and falls with an input, \"at most\" are outer bounds, " +
	"and \"sampled\" what was met at corners and random points of the ranges."

// result puts the solved program into words.
func (p *program) result() (Result, error) {
	s := p.sheet
	r := Result{Sheet: s.Name, Title: s.Title, Source: s.Source, Text: s.Text, Calendar: p.lengths()}
	for _, in := range p.inputs {
		r.Inputs = append(r.Inputs, Given{in.Name, p.given(in), in.Note})
	}
	if len(p.ranged) > 0 {
		r.Limits = limits
	}
	for _, l := range p.steps {
		w := Worked{Name: l.name, Formula: pretty(l.tokens), Filled: p.filled(l.tokens), Text: l.text}
		for _, u := range l.units {
			w.Results = append(w.Results, p.in(l.point, l.over, u))
		}
		if l.over.seen != nil {
			r.Limits = limitsWide
		}
		r.Steps = append(r.Steps, w)
	}
	var es Errors
	for i, c := range p.checks {
		h, err := p.check(c)
		if err != nil {
			es = append(es, because(c.field, "", err))
		}
		h.Text = s.Checks[i].Text
		r.Checks = append(r.Checks, h)
	}
	for i, a := range s.Answers {
		solved, err := p.answer(a)
		if err != nil {
			es = append(es, because(fmt.Sprintf("answers[%d]", i), "", err))
		}
		r.Answers = append(r.Answers, solved)
	}
	es = append(es, p.roles(&r)...)
	if len(es) > 0 {
		return Result{}, es.or()
	}
	return r, nil
}

func (p *program) lengths() Lengths {
	c := p.calendar
	l := Lengths{Day: float(c.day), Month: float(c.month), Year: float(c.year), KB: 1000, Text: c.String()}
	if c.binary {
		l.KB = 1024
	}
	return l
}

// check works a comparison out, at the point and over the ranges.
func (p *program) check(c comparison) (Held, error) {
	h := Held{Formula: pretty(c.tokens), Filled: p.filled(c.tokens)}
	difference := &node{name: "-", args: []*node{c.left, c.right}}
	v, err := p.evaluate(difference, p.steps, atPoint)
	if err != nil {
		return h, err
	}
	if c.op == "~" {
		difference = &node{name: "-", args: []*node{{name: "/", args: []*node{c.left, c.right}}, {value: &token{value: big.NewRat(1, 1)}}}}
		if v, err = p.evaluate(difference, p.steps, atPoint); err != nil {
			return h, err
		}
	}
	if !holds(c.op, v.interval, c.tolerance) {
		return h, Error{Problem: fmt.Sprintf("does not hold: %s, that is %s %s %s", h.Formula, p.side(c.left), c.op, p.side(c.right)), Allowed: "a check that holds"}
	}
	h.Always = true
	if len(p.ranged) > 0 {
		v, err := p.evaluate(difference, p.steps, atRange)
		if err == nil {
			v.interval, _, err = p.bounds(difference, v, p.steps)
		}
		h.Always = err == nil && holds(c.op, v.interval, c.tolerance)
	}
	return h, nil
}

// side is the value of one side of a check, for messages.
func (p *program) side(n *node) string {
	v, err := p.evaluate(n, p.steps, atPoint)
	if err != nil {
		return err.Error()
	}
	unit := v.dim.unit()
	if _, _, u, err := p.find(n.name); err == nil {
		unit = u
	}
	return withUnit(new(big.Rat).Quo(v.lo, unit.one()), unit)
}

// find returns an input or a step with its last unit.
func (p *program) find(name string) (point value, over span, u Unit, err error) {
	var names []string
	for _, in := range p.inputs {
		if in.Name == name {
			d := in.unit.dimension
			return value{interval: exactly(in.point), dim: d}, span{interval: interval{in.low, in.high}}, in.unit, nil
		}
		names = append(names, in.Name)
	}
	for _, l := range p.steps {
		if l.name == name {
			return l.point, l.over, l.units[len(l.units)-1], nil
		}
		names = append(names, l.name)
	}
	return point, over, u, Error{Problem: "there is no " + quote(name) + didYouMean(name, names), Allowed: "the name of an input or a step"}
}

// answer shows one value, and the published figure beside it.
func (p *program) answer(a Answer) (Solved, error) {
	point, over, u, err := p.find(a.Of)
	if err != nil {
		return Solved{}, because("of", "", err)
	}
	if a.Unit != "" {
		unit, err := ParseUnit(a.Unit, p.calendar)
		if err != nil {
			return Solved{}, because("unit", "", err)
		}
		if !unit.dimension.Equal(point.dim) {
			return Solved{}, Error{"unit", fmt.Sprintf("%s is %s, but %s is %s", a.Of, point.dim, unit, unit.dimension), "a unit of the same kind"}
		}
		u = unit
	}
	s := Solved{Of: a.Of, Label: a.Label, Quantity: p.in(point, over, u)}
	if s.Label == "" {
		s.Label = strings.ReplaceAll(a.Of, "_", " ")
	}
	if a.Published == "" {
		return s, nil
	}
	s.Published, err = p.published(a, point, s.Text)
	return s, err
}

// published compares what a source prints with the exact value. A difference
// beyond the tolerance needs a reason.
func (p *program) published(a Answer, exact value, shown string) (*Published, error) {
	q, err := parseQuantity(strings.TrimPrefix(strings.TrimSpace(a.Published), "~"), p.calendar)
	if err != nil {
		return nil, because("published", "", err)
	}
	if !q.unit.dimension.Equal(exact.dim) {
		return nil, Error{"published", fmt.Sprintf("%s is %s, but %s is %s", quote(a.Published), q.unit.dimension, a.Of, exact.dim), "a unit of the same kind"}
	}
	most, err := tolerance(a.Tolerance, p.calendar)
	if err != nil {
		return nil, err
	}
	if exact.lo.Sign() == 0 {
		return nil, Error{"published", "cannot be compared with zero", "no published figure"}
	}
	off := new(big.Rat).Quo(new(big.Rat).Sub(q.point, exact.lo), new(big.Rat).Abs(exact.lo))
	out := &Published{Quantity: p.given(input{quantity: q}), Source: a.Source, Difference: float(off), Tolerance: float(most), Why: a.Why, Off: percent(off)}
	out.Within = new(big.Rat).Abs(off).Cmp(most) <= 0
	if !out.Within && a.Why == "" {
		return nil, Error{"published", fmt.Sprintf("%s against %s as the sheet works it out: %s, beyond %s", out.Quantity.Text, shown, out.Off, withUnit(new(big.Rat).Mul(most, big.NewRat(100, 1)), Unit{text: "%"})),
			"a figure that fits, or the reason in why"}
	}
	return out, nil
}

// roles finds the rates and the storage that sizing starts from.
func (p *program) roles(r *Result) (es Errors) {
	for _, role := range []struct {
		field, name string
		to          **Rate
	}{{"peak", p.sheet.Peak, &r.Peak}, {"reads", p.sheet.Reads, &r.Reads}, {"writes", p.sheet.Writes, &r.Writes}} {
		if role.name == "" {
			continue
		}
		point, over, _, err := p.find(role.name)
		switch {
		case err != nil:
			es = append(es, because(role.field, "", err))
		case !point.dim.rate():
			es = append(es, Error{role.field, fmt.Sprintf("%s is %s", role.name, point.dim), "a count per time, like queries/s"})
		default:
			*role.to = &Rate{Of: role.name, Value: float(point.lo), Low: float(over.lo), High: float(over.hi), Counts: point.dim.counts()}
		}
	}
	if p.sheet.Storage == "" {
		return es
	}
	point, over, _, err := p.find(p.sheet.Storage)
	switch {
	case err != nil:
		return append(es, because("storage", "", err))
	case !point.dim.Equal(base(bytesKey, "")):
		return append(es, Error{"storage", fmt.Sprintf("%s is %s", p.sheet.Storage, point.dim), "bytes"})
	}
	r.Storage = &Volume{p.sheet.Storage, float(point.lo), float(over.lo), float(over.hi)}
	return es
}

// counts is the word of the count in a rate.
func (d Dimension) counts() string {
	for _, p := range d.powers {
		if p.exponent > 0 {
			return p.word
		}
	}
	return ""
}
