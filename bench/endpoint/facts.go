package endpoint

import (
	"fmt"
	"math"

	"rung/bench"
)

// state states the facts of a measurement, by the names that a stage's common
// load has.
func (s *session) state(o *seen) {
	m := o.measurement
	from := fmt.Sprintf("attack %s, %s", m.Name, m.Plan)
	doubt := doubtOf(m)
	add := func(name string, value float64) {
		if !math.IsNaN(value) && !math.IsInf(value, 0) {
			s.facts.Doubt(measurement+"."+name, value, from, doubt)
		}
	}
	add("goodput_per_s", m.Goodput)
	add("rate_per_s", o.judge.rate(m))
	add("failed_ratio", m.Total.FailureRatio())
	add("availability_ratio", m.Total.Availability())
	quantiles(m.Total.Response, add)
	service(m.Total.Service, add)
	for _, t := range m.Operations {
		if t.Planned > 0 {
			quantiles(t.Response, func(name string, value float64) { add(t.Operation+"."+name, value) })
			add(t.Operation+".failed_ratio", t.FailureRatio())
		}
	}
}

// quantiles states those that there is enough data for.
func quantiles(d bench.Distribution, add func(name string, value float64)) {
	for _, q := range []float64{0.5, 0.9, 0.95, 0.99, 0.999} {
		if value := quantileOf(d, q); value != nil {
			add(map[float64]string{0.5: "p50_ns", 0.9: "p90_ns", 0.95: "p95_ns", 0.99: "p99_ns", 0.999: "p999_ns"}[q], float64(*value))
		}
	}
	if d.Count > 0 {
		add("mean_ns", float64(d.Mean))
		add("max_ns", float64(d.Max))
	}
}

// service states the times from the send.
func service(d bench.Distribution, add func(name string, value float64)) {
	if d.P50 != nil {
		add("service.p50_ns", float64(*d.P50))
	}
	if d.P99 != nil {
		add("service.p99_ns", float64(*d.P99))
	}
}

// complete sums the run up. One that ended early never passes.
func (s *session) complete() {
	s.result.Facts = s.facts.Sorted()
	s.result.Word = bench.Worst(s.result.Verdicts)
	if s.out.Partial != "" {
		s.result.Failed = s.out.Partial
		if s.result.Word == bench.Pass {
			s.result.Word = bench.Unknown
		}
	}
	s.out.Verdict = s.result.Word
}
