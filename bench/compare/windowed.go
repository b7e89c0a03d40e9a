package compare

import (
	"errors"
	"fmt"
	"math"
	"os"
	"time"

	"rung/bench"
)

// agree is how far a change by windows may lie from that of the whole, in
// logarithms: the whole counts answers until the plan's end only.
const agree = 0.02

// latencyFacts are the numbers of response times, by statistic.
func latencyFacts() [latencyStats]fact {
	return [latencyStats]fact{{name: "common.mean_ns"}, {name: "common.p50_ns"}, {name: "common.p90_ns"}, {name: "common.p99_ns"}}
}

// byWindows compares two common loads by their windows.
func (c *comparer) byWindows(p pair, was, is bench.Measurement) []row {
	return append(c.flows(p, was, is), c.latencies(p, was, is)...)
}

// flows compares goodput and failures.
func (c *comparer) flows(p pair, was, is bench.Measurement) []row {
	goodput, failed := fact{name: "common.goodput_per_s", more: true}, fact{name: "common.failed_ratio", share: true}
	rows := []row{
		{Delta: goodput.delta(was.Goodput, is.Goodput)},
		{Delta: failed.delta(was.Total.FailureRatio(), is.Total.FailureRatio())},
	}
	before, after := flow{was.Intervals}, flow{is.Intervals}
	if !c.enough(before, after, rows) {
		return rows
	}
	paired := p.samePlan(was, is)
	effects := contrast(flowStats, before, after, paired, c.cfg.Resamples, c.random(p, "flow"))
	c.settle(&rows[0], goodput, effects[statGoodput], before, after, paired)
	c.settle(&rows[1], failed, effects[statFailed], before, after, paired)
	if was.Total.FailureRatio() == 0 && is.Total.FailureRatio() == 0 {
		rows[1].Why = fmt.Sprintf("none of %d and none of %d failed", was.Total.Planned, is.Total.Planned)
	}
	return rows
}

// latencies compares mean and quantiles of the response time.
func (c *comparer) latencies(p pair, was, is bench.Measurement) []row {
	facts := latencyFacts()
	rows := make([]row, len(facts))
	old, now := statistics(was.Total.Response), statistics(is.Total.Response)
	for i, f := range facts {
		rows[i].Delta = f.delta(old[i], now[i])
	}
	before, why := c.windowsOf(Before, p.stageBefore, was)
	after, whyAfter := c.windowsOf(After, p.stageAfter, is)
	if why == "" {
		why = whyAfter
	}
	if why != "" {
		for i := range rows {
			because(&rows[i].Delta, why)
		}
		return append(named(rows, old, now), c.ownQuantiles(p, was, is)...)
	}
	paired := p.samePlan(was, is) && aligned(before, after)
	a, b := newHistogram(joined(before)), newHistogram(joined(after))
	if c.enough(a, b, rows) {
		effects := contrast(latencyStats, a, b, paired, c.cfg.Resamples, c.random(p, "latency"))
		for i, e := range effects {
			e.deviation = math.Hypot(e.deviation, resolution*math.Sqrt2)
			if old[i] > 0 && now[i] > 0 {
				c.settle(&rows[i], facts[i], e, a, b, paired)
			}
		}
	}
	return named(rows, old, now)
}

// statistics are mean and quantiles of a distribution; zero for what is not
// known.
func statistics(d bench.Distribution) [latencyStats]float64 {
	of := func(v *time.Duration) float64 {
		if v == nil {
			return 0
		}
		return float64(*v)
	}
	return [latencyStats]float64{float64(d.Mean), of(d.P50), of(d.P90), of(d.P99)}
}

// named leaves out what neither side knows, and says what only one knows.
func named(rows []row, old, now [latencyStats]float64) []row {
	var out []row
	for i, r := range rows {
		switch {
		case old[i] == 0 && now[i] == 0:
			continue
		case old[i] == 0 || now[i] == 0:
			r.Ratio, r.Why = 0, "one side has fewer than ten answers beyond it"
		}
		out = append(out, r)
	}
	return out
}

// windowsOf asks for the windows of a measurement. Without them it says why.
func (c *comparer) windowsOf(side Side, stage string, m bench.Measurement) ([]Window, string) {
	const none = "there is no interval log to resample"
	if c.cfg.Windows == nil {
		return nil, none
	}
	windows, err := c.cfg.Windows(side, stage, m)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, none
	case err != nil:
		c.warn("%s, %s: %v", stage, side, err)
		return nil, "the interval log cannot be read"
	}
	if n := answers(windows); n != m.Total.Response.Count {
		return nil, fmt.Sprintf("the interval log of %s holds %d answers, the run %d", side, n, m.Total.Response.Count)
	}
	return windows, ""
}

// ownQuantiles compares what the intervals of a measurement say themselves:
// the typical p50 and p99 of a window, which are not those of the whole.
func (c *comparer) ownQuantiles(p pair, was, is bench.Measurement) []row {
	var out []row
	for _, one := range []struct {
		name string
		of   func(bench.Interval) *time.Duration
	}{
		{"common.window_p50_ns", func(v bench.Interval) *time.Duration { return v.P50 }},
		{"common.window_p99_ns", func(v bench.Interval) *time.Duration { return v.P99 }},
	} {
		before, after := quantilesOf(was.Intervals, one.of), quantilesOf(is.Intervals, one.of)
		if len(before.logs) == 0 || len(after.logs) == 0 {
			continue
		}
		f := fact{name: one.name}
		rows := []row{{Delta: f.delta(before.middle(), after.middle())}}
		if c.enough(before, after, rows) {
			paired := p.samePlan(was, is) && len(before.logs) == len(was.Intervals) && len(after.logs) == len(is.Intervals)
			effects := contrast(1, before, after, paired, c.cfg.Resamples, c.random(p, one.name))
			effects[0].deviation = math.Hypot(effects[0].deviation, resolution*math.Sqrt2)
			c.settle(&rows[0], f, effects[0], before, after, paired)
		}
		because(&rows[0].Delta, "the geometric mean over windows of what each says")
		out = append(out, rows...)
	}
	return out
}

func quantilesOf(intervals []bench.Interval, of func(bench.Interval) *time.Duration) values {
	v := values{each: intervalLength(intervals)}
	for _, i := range intervals {
		if q := of(i); q != nil {
			v.logs = append(v.logs, math.Log(max(float64(*q), 1)))
		}
	}
	return v
}

// middle is the geometric mean.
func (v values) middle() float64 {
	out := []float64{0}
	v.measure(ones(len(v.logs)), out)
	return math.Exp(out[0])
}

// enough says whether both sides have windows enough, or tells the rows.
func (c *comparer) enough(before, after sample, rows []row) bool {
	short := !lasts(before) || !lasts(after)
	for i := range rows {
		d := &rows[i].Delta
		d.SamplesBefore, d.SamplesAfter = before.windows(), after.windows()
		if short {
			because(d, fmt.Sprintf("%d and %d windows are too few: at least %d of a second each", before.windows(), after.windows(), windowsLeast))
		}
	}
	return !short
}

// lasts says whether a sample has windows enough, and seconds.
func lasts(s sample) bool {
	return s.windows() >= windowsLeast && (s.length() >= windowLeast ||
		time.Duration(s.windows())*s.length() >= windowsLeast*windowLeast)
}

// settle gives a row its interval around the change that the row states.
func (c *comparer) settle(r *row, f fact, e effect, before, after sample, paired bool) {
	d := &r.Delta
	d.SamplesBefore, d.SamplesAfter = before.windows(), after.windows()
	d.Method = MethodWindows
	if paired {
		d.Method = MethodPaired
	}
	stated := math.Log(d.Ratio)
	if f.share {
		stated = d.After - d.Before
	}
	switch {
	case !finite(stated) || !finite(e.deviation) || !finite(e.change):
		because(d, "there are windows without answers")
		return
	case !f.share && math.Abs(stated-e.change) > agree:
		because(d, fmt.Sprintf("its windows give a ratio of %.3g: many answers came after the plan's end", math.Exp(e.change)))
		return
	}
	e.change = stated
	r.p, r.tested = e.p(), true
	low, high := e.interval(c.cfg.Level)
	if f.share {
		f.shares(d, low, high, c.noise)
	} else {
		f.ratios(d, low, high, c.noise)
	}
}
