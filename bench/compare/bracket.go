package compare

import (
	"fmt"
	"math"

	"rung/bench"
)

// capacityFact names the capacity.
const capacityFact = "capacity_per_s"

// capacity compares two capacities: false where neither side has one.
func (c *comparer) capacity(p pair) (row, bool) {
	was, is := p.before.Capacity, p.after.Capacity
	if was == nil && is == nil {
		return row{}, false
	}
	f := fact{name: capacityFact, more: true}
	if was == nil || is == nil {
		c.warn("%s: only one side has a capacity", p.id)
		return row{}, false
	}
	r := row{Delta: f.delta(was.Passed, is.Passed)}
	r.Method = MethodBrackets
	switch {
	case was.SLO != is.SLO:
		because(&r.Delta, "the objectives differ")
		return r, true
	case c.rounds(p, capacityRounds):
		return c.ranks(p, f, capacityRounds), true
	}
	r.SamplesBefore, r.SamplesAfter = 1, 1
	switch {
	case was.Doubt != "":
		because(&r.Delta, fmt.Sprintf("%s: %s", Before, was.Doubt))
	case is.Doubt != "":
		because(&r.Delta, fmt.Sprintf("%s: %s", After, is.Doubt))
	case was.Passed <= 0 || is.Passed <= 0:
		because(&r.Delta, "one side passed at no rate")
	case was.Failed <= 0 && is.Failed <= 0:
		because(&r.Delta, "no rate that was tried failed: the capacities are not known from above")
	default:
		a, _ := capacityRounds(bench.Repeat{Capacity: was})
		b, _ := capacityRounds(bench.Repeat{Capacity: is})
		low, high := b.low-a.high, math.Inf(1)
		if is.Failed > 0 {
			high = b.high - a.low
		}
		f.ratios(&r.Delta, low, high, c.noise)
	}
	return r, true
}
