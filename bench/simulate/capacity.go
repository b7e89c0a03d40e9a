package simulate

import (
	"context"
	"errors"
	"fmt"
	"math"

	"rung/bench"
)

// Bracket is the capacity of a network: it lies between the highest rate that
// Passed, 0 when none did, and the lowest that Failed, infinite when none did. Rates
// are requests per second.
type Bracket struct {
	Passed, Failed float64
	Probes         int
	// Requests of all probes.
	Requests uint64
}

// Search is how long capacity is searched.
type Search struct {
	// Width of the bracket that is narrow enough: (failed-passed)/passed.
	Width float64
	// Probes bounds the rates that are tried, 1 to 100.
	Probes int
	// Around is a guess to begin with; 0 is none.
	Around float64
}

// Capacity searches the highest rate that meets an objective: at most
// 1-Quantile of the requests fail or take longer than Latency, and at most
// Failures of them fail. It halves the bracket up to the network's ceiling, and
// every probe sees the same requests, only faster (common random numbers). Rate
// and Plan of the configuration do not matter. A probe that measures fewer than
// 10/(1-Quantile) requests is an error: it could not tell.
func Capacity(ctx context.Context, n Network, c Config, slo bench.SLO, s Search) (Bracket, error) {
	switch {
	case !(slo.Quantile > 0 && slo.Quantile < 1) || slo.Latency <= 0 || !(slo.Failures >= 0):
		return Bracket{}, fmt.Errorf("capacity: %+v is no objective", slo)
	case s.Probes < 1 || s.Probes > 100 || !(s.Width >= 0) || !(s.Around >= 0):
		return Bracket{}, fmt.Errorf("capacity: search %+v: 1 to 100 probes, width and guess 0 or more", s)
	case c.Requests > 0 && float64(c.Requests)*float64(max(c.Replications, 1))*(1-slo.Quantile) < 10:
		return Bracket{}, fmt.Errorf("capacity: %d requests are too few to tell quantile %v", c.Requests, slo.Quantile)
	}
	if err := n.Check(); err != nil {
		return Bracket{}, fmt.Errorf("capacity: %w", err)
	}
	ceiling, _ := n.Ceiling()
	if math.IsInf(ceiling, 1) {
		return Bracket{}, errors.New("capacity: no station takes any time, so there is no limit")
	}
	b := Bracket{Failed: math.Inf(1)}
	for b.Probes < s.Probes && !(b.Passed > 0 && (b.Failed-b.Passed)/b.Passed <= s.Width) {
		rate := b.guess(ceiling, s)
		c.Rate, c.Plan = rate, nil
		ok, requests, err := probe(ctx, n, c, slo)
		if err != nil {
			return b, fmt.Errorf("capacity: at %.4g/s: %w", rate, err)
		}
		b.Probes++
		b.Requests += requests
		if ok {
			b.Passed = rate
		} else {
			b.Failed = rate
		}
	}
	return b, nil
}

// guess is the next rate to try.
func (b Bracket) guess(ceiling float64, s Search) float64 {
	const step = 0.04 // to either side of a guess
	top := math.Inf(1) == b.Failed
	switch {
	case s.Around > 0 && b.Probes == 0:
		return s.Around
	case s.Around > 0 && top && b.Passed > 0:
		return b.Passed * (1 + step*math.Pow(2, float64(b.Probes-1)))
	case s.Around > 0 && b.Passed == 0 && b.Probes < 4:
		return b.Failed * (1 - step*math.Pow(2, float64(b.Probes-1)))
	case top && b.Passed == 0:
		return ceiling * 0.9
	case top:
		return max(b.Passed, ceiling) * 1.05
	}
	return (b.Passed + b.Failed) / 2
}

// probe says whether one rate meets the objective.
func probe(ctx context.Context, n Network, c Config, slo bench.SLO) (ok bool, requests uint64, err error) {
	// One replication that has as many slow requests as all may have decides.
	enough := uint64(0)
	if c.Requests > 0 {
		enough = uint64((1-slo.Quantile)*float64(c.Requests)*float64(max(c.Replications, 1))) + 1
	}
	runs, err := replicate(ctx, n, c, slo.Latency, enough)
	if err != nil {
		return false, 0, err
	}
	slow, failed, overloaded := uint64(0), uint64(0), false
	for _, e := range runs {
		requests += e.started
		slow += e.slow
		failed += e.refused + e.late
		overloaded = overloaded || e.overloaded
	}
	all := float64(requests)
	return !overloaded && float64(slow) <= (1-slo.Quantile)*all && float64(failed) <= slo.Failures*all, requests, nil
}
