package html

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"rung/bench"
	"rung/reports"
)

// capacityFact is the fact that is known as a bracket.
const capacityFact = "capacity_per_s"

// commonFacts are those that every stage of a ladder can be judged by, in the
// order of the page, and what they are called in a sentence.
var commonFacts = [...]struct{ fact, name string }{
	{capacityFact, "capacity"}, {"common.p50_ns", "p50"}, {"common.p99_ns", "p99"},
}

// isCommon says that every stage can have a fact.
func isCommon(fact string) bool {
	return slices.ContainsFunc(commonFacts[:], func(c struct{ fact, name string }) bool { return c.fact == fact })
}

// opinion is one fact of a stage: what was estimated and simulated before the
// run, and what was measured.
type opinion struct {
	stage    int
	fact     string
	estimate *bench.Estimate
	// simulated is null where there was no simulation of it, or it does not
	// fit the topology.
	simulated *bench.Simulated
	verdict   bench.Verdict
	// low and high are what was measured: the two ends of a bracket, or twice
	// the same. Zero low is none; zero high with a low is an open bracket.
	low, high float64
}

// opinions are all of the run: those of common facts by fact, then the others
// by stage.
func (b *builder) opinions() []opinion {
	var out []opinion
	for i, s := range b.run.Stages {
		seen := map[string]bool{}
		for j := range s.Prediction.Estimates {
			e := &s.Prediction.Estimates[j]
			out = append(out, b.opinion(i, e.Fact, e))
			seen[e.Fact] = true
		}
		if s.Simulation == nil {
			continue
		}
		for _, v := range s.Simulation.Values {
			if !seen[v.Fact] {
				out = append(out, b.opinion(i, v.Fact, nil))
				seen[v.Fact] = true
			}
		}
	}
	rank := func(o opinion) int {
		at := slices.IndexFunc(commonFacts[:], func(c struct{ fact, name string }) bool { return c.fact == o.fact })
		if at < 0 {
			return len(commonFacts)
		}
		return at
	}
	slices.SortStableFunc(out, func(x, y opinion) int { return rank(x) - rank(y) })
	return out
}

// opinion gathers what is known of one fact of stage i.
func (b *builder) opinion(i int, fact string, e *bench.Estimate) opinion {
	s := b.run.Stages[i]
	o := opinion{stage: i, fact: fact, estimate: e}
	for _, v := range s.Verdicts {
		if v.ID == "estimate."+fact {
			o.verdict = v
		}
	}
	if s.Simulation != nil && s.Simulation.Outside == "" {
		if v, ok := s.Simulation.Value(fact); ok {
			o.simulated = &v
		}
	}
	switch c := s.Capacity; {
	case fact == capacityFact && c != nil:
		if c.Doubt == "" && c.Passed > 0 {
			o.low, o.high = c.Passed, max(c.Failed, 0)
		}
	case o.verdict.Measured > 0:
		o.low, o.high = o.verdict.Measured, o.verdict.Measured
	case isCommon(fact) && s.Common != nil:
		d := s.Common.Total.Response
		for _, q := range []struct {
			fact string
			time *time.Duration
		}{{"common.p50_ns", d.P50}, {"common.p99_ns", d.P99}} {
			if q.fact == fact && q.time != nil && s.Common.Generator.Limited == "" {
				o.low, o.high = float64(*q.time), float64(*q.time)
			}
		}
	default:
		for _, f := range s.Facts {
			if f.Name == fact && f.Doubt == "" && f.Value > 0 {
				o.low, o.high = f.Value, f.Value
			}
		}
	}
	return o
}

// errorsOf are how far the measurement lies from a prediction, as shares of
// the prediction: those of both ends. An open end is not finite.
func (o opinion) errorsOf(predicted float64) (low, high float64, ok bool) {
	if predicted <= 0 || o.low <= 0 {
		return 0, 0, false
	}
	low, high = o.low/predicted-1, math.Inf(1)
	if o.high > 0 {
		high = o.high/predicted - 1
	}
	return low, high, true
}

// errorText is the error of a prediction: "+3.0%", or of a bracket "−6.7% to
// +0.2%".
func (o opinion) errorText(predicted float64) string {
	low, high, ok := o.errorsOf(predicted)
	switch {
	case !ok:
		return reports.Missing
	case math.IsInf(high, 1):
		return signed(low) + " or more"
	case low == high && o.fact != capacityFact:
		return signed(low)
	}
	return signed(low) + " to " + signed(high)
}

// signed is a share with its sign.
func signed(share float64) string {
	if math.Abs(share) < 0.0005 {
		return "±0.0%"
	}
	sign := "+"
	if share < 0 {
		sign = "−"
	}
	if math.Abs(share) >= 0.0995 {
		return fmt.Sprintf("%s%.0f%%", sign, 100*math.Abs(share))
	}
	return fmt.Sprintf("%s%.1f%%", sign, 100*math.Abs(share))
}

// measured is what was measured, for a table.
func (o opinion) measured() string {
	switch {
	case o.low <= 0:
		return reports.Missing
	case o.fact == capacityFact:
		return reports.Bracket(o.low, o.high)
	}
	return reports.Value(o.fact, o.low)
}

// simulatedText is the simulation's value with its interval.
func (o opinion) simulatedText() string {
	v := o.simulated
	if v == nil {
		return reports.Missing
	}
	text := reports.Value(o.fact, v.Value)
	if v.Low < v.High {
		text += fmt.Sprintf(" (%s to %s)", reports.Value(o.fact, v.Low), reports.Value(o.fact, v.High))
	}
	return text
}

// medianErrors says the median absolute error of some predictions over the
// ladder, by common fact. A capacity is known as a bracket, so its error is
// taken to the far end: it is never better than what was measured.
func medianErrors(all []opinion, predicted func(opinion) (float64, bool)) string {
	var said []string
	for _, c := range commonFacts {
		var found []float64
		for _, o := range all {
			value, ok := predicted(o)
			if o.fact != c.fact || !ok {
				continue
			}
			if low, high, ok := o.errorsOf(value); ok && !math.IsInf(high, 1) {
				found = append(found, max(math.Abs(low), math.Abs(high)))
			}
		}
		if len(found) == 0 {
			continue
		}
		name := c.name
		if c.fact == capacityFact {
			name += " (to the far end of the bracket)"
		}
		middle := "under 0.1%"
		if m := reports.SpreadOf(found).Median; m >= 0.001 {
			middle = strings.TrimPrefix(signed(m), "+")
		}
		said = append(said, fmt.Sprintf("%s for %s over %s", middle, name, plural(len(found), "stage")))
	}
	return strings.Join(said, ", ")
}

// agreement is the first sentence of the section: how far off the predictions
// were.
func agreement(all []opinion) string {
	var parts []string
	if text := medianErrors(all, func(o opinion) (float64, bool) {
		if o.estimate == nil || o.estimate.Outside != "" {
			return 0, false
		}
		return o.estimate.Value, true
	}); text != "" {
		parts = append(parts, "Median absolute error of the estimates: "+text+".")
	}
	if text := medianErrors(all, func(o opinion) (float64, bool) {
		if o.simulated == nil {
			return 0, false
		}
		return o.simulated.Value, true
	}); text != "" {
		parts = append(parts, "Of the simulations: "+text+".")
	}
	return strings.Join(parts, " ")
}
