package endpoint

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"rung/bench"
	"rung/bench/plan"
)

// hunt is one search.
type hunt struct {
	*session
	cfg      CapacityConfig
	trials   *trials
	out      bench.Capacity
	deadline time.Time
	// best is the highest rate that passed, or else the lowest that counted.
	best     *seen
	bestRate float64
	passed   bool
	doubtful int
}

// search makes probes until the bracket is narrow and its upper end was tried
// twice, or something ends it, which is then the doubt.
func (h *hunt) search(ctx context.Context) error {
	for made := 1; made <= h.cfg.Probes; made++ {
		next, over := h.trials.next()
		if over {
			return nil
		}
		rate := math.Round(min(next, h.cfg.MaxRate)*10) / 10
		length := h.cfg.probeLength(h.out.SLO.Quantile, rate)
		if rate <= 0 || made > 1 && time.Now().Add(length).After(h.deadline) {
			h.out.Doubt = fmt.Sprintf("the time for the search, %v, was over before %s", h.cfg.Within, h.trials.missing())
			return nil
		}
		probe, err := h.probe(ctx, made, rate, length)
		if err != nil {
			return err
		}
		if h.count(rate, probe); h.out.Doubt != "" {
			return nil
		}
		if probe.Word != bench.Pass {
			if err := h.clock.Until(ctx, time.Now().Add(h.cfg.Rest)); err != nil {
				return err
			}
		}
	}
	if _, over := h.trials.next(); !over {
		h.out.Doubt = fmt.Sprintf("%d probes were over before %s", h.cfg.Probes, h.trials.missing())
	}
	return nil
}

// count takes a probe down, and ends the search by a doubt where it leads
// nowhere.
func (h *hunt) count(rate float64, probe bench.Probe) {
	if probe.Word == bench.Unknown {
		if h.doubtful++; h.doubtful >= mostDoubtful {
			h.out.Doubt = probe.Why
		}
		return
	}
	h.doubtful = 0
	if h.trials.note(rate, probe.Word == bench.Pass) {
		h.result.Warnings = append(h.result.Warnings,
			fmt.Sprintf("%.4g/s failed at first and passed when it was tried again: something else had the machine, or the target is unsteady", rate))
	}
	if probe.Word == bench.Pass && rate >= h.cfg.MaxRate {
		h.out.Doubt = fmt.Sprintf("the highest rate allowed, %g/s, met the thresholds", h.cfg.MaxRate)
	}
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
	h.out.Passed, h.out.Failed = h.trials.bracket.Passed, h.trials.bracket.Failed
	if h.out.Doubt == "" {
		switch {
		case h.out.Passed == 0:
			h.out.Doubt = "no rate that was tried met the thresholds"
		case h.out.Failed == 0:
			h.out.Doubt = "every rate that was tried met the thresholds"
		default:
			if _, over := h.trials.next(); !over {
				h.out.Doubt = "the search ended before " + h.trials.missing()
			}
		}
	}
	if h.out.Probes = slices.Clip(h.out.Probes); h.out.Probes == nil {
		h.out.Probes = []bench.Probe{}
	}
	if blind := h.blind(); blind != "" {
		h.result.Warnings = append(h.result.Warnings, blind)
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

// blind warns of probes that are short for their limit. A rate that is the share
// x above the capacity fills a queue that makes the next request wait x·t after
// a time t: within a probe of length T no wait reaches the limit L unless x is
// more than L/T. Where that is half the width of the bracket and more, the
// capacity may lie below the bracket.
func (h *hunt) blind() string {
	if h.out.Passed == 0 || h.out.Failed == 0 {
		return ""
	}
	limit, length := h.out.SLO.Latency, h.cfg.probeLength(h.out.SLO.Quantile, h.out.Passed)
	share := limit.Seconds() / length.Seconds()
	if share <= h.cfg.Width/2 {
		return ""
	}
	enough := time.Duration(2 * limit.Seconds() / h.cfg.Width * float64(time.Second)).Round(time.Millisecond)
	return fmt.Sprintf("probes of %v are short for a limit of %v: a queue that grows because of %.2g%% too many requests does not reach it in that time, so what can be kept up for long may be as much lower; probes of %v would tell",
		length.Round(time.Millisecond), limit, share*100, enough)
}

// verdict of the search: whether the capacity is known.
func (h *hunt) verdict() bench.Verdict {
	c := h.out
	v := bench.Verdict{ID: "capacity", Text: "the highest rate that meets the thresholds is known", Word: bench.Pass, Evidence: []string{}}
	if c.Passed > 0 {
		v.Evidence = append(v.Evidence, fmt.Sprintf("%.4g/s passed", c.Passed))
	}
	if c.Failed > 0 {
		v.Evidence = append(v.Evidence, fmt.Sprintf("%.4g/s failed", c.Failed))
	}
	if c.Doubt != "" {
		v.Word = bench.Unknown
		v.Evidence = append(v.Evidence, "in doubt: "+c.Doubt)
	}
	return v
}
