package endpoint

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"rung/bench"
	"rung/bench/plan"
	"rung/bench/search"
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
	// Within bounds the whole search: no probe begins that would end later.
	// Zero means 10 min; at most a day.
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
	// mostDoubtful is how many probes may be spoilt: another program may have
	// had the machine for a moment, once.
	mostDoubtful = 2
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
	if _, ok := sloOf(c.Thresholds); !ok {
		return bad("a search needs a threshold on a percentile, such as p99<250ms")
	}
	return c, nil
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
// connections, as a bracket. Probes in which the generator was the limit do
// not count; where they end the search the capacity is a lower bound. The
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
		s.out.Endpoint.Plan = fmt.Sprintf("search from %g/s to at most %g/s, probes of %v, %s arrivals", cfg.Start, cfg.MaxRate, cfg.Length, arrivals)
		s.out.Workload.Arrivals = arrivals
		s.out.Profile = bench.Profile{Name: stage, Rate: cfg.Start, Warm: cfg.Warm, Probe: cfg.Length, Probes: cfg.Probes, Width: cfg.Width, Repeats: 1}
		if err := s.warm(ctx, cfg.Start); err != nil {
			return err
		}
		h := hunt{session: s, cfg: cfg, bracket: search.New(cfg.Start, cfg.Width), out: bench.Capacity{SLO: s.out.Workload.SLO},
			deadline: time.Now().Add(cfg.Within)}
		err := h.search(ctx)
		h.finish()
		return err
	})
}

// hunt is one search.
type hunt struct {
	*session
	cfg      CapacityConfig
	bracket  *search.Bracket
	out      bench.Capacity
	deadline time.Time
	// best is the highest rate that passed, or else the lowest that counted.
	best     *seen
	bestRate float64
	passed   bool
	doubtful int
}

// search makes probes until the bracket is narrow, or something ends it, which
// is then the doubt.
func (h *hunt) search(ctx context.Context) error {
	step := 1
	for made := 1; made <= h.cfg.Probes; made++ {
		if h.bracket.Narrow() {
			return nil
		}
		rate := math.Round(min(h.bracket.Next, h.cfg.MaxRate)*10) / 10
		length := h.length(rate)
		if rate <= 0 || time.Now().Add(length).After(h.deadline) {
			h.out.Doubt = fmt.Sprintf("the time for the search, %v, was over before the bracket was narrow", h.cfg.Within)
			return nil
		}
		probe, err := h.probe(ctx, made, rate, length)
		if err != nil {
			return err
		}
		if probe.Word == bench.Unknown {
			if h.doubtful++; h.doubtful >= mostDoubtful {
				h.out.Doubt = probe.Why
				return nil
			}
		} else {
			h.bracket.Note(rate, probe.Word == bench.Pass, step)
			step++
		}
		if probe.Word == bench.Pass && rate >= h.cfg.MaxRate {
			h.out.Doubt = fmt.Sprintf("the highest rate allowed, %g/s, met the thresholds", h.cfg.MaxRate)
			return nil
		}
		if probe.Word != bench.Pass {
			if err := h.clock.Until(ctx, time.Now().Add(h.cfg.Rest)); err != nil {
				return err
			}
		}
	}
	if !h.bracket.Narrow() {
		h.out.Doubt = fmt.Sprintf("%d probes were not enough for a bracket as narrow as %.3g%%", h.cfg.Probes, h.cfg.Width*100)
	}
	return nil
}

// length of a probe: enough requests to judge the strictest percentile.
func (h *hunt) length(rate float64) time.Duration {
	need := fewestSlow / (1 - h.out.SLO.Quantile) / rate * 1.05
	return max(h.cfg.Length, time.Duration(min(need, mostWithin.Seconds())*float64(time.Second)))
}

// probe tries a rate.
func (h *hunt) probe(ctx context.Context, number int, rate float64, length time.Duration) (bench.Probe, error) {
	p, err := h.plan(rate, length, uint64(number))
	if err != nil {
		return bench.Probe{}, err
	}
	// Every probe makes other choices, so that it is no repeat of the last.
	o, err := h.measure(ctx, order{name: fmt.Sprintf("probe-%02d", number), plan: p, phase: fmt.Sprintf("probe %d", number),
		source: h.source.again(h.cfg.Seed + uint64(number)*7919)})
	if err != nil {
		return bench.Probe{}, err
	}
	probe := h.judge(rate, o)
	h.out.Probes = append(h.out.Probes, probe)
	h.keep(rate, probe.Word, o)
	return probe, nil
}

// keep decides which measurement stands for the run.
func (h *hunt) keep(rate float64, word bench.Word, o *seen) {
	passed := word == bench.Pass
	switch {
	case h.best == nil, passed && !h.passed, passed && rate > h.bestRate, !h.passed && word == bench.Fail && rate < h.bestRate:
		h.best, h.bestRate, h.passed = o, rate, passed
	}
}

func (h *hunt) plan(rate float64, d time.Duration, number uint64) (bench.Plan, error) {
	if h.cfg.Arrivals == bench.ArrivalsPoisson {
		return plan.Poisson(rate, d, h.cfg.Seed+number)
	}
	return plan.Constant(rate, d)
}

// judge is the probe of a rate: it passes when every threshold does.
func (h *hunt) judge(rate float64, o *seen) bench.Probe {
	m := o.measurement
	p := bench.Probe{Rate: rate, Goodput: m.Goodput, P50: m.Total.Response.P50, P99: m.Total.Response.P99,
		Failures: m.Total.FailureRatio(), Uses: []bench.Use{}, Word: bench.Pass}
	for i, t := range h.session.cfg.Thresholds {
		if t.Metric == MetricQuantile && t.Quantile == h.out.SLO.Quantile && m.Total.Planned > 0 {
			p.Slow = float64(o.judge.slow[i]+m.Total.Unsent) / float64(m.Total.Planned)
		}
	}
	for _, v := range o.judge.verdicts(m) {
		if v.Word == bench.Pass || p.Word == bench.Fail || p.Word == bench.Unknown && v.Word == bench.Unknown {
			continue
		}
		p.Word, p.Why = v.Word, v.Text+": "+v.Evidence[len(v.Evidence)-1]
	}
	if doubt := doubtOf(m); p.Word == bench.Unknown && doubt != "" {
		p.Why = doubt
	}
	return p
}

// finish states what was found.
func (h *hunt) finish() {
	h.out.Passed, h.out.Failed = h.bracket.Passed, h.bracket.Failed
	if h.out.Doubt == "" {
		switch {
		case h.out.Passed == 0:
			h.out.Doubt = "no rate that was tried met the thresholds"
		case h.out.Failed == 0:
			h.out.Doubt = "every rate that was tried met the thresholds"
		case !h.bracket.Narrow():
			h.out.Doubt = "the search ended before the bracket was narrow"
		}
	}
	if h.out.Probes = slices.Clip(h.out.Probes); h.out.Probes == nil {
		h.out.Probes = []bench.Probe{}
	}
	h.result.Capacity = &h.out
	if h.best != nil {
		h.result.Common = &h.best.measurement
		h.state(h.best)
	}
	h.result.Verdicts = append(h.result.Verdicts, h.verdict())
	c := h.out
	bracket := fmt.Sprintf("middle of the bracket %.4g/s passed, %.4g/s failed", c.Passed, c.Failed)
	switch {
	case c.Doubt == "":
		h.facts.Add("capacity_per_s", (c.Passed+c.Failed)/2, bracket)
	case c.Passed > 0:
		h.facts.AtLeast("capacity_per_s", c.Passed, "the highest rate that was tried and passed", c.Doubt)
	case c.Failed > 0:
		h.facts.Doubt("capacity_per_s", c.Failed, "the lowest rate that was tried and failed", c.Doubt)
	}
}

// verdict of the search: whether the capacity is known.
func (h *hunt) verdict() bench.Verdict {
	c := h.out
	v := bench.Verdict{ID: "capacity", Text: "the highest rate that meets the thresholds is known", Word: bench.Pass,
		Evidence: []string{fmt.Sprintf("%.4g/s passed, %.4g/s failed", c.Passed, c.Failed)}}
	if c.Doubt != "" {
		v.Word = bench.Unknown
		v.Evidence = append(v.Evidence, "in doubt: "+c.Doubt)
	}
	return v
}
