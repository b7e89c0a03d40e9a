package reports

import (
	"slices"

	"rung/bench"
)

// spreadLevel is the confidence of a spread's interval.
const spreadLevel = 0.95

// Rounds returns the rounds of a stage: the stage's own measurement is the
// first, its repeats follow.
func Rounds(s bench.StageResult) []bench.Repeat {
	return append([]bench.Repeat{{Round: 1, Common: s.Common, Capacity: s.Capacity}}, s.Repeats...)
}

// Spread is one number over the rounds of a stage. The zero value is none.
type Spread struct {
	// Values in the order of the rounds; those in doubt are left out.
	Values []float64
	Median float64
	// Low and High bound the true median with a confidence of 95% or more.
	// Both are zero with fewer than six values, which cannot tell it.
	Low, High float64
}

// Interval says that there is one.
func (s Spread) Interval() bool { return s.High > 0 }

// SpreadOf sums values up. The interval is that of the order statistics
// (David and Nagaraja, Order Statistics, 2003, section 7.1): it supposes
// nothing about the law of the values but that rounds do not depend on one
// another.
func SpreadOf(values []float64) Spread {
	out := Spread{Values: values}
	n := len(values)
	if n == 0 {
		return out
	}
	sorted := slices.Sorted(slices.Values(values))
	if out.Median = sorted[n/2]; n%2 == 0 {
		out.Median = (sorted[n/2-1] + sorted[n/2]) / 2
	}
	// outside is the chance that the median lies below the k lowest values:
	// that at most k of n fair coins fall on one side.
	term, outside, best := 1.0, 0.0, -1
	for range n {
		term /= 2
	}
	for k := range n / 2 {
		if outside += term; 1-2*outside < spreadLevel {
			break
		}
		best = k
		term *= float64(n-k) / float64(k+1)
	}
	if best >= 0 {
		out.Low, out.High = sorted[best], sorted[n-1-best]
	}
	return out
}

// Capacities are the highest rates that passed, by round.
func Capacities(s bench.StageResult) Spread {
	return over(s, func(r bench.Repeat) (float64, bool) {
		if c := r.Capacity; c != nil && c.Doubt == "" && c.Passed > 0 {
			return c.Passed, true
		}
		return 0, false
	})
}

// CommonTimes are quantiles of the response time at the common load, in
// nanoseconds by round. Rounds that the generator limited are left out.
func CommonTimes(s bench.StageResult, quantile func(bench.Distribution) *float64) Spread {
	return over(s, func(r bench.Repeat) (float64, bool) {
		if r.Common == nil || r.Common.Generator.Limited != "" {
			return 0, false
		}
		if q := quantile(r.Common.Total.Response); q != nil {
			return *q, true
		}
		return 0, false
	})
}

// over gathers what the rounds of a stage have.
func over(s bench.StageResult, of func(bench.Repeat) (float64, bool)) Spread {
	var values []float64
	for _, r := range Rounds(s) {
		if v, ok := of(r); ok {
			values = append(values, v)
		}
	}
	return SpreadOf(values)
}

// span is the lowest rate that was the highest to pass, and the highest rate
// that was the lowest to fail, over all rounds of a stage that can be trusted.
// A zero failed is unbounded.
func span(s bench.StageResult) (passed, failed float64) {
	open := false
	for _, r := range Rounds(s) {
		c := r.Capacity
		if c == nil || c.Doubt != "" || c.Passed <= 0 {
			continue
		}
		if passed == 0 || c.Passed < passed {
			passed = c.Passed
		}
		failed = max(failed, c.Failed)
		open = open || c.Failed <= 0
	}
	if open {
		failed = 0
	}
	return passed, failed
}
