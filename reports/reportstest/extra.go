package reportstest

import (
	"math"
	"time"

	"rung/bench"
)

// heat is a measurement's response times over time: a log-normal body, a second
// mode of slow requests, and one slow second.
func heat(n float64, median time.Duration, sigma float64, length time.Duration) *bench.Heat {
	h := &bench.Heat{Column: 250 * time.Millisecond}
	for e := 1e5; e < 4e9; e *= math.Pow(10, 0.1) {
		h.Edges = append(h.Edges, time.Duration(e))
	}
	columns := int(length / h.Column)
	for c := range columns {
		middle := math.Log(float64(median))
		if at := time.Duration(c) * h.Column; at >= length/2 && at < length/2+time.Second {
			middle += 1.2
		}
		var counts []uint64
		for r := range h.Edges {
			share := 0.0
			if r+1 < len(h.Edges) {
				below := func(e time.Duration) float64 {
					return 0.5 * math.Erfc((middle-math.Log(float64(e)))/(sigma*math.Sqrt2))
				}
				share = 0.97 * (below(h.Edges[r+1]) - below(h.Edges[r]))
			}
			if r+1 < len(h.Edges) && h.Edges[r] <= 6*median && 6*median < h.Edges[r+1] && c%5 == 0 {
				share += 0.01
			}
			counts = append(counts, uint64(math.Round(share*n/float64(columns))))
		}
		for len(counts) > 0 && counts[len(counts)-1] == 0 {
			counts = counts[:len(counts)-1]
		}
		h.Counts = append(h.Counts, counts)
	}
	return h
}

// opinions adds what a newer run has: a simulation, and how response times
// went over time.
func opinions(s *bench.StageResult, off float64) {
	if s.Common == nil || s.Capacity == nil {
		return
	}
	m := s.Common
	m.Heat = heat(float64(m.Total.OK), *m.Total.Response.P50, 0.55, m.Duration)
	m.Generator.Sockets, m.Generator.Files, m.Generator.FileLimit = 64, 97, 1024
	at := func(fact string, v float64) bench.Simulated {
		return bench.Simulated{Fact: fact, Value: v * off, Low: v * (off - 0.02), High: v * (off + 0.02)}
	}
	s.Simulation = &bench.Simulation{Seed: 42, Requests: 1200000, Virtual: 8000 * time.Second, Wall: 1700 * time.Millisecond,
		Values: []bench.Simulated{at("capacity_per_s", s.Capacity.Passed), at("common.p50_ns", float64(*m.Total.Response.P50)),
			at("common.p99_ns", float64(*m.Total.Response.P99))},
		Limits: "connections are never refused"}
}

// scaling is capacity by the number of web servers.
func scaling() bench.Scaling {
	fit := &bench.ScalingFit{Lambda: 118, Sigma: 0.034, Kappa: 0.0021, LambdaError: 2.4, SigmaError: 0.009, KappaError: 0.0006,
		R2: 0.9987, Peak: 21.4, Most: 8}
	out := bench.Scaling{Of: "web", Fit: fit}
	for i, n := range []float64{1, 2, 3, 4, 6, 8} {
		out.Points = append(out.Points, bench.ScalingPoint{Nodes: n, Rate: math.Round(fit.At(n) * (1 + 0.01*float64(i%3-1)))})
	}
	out.Points = append(out.Points, bench.ScalingPoint{Nodes: 16, Rate: math.Round(fit.At(16) * 0.97), Simulated: true})
	return out
}

// again makes rounds of a stage that differ by a few per cent.
func again(s *bench.StageResult, rounds int) {
	for n := 2; n <= rounds; n++ {
		shift := 1 + 0.015*math.Sin(float64(n)*2.4)
		m := *s.Common
		m.Heat, m.Errors, m.Breakdown, m.Intervals = nil, nil, nil, nil
		m.Total = tally("total", m.Total.Planned, m.Total.Failed, time.Duration(float64(*m.Total.Response.P50)*shift), 0.6)
		c := *s.Capacity
		c.Passed, c.Failed = math.Round(c.Passed*shift), math.Round(c.Failed*shift)
		s.Repeats = append(s.Repeats, bench.Repeat{Round: n, Common: &m, Capacity: &c})
	}
}

// Baseline is a measured set of latency numbers.
func Baseline() *bench.NumberSet {
	row := func(id, label string, v, p99 float64, flags ...string) bench.Number {
		return bench.Number{ID: id, Label: label, Value: v, Source: "this machine", Year: 2026, Date: "2026-11-20", Quantile: "p50",
			Status: "measured", P50: v, P99: p99, Samples: 4000, Flags: flags}
	}
	set := &bench.NumberSet{Name: "measured", Source: "rung numbers --measure", Year: 2026, Date: "2026-11-20",
		Host:  &bench.Host{OS: "linux", Arch: "amd64", CPUs: 2, Go: "go1.26.0"},
		Notes: []string{"clock source tsc", "the directory is on overlay"},
		Rows: []bench.Number{row("mem_ref", "Main memory reference", 92.4, 131), row("syscall", "System call", 210, 480),
			row("loopback_rtt", "Loopback round trip", 31e3, 88e3),
			row("fsync", "Append 4 KiB and sync", 1.3e6, 9.1e6, "the filesystem is overlay: a sync may not reach a disk")}}
	set.Rows[0].Pattern, set.Rows[3].Durability, set.Rows[3].Bytes = "dependent", "fsync", 4096
	set.Rows[2].Low, set.Rows[2].High = 28e3, 40e3
	return set
}
