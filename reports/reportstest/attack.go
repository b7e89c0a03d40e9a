package reportstest

import (
	"fmt"
	"math"
	"time"

	"rung/bench"
)

// Attack returns a run that attacked two targets of somebody's, with a
// threshold that was missed.
func Attack() bench.Run { return AttackOf(20000) }

// AttackOf is Attack with so many requests.
func AttackOf(n uint64) bench.Run {
	const length = 20 * time.Second
	rate := float64(n) / length.Seconds()
	failed := n / 1250
	m := &bench.Measurement{Name: "attack", Plan: fmt.Sprintf("%.0f/s for 20 s, Poisson arrivals", rate), Duration: length,
		Started: time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC), Rate: rate, Goodput: rate * (1 - float64(failed)/float64(n)),
		Total: tally("total", n, failed, 2*time.Millisecond, 0.7), Log: "attack/attack.hlog",
		Heat: heat(float64(n), 2*time.Millisecond, 0.7, length), Intervals: calm(n, failed, length),
		Generator: bench.Generator{Workers: 48, Ceiling: 1000, Late: n / 900, LateAfter: 5 * time.Millisecond, CPU: 2600 * time.Millisecond,
			Wall: length, Pauses: 3 * time.Millisecond, Sockets: 50, Files: 62, FileLimit: 1024, Dials: 50, Precise: true},
		Errors: []bench.ErrorGroup{{Operation: "checkout", Cause: "503", Count: failed - failed/4},
			{Operation: "checkout", Cause: "timeout", Count: failed / 4}},
		Warnings: []string{"2 requests went over a connection that the server had closed"}}
	m.Total.Service = distribution(n-failed, 19*time.Millisecond/10, 0.62)
	m.Operations = []bench.Tally{tally("browse", n*4/5, 0, 19*time.Millisecond/10, 0.6),
		tally("checkout", n-n*4/5, failed, 5*time.Millisecond, 0.4)}
	s := bench.StageResult{Stage: bench.Stage{ID: "attack", Title: "Attack on 127.0.0.1:8080"}, Common: m, Word: bench.Fail,
		Facts: []bench.Fact{{Name: "common.p50_ns", Value: float64(*m.Total.Response.P50), From: "the attack"},
			{Name: "common.p99_ns", Value: float64(*m.Total.Response.P99), From: "the attack"},
			{Name: "common.failure_ratio", Value: m.Total.FailureRatio(), From: "the attack"}},
		Verdicts: []bench.Verdict{
			verdict("slo-1", "p99<50ms", bench.Pass, "common.p99_ns (10.2 ms) < 50 ms"),
			verdict("slo-2", "failures<0.05%", bench.Fail, "common.failure_ratio (0.08%) < 0.05%")}}
	return bench.Run{Schema: bench.Schema, Tool: "rung 0.1.0", Kind: bench.KindAttack, Seed: 7,
		Started: m.Started, Finished: m.Started.Add(23 * time.Second),
		Endpoint: &bench.Endpoint{Targets: []bench.EndpointTarget{
			{Name: "browse", Method: "GET", URL: "http://127.0.0.1:8080/items?page=1", Weight: 4},
			{Name: "checkout", Method: "POST", URL: "http://127.0.0.1:8080/checkout", Weight: 1, BodyBytes: 812}},
			Hosts: []string{"127.0.0.1:8080"}, Plan: m.Plan, Thresholds: []string{"p99<50ms", "failures<0.05%"},
			Protocol: "HTTP/1.1", Timeout: 5 * time.Second, Connections: 64, Warm: 2 * time.Second},
		Host:        bench.Host{OS: "linux", Arch: "amd64", CPUs: 2, Memory: 8 << 30, CPU: "Example CPU @ 2.60GHz", Go: "go1.26.0"},
		Calibration: bench.Calibration{ClockP50: 58 * time.Microsecond, ClockP99: 240 * time.Microsecond, Ceiling: 14000, LoopbackP50: 92 * time.Microsecond},
		Workload:    bench.Workload{Arrivals: bench.ArrivalsPoisson, Timeout: 5 * time.Second},
		Stages:      []bench.StageResult{s}, Verdict: bench.Fail}
}

// CapacityRun returns a search for the highest rate that one target carries.
func CapacityRun() bench.Run {
	run := Attack()
	run.Kind = bench.KindCapacity
	run.Endpoint.Targets = run.Endpoint.Targets[:1]
	run.Endpoint.Thresholds = []string{"p99<250ms", "failures<0.1%"}
	s := &run.Stages[0]
	s.Common, s.Facts, s.Verdicts = nil, nil, nil
	s.Capacity = capacity(4200, 4500, time.Millisecond, "", "", 1000, 2000, 4000, 4200, 4500, 6000)
	for i := range s.Capacity.Probes {
		s.Capacity.Probes[i].Uses = nil
	}
	s.Capacity.Bottleneck = bench.Bottleneck{}
	s.Capacity.Probes = append(s.Capacity.Probes, bench.Probe{Rate: 12000, Goodput: 9000, Word: bench.Unknown, Why: "the generator was the limit"})
	s.Facts = []bench.Fact{{Name: "capacity_per_s", Value: 4200, From: "highest rate that met the objective"}}
	s.Word, run.Verdict = bench.Pass, bench.Pass
	s.Verdicts = []bench.Verdict{verdict("found", "a rate was found that meets the objective", bench.Pass, "4 200/s passed, 4 500/s did not")}
	return run
}

// Replay returns a run made from the results of another tool, which do not say
// when requests were due.
func Replay() bench.Run {
	run := Attack()
	run.Kind = bench.KindReplay
	run.Calibration = bench.Calibration{}
	run.Endpoint = &bench.Endpoint{Targets: run.Endpoint.Targets[:1], Hosts: run.Endpoint.Hosts, Source: "vegeta, gob"}
	run.Workload = bench.Workload{}
	s := &run.Stages[0]
	s.Common.Plan, s.Common.Generator = "", bench.Generator{}
	s.Common.Operations = nil
	s.Common.Total.Lateness = bench.Distribution{}
	s.Common.Total.Service = s.Common.Total.Response
	s.Verdicts, s.Word, run.Verdict = nil, bench.Unknown, bench.Unknown
	return run
}

// calm are the slices of an attack without a fault.
func calm(n, failed uint64, length time.Duration) []bench.Interval {
	const slice = 500 * time.Millisecond
	count := int(length / slice)
	each, left := n/uint64(count), failed
	var out []bench.Interval
	for i := range count {
		bad := uint64(0)
		if i == count/2 || i == count/2+1 {
			bad = min(left, (failed+1)/2)
			left -= bad
		}
		slow := 1 + 2*math.Exp(-math.Pow(float64(i-count/2), 2)/4)
		out = append(out, bench.Interval{Start: time.Duration(i) * slice, Length: slice, Planned: each, OK: each - bad, Failed: bad,
			P50: ptr(rounded(2e6 * slow)), P99: ptr(rounded(1e7 * slow)), Max: ptr(rounded(2.6e7 * slow))})
	}
	return out
}
