package endpoint

import (
	"context"
	"fmt"
	"time"

	"rung/bench"
	"rung/bench/plan"
)

// CapacityConfig is a search for the highest rate that meets the thresholds.
type CapacityConfig struct {
	// Config of every probe. Plan must be nil. Thresholds must have one on a
	// percentile, and none on rate or goodput: those follow from the rate.
	Config
	// Arrivals is the law of the gaps. Empty means constant.
	Arrivals bench.Arrivals
	// Start is the first rate, per second. Zero means 100.
	Start float64
	// MaxRate is the highest rate that is tried. Zero means 100 000.
	MaxRate float64
	// Length of one probe. Zero means 5 s. A probe at a low rate is longer,
	// or its percentile could not be judged.
	Length time.Duration
	// Probes is the most that are made. Zero means 24; at most 200.
	Probes int
	// Within bounds the whole search: no probe begins that would end later. The
	// first one must fit. Zero means 10 min; at most a day.
	Within time.Duration
	// Width at which the bracket is narrow enough: (failed-passed)/passed.
	// Zero means 0.05.
	Width float64
	// Rest after a probe that did not pass, for the target to recover. Zero
	// means 1 s.
	Rest time.Duration
}

// Defaults and bounds of a search.
const (
	defaultStart   = 100
	defaultMaxRate = 100_000
	defaultLength  = 5 * time.Second
	defaultProbes  = 24
	mostProbes     = 200
	defaultWithin  = 10 * time.Minute
	mostWithin     = 24 * time.Hour
	defaultWidth   = 0.05
	defaultRest    = time.Second
	// fewestSlow is how many requests of a probe the percentile must let be
	// slow: half of what naming it takes would make chance decide.
	fewestSlow = fewestBeyond
	// mostDoubtful is how many probes in a row may be spoilt: another program
	// may have had the machine for a moment.
	mostDoubtful = 3
)

func (c CapacityConfig) withDefaults() (CapacityConfig, error) {
	set := func(at *float64, value float64) {
		if *at == 0 {
			*at = value
		}
	}
	set(&c.Start, defaultStart)
	set(&c.MaxRate, defaultMaxRate)
	set(&c.Width, defaultWidth)
	for _, d := range []struct {
		at    *time.Duration
		value time.Duration
	}{{&c.Length, defaultLength}, {&c.Within, defaultWithin}, {&c.Rest, defaultRest}} {
		if *d.at == 0 {
			*d.at = d.value
		}
	}
	if c.Probes == 0 {
		c.Probes = defaultProbes
	}
	bad := func(format string, args ...any) (CapacityConfig, error) {
		return c, fmt.Errorf("%w: %s", ErrConfig, fmt.Sprintf(format, args...))
	}
	switch {
	case c.Plan != nil:
		return bad("a search for the capacity makes its own plans")
	case c.Arrivals != "" && c.Arrivals != bench.ArrivalsConstant && c.Arrivals != bench.ArrivalsPoisson:
		return bad("arrivals %.40q: allowed are constant and poisson", c.Arrivals)
	case !(c.MaxRate > 0 && c.MaxRate <= plan.MaxRate):
		return bad("highest rate is %v/s: allowed is above 0 to %v/s", c.MaxRate, float64(plan.MaxRate))
	case !(c.Start > 0 && c.Start <= c.MaxRate):
		return bad("first rate is %v/s: allowed is above 0 to the highest, %v/s", c.Start, c.MaxRate)
	case !(c.Width >= 0.005 && c.Width <= 1):
		return bad("width is %v: allowed is 0.005 to 1", c.Width)
	case c.Length < 0 || c.Length > time.Hour:
		return bad("probe is %v: allowed is above 0 to 1h", c.Length)
	case c.Within < 0 || c.Within > mostWithin:
		return bad("time for the search is %v: allowed is above 0 to %v", c.Within, mostWithin)
	case c.Rest < 0 || c.Rest > time.Hour:
		return bad("rest is %v: allowed is 0 to 1h", c.Rest)
	case c.Probes < 0 || c.Probes > mostProbes:
		return bad("probes are %d: allowed is 1 to %d", c.Probes, mostProbes)
	}
	for _, t := range c.Thresholds {
		if t.Metric == MetricRate || t.Metric == MetricGoodput {
			return bad("threshold %s: the search chooses the rate; use bounds on times and failures", t)
		}
	}
	slo, ok := sloOf(c.Thresholds)
	if !ok {
		return bad("a search needs a threshold on a percentile, such as p99<250ms")
	}
	if length := c.probeLength(slo.Quantile, c.Start); length > c.Within {
		return bad("the first probe, at %g/s, takes %v for p%.10g to be judged, and the whole search may take %v: start at a higher rate, or allow more time",
			c.Start, length.Round(time.Second), slo.Quantile*100, c.Within)
	}
	return c, nil
}

// probeLength is that of a probe at a rate: enough requests to judge the
// strictest percentile.
func (c CapacityConfig) probeLength(quantile, rate float64) time.Duration {
	need := fewestSlow / (1 - quantile) / rate * 1.05
	return max(c.Length, time.Duration(min(need, mostWithin.Seconds())*float64(time.Second)).Round(time.Millisecond))
}

// sloOf is the objective of thresholds: their highest percentile. Failures
// count as slow, so without a threshold of their own as many may fail.
func sloOf(thresholds []Threshold) (slo bench.SLO, ok bool) {
	for _, t := range thresholds {
		if t.Metric == MetricQuantile && t.Quantile > slo.Quantile {
			slo.Quantile, slo.Latency, ok = t.Quantile, time.Duration(t.Limit), true
		}
	}
	slo.Failures = 1 - slo.Quantile
	for _, t := range thresholds {
		switch t.Metric {
		case MetricFailures:
			slo.Failures = t.Limit
		case MetricAvailability:
			slo.Failures = 1 - t.Limit
		}
	}
	return slo, ok
}

// Capacity searches the highest rate that meets the thresholds, on warm
// connections, as a bracket. The rate that failed is tried twice. Probes in
// which the generator was the limit do not count; where they end the search the
// capacity is a lower bound. The
// measurement of the run is that of the highest rate that passed, or else of
// the lowest that was tried. Errors are as those of Attack.
func Capacity(ctx context.Context, cfg CapacityConfig) (bench.Run, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return bench.Run{}, err
	}
	return conduct(ctx, cfg.Config, bench.KindCapacity, cfg.MaxRate/4, func(ctx context.Context, s *session) error {
		arrivals := cfg.Arrivals
		if arrivals == "" {
			arrivals = bench.ArrivalsConstant
		}
		s.out.Endpoint.Plan = fmt.Sprintf("search from %g/s to at most %g/s, probes of %v or more, %s arrivals", cfg.Start, cfg.MaxRate, cfg.Length, arrivals)
		s.out.Workload.Arrivals = arrivals
		s.out.Profile = bench.Profile{Name: stage, Rate: cfg.Start, Warm: cfg.Warm, Probe: cfg.Length, Probes: cfg.Probes, Width: cfg.Width, Repeats: 1}
		if err := s.warm(ctx, cfg.Start); err != nil {
			return err
		}
		h := hunt{session: s, cfg: cfg, trials: newTrials(cfg.Start, cfg.Width), out: bench.Capacity{SLO: s.out.Workload.SLO},
			deadline: time.Now().Add(cfg.Within)}
		err := h.search(ctx)
		h.finish()
		return err
	})
}
