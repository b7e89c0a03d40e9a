package compare

import (
	"fmt"
	"math"
	"slices"

	"rung/bench"
)

// Summary is one number over the rounds of a stage.
type Summary struct {
	// Fact is its name, as in Delta.
	Fact string
	// Values by round, the dots of a chart; of a capacity the rates that
	// passed. Rounds that must not be judged are left out.
	Values []float64
	// Median of Values.
	Median float64
	// Low and High bound the median at the level asked for, by order
	// statistics; a capacity's High is of the rates that failed. Both zero
	// without an interval; only High zero when no rate failed.
	Low, High float64
	// Why there is no interval.
	Why string
}

// Repeats sums the rounds of a stage up: capacity, goodput, failures, mean and
// quantiles, as far as a round has them. An interval at 95% needs 6 rounds.
func Repeats(r bench.StageResult, cfg Config) ([]Summary, error) {
	cfg, err := cfg.filled()
	if err != nil {
		return nil, fmt.Errorf("compare rounds: %w", err)
	}
	var out []Summary
	add := func(name string, of []reading, scale func(float64) float64) {
		if len(of) > 0 {
			out = append(out, summary(name, of, scale, cfg.Level))
		}
	}
	same := func(v float64) float64 { return v }
	add(capacityFact, take(r, capacityRounds), math.Exp)
	add("common.goodput_per_s", take(r, point(func(m bench.Measurement) (float64, bool) { return m.Goodput, true })), same)
	add("common.failed_ratio", take(r, point(func(m bench.Measurement) (float64, bool) {
		return m.Total.FailureRatio(), m.Total.Planned > 0
	})), same)
	for i, f := range latencyFacts() {
		add(f.name, take(r, point(func(m bench.Measurement) (float64, bool) {
			v := statistics(m.Total.Response)[i]
			return v, v > 0
		})), same)
	}
	return out, nil
}

// summary sums one number up; scale takes it back from its logarithm.
func summary(name string, of []reading, scale func(float64) float64, level float64) Summary {
	s := Summary{Fact: name}
	var low, high []float64
	for _, r := range of {
		s.Values = append(s.Values, scale(r.low))
		low, high = append(low, r.low), append(high, r.high)
	}
	s.Median = scale(median(low))
	at, ok := medianInterval(len(of), level)
	if !ok {
		s.Why = fmt.Sprintf("%d rounds are too few for an interval at %g%% (at 95%% it takes 6)", len(of), level*100)
		return s
	}
	slices.Sort(low)
	slices.Sort(high)
	s.Low = scale(low[at])
	if top := high[len(high)-1-at]; finite(top) {
		s.High = scale(top)
	}
	return s
}
