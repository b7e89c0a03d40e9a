package reportstest

import (
	"math"
	"time"

	"rung/bench"
)

// distribution is a log-normal law seen through n samples, as a histogram
// with three significant digits would report it.
func distribution(n uint64, median time.Duration, sigma float64) bench.Distribution {
	at := func(q float64) time.Duration {
		z := math.Sqrt2 * math.Erfinv(2*q-1)
		return rounded(float64(median) * math.Exp(sigma*z))
	}
	d := bench.Distribution{Count: n, Min: at(0.5 / float64(n)), Max: at(1 - 0.3/float64(n)),
		Mean: rounded(float64(median) * math.Exp(sigma*sigma/2))}
	named := func(q float64) *time.Duration {
		if float64(n)*(1-q) < 10 {
			return nil
		}
		return ptr(at(q))
	}
	d.P50, d.P90, d.P95, d.P99, d.P999 = named(0.5), named(0.9), named(0.95), named(0.99), named(0.999)
	// Five points per halving of what is left, as HDR tools print it.
	for k := 0.0; ; k += 0.2 {
		q := math.Round((1-math.Pow(2, -k))*1e6) / 1e6
		beyond := uint64(float64(n) * (1 - q))
		if beyond < 1 {
			break
		}
		d.Curve = append(d.Curve, bench.Point{Quantile: q, Value: at(max(q, 0.5/float64(n))), Beyond: beyond})
	}
	d.Curve = append(d.Curve, bench.Point{Quantile: 1, Value: d.Max})
	return d
}

// rounded keeps three significant digits.
func rounded(ns float64) time.Duration {
	if ns <= 0 {
		return 0
	}
	scale := math.Pow(10, math.Floor(math.Log10(ns))-2)
	return time.Duration(math.Round(ns/scale) * scale)
}

func tally(operation string, n, failed uint64, median time.Duration, sigma float64) bench.Tally {
	ok := n - failed
	return bench.Tally{Operation: operation, Planned: n, Sent: n, OK: ok, Failed: failed,
		Response: distribution(ok, median, sigma),
		Service:  distribution(ok, median*97/100, sigma*0.96),
		Lateness: distribution(ok, 60*time.Microsecond, 0.55),
		Failures: distribution(max(failed, 1), median*8, 0.2),
	}
}

func common(stage string, median time.Duration, sigma float64, failed uint64) *bench.Measurement {
	n := uint64(commonRate * commonTime.Seconds())
	m := &bench.Measurement{
		Name: "common", Plan: "150/s for 20 s, Poisson arrivals", Duration: commonTime,
		Started: time.Date(2026, 11, 20, 9, 31, 0, 0, time.UTC), Rate: commonRate,
		Goodput: commonRate * (1 - float64(failed)/float64(n)), Total: tally("total", n, failed, median, sigma),
		Generator: generator(n), Log: stage + "/common.hlog",
		Breakdown: breakdown(median, sigma),
	}
	if failed > 0 {
		m.Errors = []bench.ErrorGroup{{Operation: "photo", Cause: "503", Count: failed - failed/3},
			{Operation: "orders", Cause: "timeout", Count: failed / 3}}
	}
	for _, op := range workload().Mix {
		factor := map[string]float64{"orders": 1.6, "photo": 8, "asset": 0.4, "me": 0.5}[string(op.Operation)]
		if factor == 0 {
			factor = 1
		}
		m.Operations = append(m.Operations, tally(string(op.Operation), uint64(float64(n)*op.Ratio), 0,
			time.Duration(float64(median)*factor), sigma*0.8))
	}
	// No curve per operation: the page draws the whole only.
	for i := range m.Operations {
		o := &m.Operations[i]
		o.Response.Curve, o.Service.Curve, o.Lateness.Curve, o.Failures.Curve = nil, nil, nil, nil
	}
	return m
}

func generator(n uint64) bench.Generator {
	return bench.Generator{Workers: 64, Ceiling: 2000, Late: n / 400, LateAfter: 5 * time.Millisecond,
		CPU: 3400 * time.Millisecond, Wall: 20 * time.Second, Pauses: 2 * time.Millisecond,
		Dials: 64, Precise: true}
}

// breakdown splits the response time of requests near p50 and p99.
func breakdown(median time.Duration, sigma float64) []bench.Breakdown {
	part := func(q float64, requests int, names []string, shares ...float64) bench.Breakdown {
		response := rounded(float64(median) * math.Exp(sigma*math.Sqrt2*math.Erfinv(2*q-1)))
		b := bench.Breakdown{Quantile: q, Requests: requests, Response: response}
		for i, name := range names {
			b.Parts = append(b.Parts, bench.Part{Name: name, Time: time.Duration(float64(response) * shares[i])})
		}
		return b
	}
	names := []string{"late", "web-queue", "web-cpu", "db-conn", "db-queue", "db-work", "db-net", "rest"}
	return []bench.Breakdown{
		part(0.5, 300, names, 0.01, 0.09, 0.34, 0.02, 0.06, 0.29, 0.1, 0.09),
		part(0.99, 30, names, 0.01, 0.38, 0.12, 0.05, 0.22, 0.15, 0.03, 0.04),
	}
}

// capacity is a search around a knee: below it the site keeps up, above it
// goodput bends and the tail grows.
func capacity(passed, failed float64, base time.Duration, node, resource string, rates ...float64) *bench.Capacity {
	c := &bench.Capacity{SLO: workload().SLO, Passed: passed, Failed: failed,
		Bottleneck: bench.Bottleneck{Node: node, Resource: resource, Use: 0.96}}
	for _, rate := range rates {
		load := rate / failed
		p := bench.Probe{Rate: rate, Goodput: rate, Word: bench.Pass,
			P50: ptr(rounded(float64(base) / max(1-load*0.8, 0.1))),
			P99: ptr(rounded(float64(base) * 3.2 / max(1.02-load, 0.16))),
			Uses: []bench.Use{{Node: node, Resource: resource, Ratio: math.Min(load*0.98, 1), Queue: int(load * 20)},
				{Node: "web-1", Resource: "cpu", Ratio: math.Min(load*0.7, 1), Queue: 2}}}
		if rate >= failed {
			p.Word, p.Why = bench.Fail, "p99 is over 250 ms"
			p.P99 = ptr(rounded(1.3e9 * (load - 0.7)))
			p.P50 = ptr(rounded(4e8 * (load - 0.8)))
			p.Goodput = math.Round(failed*0.99*10) / 10
			p.Failures = math.Round((load-0.99)*1000) / 1000
			p.Slow = p.Failures + 0.02
		}
		c.Probes = append(c.Probes, p)
	}
	return c
}
