package compare

import (
	"fmt"
	"math"
	"slices"

	"rung/bench"
)

const (
	// roundsLeast is how many rounds each side needs for a difference at 95%
	// to be seen: 2 of the 70 orders of 4 and 4.
	roundsLeast = 4
	// turnsLeast is how many pairs of rounds that took turns are needed: 2 of
	// the 64 signs of 6.
	turnsLeast = 6
	// roundsMost bounds the rounds that are compared.
	roundsMost = 50
)

// reading is a number of one round.
type reading struct {
	round int
	span
}

// read takes a number from a round: false where the round has none.
type read func(bench.Repeat) (span, bool)

// roundsOf are the rounds of a result, the first being its own.
func roundsOf(r bench.StageResult) []bench.Repeat {
	out := append([]bench.Repeat{{Round: 1, Common: r.Common, Capacity: r.Capacity}}, r.Repeats...)
	return out[:min(len(out), roundsMost)]
}

// readings take a number from every round that has a sound one.
func take(r bench.StageResult, from read) []reading {
	var out []reading
	for _, one := range roundsOf(r) {
		if v, ok := from(one); ok {
			out = append(out, reading{one.Round, v})
		}
	}
	return out
}

// commonRounds reads whether a round has a common load that counts.
func commonRounds(r bench.Repeat) (span, bool) {
	return span{}, r.Common != nil && r.Common.Generator.Limited == ""
}

// capacityRounds reads the logarithms of a bracket.
func capacityRounds(r bench.Repeat) (span, bool) {
	c := r.Capacity
	if c == nil || c.Doubt != "" || c.Passed <= 0 {
		return span{}, false
	}
	s := span{math.Log(c.Passed), math.Inf(1)}
	if c.Failed > 0 {
		s.high = math.Log(c.Failed)
	}
	return s, true
}

// point makes a read of a number of the common load.
func point(of func(bench.Measurement) (float64, bool)) read {
	return func(r bench.Repeat) (span, bool) {
		if _, ok := commonRounds(r); !ok {
			return span{}, false
		}
		v, ok := of(*r.Common)
		return span{v, v}, ok && finite(v)
	}
}

// rounds says whether both sides have rounds enough to be compared by them.
func (c *comparer) rounds(p pair, from read) bool {
	before, after := take(p.before, from), take(p.after, from)
	if p.turns {
		a, _ := inTurn(before, after)
		return len(a) >= turnsLeast
	}
	return min(len(before), len(after)) >= roundsLeast
}

// inTurn keeps the rounds that both have.
func inTurn(before, after []reading) (a, b []reading) {
	for _, x := range before {
		if at := slices.IndexFunc(after, func(y reading) bool { return y.round == x.round }); at >= 0 {
			a, b = append(a, x), append(b, after[at])
		}
	}
	return a, b
}

// byRounds compares the common load of all rounds.
func (c *comparer) byRounds(p pair) []row {
	logOf := func(v float64) (float64, bool) { return math.Log(v), v > 0 }
	out := []row{
		c.ranks(p, fact{name: "common.goodput_per_s", more: true}, point(func(m bench.Measurement) (float64, bool) {
			return logOf(m.Goodput)
		})),
		c.ranks(p, fact{name: "common.failed_ratio", share: true}, point(func(m bench.Measurement) (float64, bool) {
			return m.Total.FailureRatio(), m.Total.Planned > 0
		})),
	}
	for i, f := range latencyFacts() {
		r := c.ranks(p, f, point(func(m bench.Measurement) (float64, bool) {
			return logOf(statistics(m.Total.Response)[i])
		}))
		if r.SamplesBefore+r.SamplesAfter > 0 {
			out = append(out, r)
		}
	}
	return out
}

// ranks compares one number over rounds: of shares as they are, of others
// their logarithms. The row states the medians.
func (c *comparer) ranks(p pair, f fact, from read) row {
	a, b := take(p.before, from), take(p.after, from)
	test, method, least := mannWhitney, MethodRounds, roundsLeast
	if p.turns {
		a, b = inTurn(a, b)
		test, method, least = signedRank, MethodTurns, turnsLeast
	}
	r := row{}
	state := func(of []reading) float64 {
		if len(of) == 0 {
			return 0
		}
		m := median(lows(of))
		if f.share {
			return m
		}
		return math.Exp(m)
	}
	r.Delta = f.delta(state(a), state(b))
	r.SamplesBefore, r.SamplesAfter, r.Method = len(a), len(b), method
	if n := min(len(a), len(b)); n == 0 {
		r.Ratio = 0
		because(&r.Delta, "one side has no round of it")
		return r
	}
	ranked := test(spans(a), spans(b), c.cfg.Level)
	if !ranked.known {
		because(&r.Delta, fmt.Sprintf("%d and %d rounds are too few: at least %d at 95%%", len(a), len(b), least))
		return r
	}
	c.state(&r, f, ranked)
	return r
}

// state gives a row the interval of a test by ranks. The medians' own ratio
// may lie just outside it: then the interval is stretched to it.
func (c *comparer) state(r *row, f fact, of ranked) {
	r.p, r.tested = of.p, true
	if f.share {
		change := r.After - r.Before
		f.shares(&r.Delta, min(of.low, change), max(of.high, change), c.noise)
		return
	}
	change := math.Log(r.Ratio)
	low, high := min(of.low, change), max(of.high, change)
	if math.IsInf(low, -1) && math.IsInf(high, 1) {
		because(&r.Delta, "no rate that was tried failed: the capacities are not known from above")
		return
	}
	f.ratios(&r.Delta, low, high, c.noise)
}

func lows(of []reading) []float64 {
	out := make([]float64, len(of))
	for i, r := range of {
		out[i] = r.low
	}
	return out
}

func spans(of []reading) []span {
	out := make([]span, len(of))
	for i, r := range of {
		out[i] = r.span
	}
	return out
}
