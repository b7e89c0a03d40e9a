package sheet

import (
	"fmt"
	"math/big"
)

// Solve works the sheet out. The error is an Errors, every entry of which
// names its part of the sheet: units that do not fit, names that are not
// there, steps that need one another, values below zero, divisions by zero,
// checks that do not hold, published figures that are off without a reason.
func (s Sheet) Solve() (Result, error) {
	p, es := compile(s)
	if len(es) > 0 {
		return Result{}, es.or()
	}
	if es := p.solvePoints(); len(es) > 0 {
		return Result{}, es.or()
	}
	if es := p.solveRanges(); len(es) > 0 {
		return Result{}, es.or()
	}
	return p.result()
}

// assign gives each input that is a range an interval; nil is its point.
type assign func(in input) interval

func atPoint(in input) interval { return exactly(in.point) }
func atRange(in input) interval { return interval{in.low, in.high} }

// start is an evaluator with the inputs only.
func (p *program) start(a assign) evaluator {
	e := evaluator{values: map[string]value{}, work: &p.work}
	for _, in := range p.inputs {
		e.values[in.Name] = value{interval: a(in), dim: in.unit.dimension}
	}
	for n, i := range p.ranged {
		name := p.inputs[i].Name
		v := e.values[name]
		v.trends = make([]trend, len(p.ranged))
		v.trends[n] = rising
		e.values[name] = v
	}
	return e
}

// solvePoints works out all steps at the inputs' points and checks units and
// signs. A step that needs one that failed is left out.
func (p *program) solvePoints() (es Errors) {
	e := p.start(atPoint)
	for i := range p.steps {
		l := &p.steps[i]
		missing := false
		l.root.names(func(name string) {
			_, ok := e.values[name]
			missing = missing || !ok
		})
		if missing {
			continue
		}
		v, err := e.of(l.root)
		if err != nil {
			es = append(es, because(l.field, l.name+": ", err))
			continue
		}
		if err := l.expects(v); err != nil {
			es = append(es, because(l.field, "", err))
			continue
		}
		if v.lo.Sign() < 0 && !l.signed {
			es = append(es, Error{l.field, fmt.Sprintf("%s is negative, %s", l.name, l.shown(v)), "zero or more; or {step: ..., signed: true}"})
		}
		l.point, l.over = v, span{interval: v.interval}
		e.values[l.name] = v
	}
	return es
}

// shown is a value in the step's last unit.
func (l line) shown(v value) string {
	u := l.units[len(l.units)-1]
	return withUnit(new(big.Rat).Quo(v.lo, u.one()), u)
}
