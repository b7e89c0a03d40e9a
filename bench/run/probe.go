package run

import (
	"fmt"
	"strings"
	"time"

	"rung/bench"
	"rung/bench/record"
)

// fewestSlow is how many requests of a probe the SLO must let be slow: with
// fewer, chance decides the probe.
const fewestSlow = 5

// always is the use from which on a resource has no time left. A short probe
// just above what a resource can do may meet the objective all the same: its
// queue has not grown long enough yet.
const always = 0.98

// probeLength is longer at a low rate, by half at most: a probe needs some
// thousand requests, lest a few dear ones decide it.
func probeLength(usual time.Duration, rate float64) time.Duration {
	const enough = 1000
	need := time.Duration(enough / rate * float64(time.Second))
	return min(max(need, usual), usual*3/2)
}

// probe judges one try. What the real machine does to a stage can only make it
// slower, so a busy one takes nothing from a rate that met the objective, and
// nothing from one that failed for a reason that the emulation gives: slots
// that were all handed out, or requests that their emulated time alone made
// slow. Other failures on a busy machine say nothing.
func (s *session) probe(rate float64, o *seen) bench.Probe {
	m := o.measurement
	slo := s.cfg.Workload.SLO
	p := bench.Probe{Rate: rate, Goodput: m.Goodput, P50: m.Total.Response.P50, P99: m.Total.Response.P99,
		Failures: m.Total.FailureRatio(), Uses: o.uses, Word: bench.Pass}
	planned := float64(max(m.Total.Planned, 1))
	p.Slow = float64(o.slow+m.Total.Unsent) / planned
	allowed := 1 - slo.Quantile
	emulated := float64(o.emulated) / planned
	full := busiest(o.uses)
	tooSlow := fmt.Sprintf("%.3g%% took longer than %v", p.Slow*100, slo.Latency.Round(time.Millisecond))
	judge := func(word bench.Word, why string) { p.Word, p.Why = word, why }
	switch {
	case m.Generator.Limited != "":
		judge(bench.Unknown, "the generator was the limit: "+m.Generator.Limited)
	case full.Ratio >= always:
		judge(bench.Fail, fmt.Sprintf("%s %s was %.3g%% used: it cannot keep up, and a longer probe would show the queue", full.Node, full.Resource, full.Ratio*100))
	case float64(m.Total.Planned)*allowed < fewestSlow:
		judge(bench.Unknown, fmt.Sprintf("%d requests are too few to judge quantile %v: at least %.0f", m.Total.Planned, slo.Quantile, fewestSlow/allowed))
	case emulated > allowed:
		judge(bench.Fail, fmt.Sprintf("%s, %.3g%% by the emulated machines alone", tooSlow, emulated*100))
	case p.Failures <= slo.Failures && p.Slow <= allowed:
		if o.crowded != "" {
			p.Why = "met although the real machine was busy"
		}
	case o.crowded != "":
		judge(bench.Unknown, o.crowded)
	case p.Failures > slo.Failures:
		judge(bench.Fail, fmt.Sprintf("%.3g%% failed", p.Failures*100))
	case float64(o.served+m.Total.Unsent)/planned <= allowed:
		judge(bench.Unknown, tooSlow+", but not from the send on: the generator was late")
	default:
		judge(bench.Fail, tooSlow)
	}
	return p
}

// emulated is the part of an answer's Server-Timing that emulated machines
// took: queues and slots, without wires, connections and software.
func emulated(header string) (sum time.Duration) {
	for _, part := range record.ParseServerTiming(header) {
		for _, kind := range []string{"-queue", "-cpu", "-work"} {
			if strings.HasSuffix(part.Name, kind) {
				sum += part.Time
			}
		}
	}
	return sum
}

// busiest is the resource of a single node with the highest use.
func busiest(uses []bench.Use) bench.Use {
	var out bench.Use
	for _, u := range uses {
		if u.Ratio > out.Ratio {
			out = u
		}
	}
	return out
}
