package sheet

import (
	"fmt"
	"math/big"
)

// solveRanges finds the least and the greatest value of each step over all
// inputs within their ranges.
func (p *program) solveRanges() (es Errors) {
	if len(p.ranged) == 0 {
		return nil
	}
	e := p.start(atRange)
	for i := range p.steps {
		l := &p.steps[i]
		v, err := e.of(l.root)
		if err == nil {
			e.values[l.name] = v
			l.over, err = p.span(*l, v, p.steps[:i])
		}
		if err != nil {
			return append(es, because(l.field, l.name+", over the ranges of the inputs: ", err))
		}
		if l.over.lo.Sign() < 0 && !l.signed {
			can := "can be negative"
			if l.over.seen != nil && l.over.seen.lo.Sign() >= 0 {
				can = "is nowhere negative that was tried, but its outer bound is"
			}
			es = append(es, Error{l.field, fmt.Sprintf("%s %s, %s", l.name, can, l.shown(value{interval: l.over.interval})), "zero or more over the ranges of the inputs; or {step: ..., signed: true}"})
		}
	}
	return es
}

// span finds the bounds of a step, and samples it where they are outer ones.
func (p *program) span(l line, v value, earlier []line) (span, error) {
	out, wide, err := p.bounds(l.root, v, earlier)
	if err != nil || !wide {
		return span{interval: out}, err
	}
	seen, err := p.sample(l.root, l.point, earlier)
	return span{out, &seen}, err
}

// maxPieces is into how many parts the ranges are cut that a formula does not
// only rise or only fall with.
const maxPieces = 64

// bounds returns the least and the greatest value of a formula. Where it only
// rises or only falls with an input, they are at that input's ends. Other
// inputs stay intervals, cut in pieces, which gives outer bounds (wide).
func (p *program) bounds(n *node, v value, earlier []line) (out interval, wide bool, err error) {
	var free []int // of p.ranged
	for r := range p.ranged {
		if v.trend(r) == mixed {
			free = append(free, r)
		}
	}
	pieces := 1
	for try := 2; len(free) > 0 && try <= maxPieces; try++ {
		total := 1
		for range free {
			total = min(total*try, maxPieces+1)
		}
		if total > maxPieces {
			break
		}
		pieces = try
	}
	out = v.interval
	for piece, first := make([]int, len(free)), true; ; first = false {
		part, err := p.corner(n, v, earlier, free, piece, pieces)
		if err != nil {
			return out, true, err
		}
		if first {
			out = part
		} else {
			out = out.hull(part)
		}
		if !advance(piece, pieces) {
			break
		}
	}
	return out, len(free) > 0 && !out.point(), nil
}

// advance counts up a number whose digits are below base; false at its end.
func advance(digits []int, base int) bool {
	for i := range digits {
		if digits[i]++; digits[i] < base {
			return true
		}
		digits[i] = 0
	}
	return false
}

// corner is the interval of a formula with the inputs that it rises or falls
// with at their ends, and the free ones in one piece of their ranges.
func (p *program) corner(n *node, v value, earlier []line, free, piece []int, pieces int) (interval, error) {
	end := func(high bool) (interval, error) {
		at := map[string]interval{}
		for r, i := range p.ranged {
			in := p.inputs[i]
			at[in.Name] = exactly(in.low)
			if (v.trend(r) == rising) == high {
				at[in.Name] = exactly(in.high)
			}
		}
		for k, r := range free {
			in := p.inputs[p.ranged[r]]
			at[in.Name] = interval{in.part(piece[k], pieces), in.part(piece[k]+1, pieces)}
		}
		out, err := p.evaluate(n, earlier, func(in input) interval {
			if i, ok := at[in.Name]; ok {
				return i
			}
			return exactly(in.point)
		})
		return out.interval, err
	}
	low, err := end(false)
	if err != nil {
		return low, err
	}
	high, err := end(true)
	return interval{low.lo, high.hi}, err
}

// part is the k-th of the cuts that divide a range in n.
func (in input) part(k, n int) *big.Rat {
	width := new(big.Rat).Sub(in.high, in.low)
	width.Mul(width, big.NewRat(int64(k), int64(n)))
	return width.Add(width, in.low)
}

// evaluate works a formula out with the steps before it that it needs.
func (p *program) evaluate(n *node, earlier []line, a assign) (value, error) {
	e := p.start(a)
	need := map[string]bool{}
	n.names(func(name string) { need[name] = true })
	for i := len(earlier) - 1; i >= 0; i-- {
		if need[earlier[i].name] {
			earlier[i].root.names(func(name string) { need[name] = true })
		}
	}
	for _, l := range earlier {
		if !need[l.name] {
			continue
		}
		v, err := e.of(l.root)
		if err != nil {
			return v, err
		}
		e.values[l.name] = v
	}
	return e.of(n)
}
