package run

import (
	"testing"
	"time"

	"rung/bench"
	"rung/bench/search"
)

func TestBottleneckIsTheBusiestGroup(t *testing.T) {
	uses := []bench.Use{
		{Node: "lb", Resource: "cpu", Ratio: 0.1},
		{Node: "web-1", Resource: "cpu", Ratio: 0.95}, {Node: "web-2", Resource: "cpu", Ratio: 0.35},
		{Node: "db", Resource: "disk", Ratio: 0.8},
	}
	if got := bottleneck(uses); got.String() != "db/disk" || got.Use != 0.8 {
		t.Errorf("got %+v, want db/disk at 0.8: the web group's mean is 0.65", got)
	}
	if got := bottleneck(nil); got.String() != "" {
		t.Errorf("nothing measured gives %v", got)
	}
}

func TestMiddleOfABracket(t *testing.T) {
	for _, row := range []struct {
		name string
		c    bench.Capacity
		want float64
	}{
		{"both ends", bench.Capacity{Passed: 100, Failed: 110}, 105},
		{"nothing failed", bench.Capacity{Passed: 100}, 100},
		{"nothing passed", bench.Capacity{Failed: 110}, 110},
		{"nothing tried", bench.Capacity{}, 0},
	} {
		if got, _ := middle(row.c); got != row.want {
			t.Errorf("%s: got %v, want %v", row.name, got, row.want)
		}
	}
}

// every is a plan with one request each 10 ms.
type every struct{ count uint64 }

func (e every) At(n uint64) time.Duration { return time.Duration(n) * 10 * time.Millisecond }
func (e every) Count() uint64             { return e.count }
func (e every) Duration() time.Duration   { return e.At(e.count) }
func (e every) String() string            { return "one each 10 ms" }

func ms(values ...int) []time.Duration {
	out := make([]time.Duration, len(values))
	for i, v := range values {
		out[i] = time.Duration(v) * time.Millisecond
	}
	return out
}

func TestRecoveredIsTheFirstQuietSpan(t *testing.T) {
	for _, row := range []struct {
		name   string
		failed []time.Duration
		want   time.Duration // -1: not at all
		none   bool
	}{
		{"no failure", nil, 0, true},
		{"failures long before the kill do not count", ms(300, 790), 0, true},
		{"what was under way at the kill counts as of then", ms(810, 990), 0, false},
		{"under way at the kill, and after it", ms(990, 1300), 300 * time.Millisecond, false},
		{"one outage", ms(1000, 1200, 1400, 1600), 600 * time.Millisecond, false},
		{"out of order", ms(1600, 1000, 1400, 1200), 600 * time.Millisecond, false},
		{"a short quiet span is not recovery", ms(1000, 1400, 1800), 800 * time.Millisecond, false},
		{"a late failure after recovery", ms(1000, 2000), 0, false},
		{"still failing at the end", ms(1000, 1300, 1600, 1900, 2200, 2500, 2800), -1, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, none := recovered(&seen{plan: every{300}}, row.failed, time.Second, 200*time.Millisecond)
			switch {
			case row.want < 0:
				if got != nil {
					t.Errorf("got %v, want none", *got)
				}
			case got == nil || *got != row.want || none != row.none:
				t.Errorf("got %v, none %t; want %v, %t", got, none, row.want, row.none)
			}
		})
	}
}

func TestAvailabilityCountsPlannedRequestsOfTheWindow(t *testing.T) {
	o := &seen{plan: every{300}, failed: ms(990, 1000, 1500, 1990, 2000)}
	if got, ok := availability(o, time.Second, 2*time.Second); got != 0.97 || !ok {
		t.Errorf("3 of 100 failed, availability is %v", got)
	}
	if got, ok := availability(o, time.Second, time.Second); ok {
		t.Errorf("a window without requests has availability %v", got)
	}
}

func TestProbeIsJudgedByCounting(t *testing.T) {
	s := &session{cfg: Config{Workload: bench.Workload{SLO: bench.SLO{Quantile: 0.99, Latency: 400 * time.Millisecond, Failures: 0.01}}}}
	for _, row := range []struct {
		name                    string
		planned, failed, unsent uint64
		slow, served, emulated  uint64
		use                     float64
		limited, crowded        string
		want                    bench.Word
	}{
		{"all well", 1000, 0, 0, 0, 0, 0, 0, "", "", bench.Pass},
		{"just well", 1000, 0, 0, 10, 10, 0, 0, "", "", bench.Pass},
		{"too many slow", 1000, 0, 0, 11, 11, 0, 0, "", "", bench.Fail},
		{"slow because late", 1000, 0, 0, 11, 10, 0, 0, "", "", bench.Unknown},
		{"failures count as slow", 1000, 11, 0, 11, 11, 0, 0, "", "", bench.Fail},
		{"unsent count", 1000, 0, 11, 0, 0, 0, 0, "", "", bench.Fail},
		{"too few requests", 499, 0, 0, 0, 0, 0, 0, "", "", bench.Unknown},
		{"the generator was the limit", 1000, 0, 0, 0, 0, 0, 0, "late", "", bench.Unknown},
		{"met on a busy machine", 1000, 0, 0, 10, 10, 0, 0.9, "", "too many cores", bench.Pass},
		{"a full disk on a busy machine", 1000, 0, 0, 11, 11, 0, 0.98, "", "too many cores", bench.Fail},
		{"a full disk before its queue is long", 1000, 0, 0, 0, 0, 0, 0.98, "", "", bench.Fail},
		{"slow on a busy machine", 1000, 0, 0, 11, 11, 10, 0.9, "", "too many cores", bench.Unknown},
		{"failures on a busy machine", 1000, 11, 0, 11, 11, 0, 0.9, "", "too many cores", bench.Unknown},
		{"slow by emulation on a busy machine", 1000, 0, 0, 11, 11, 11, 0.9, "", "too many cores", bench.Fail},
		{"slow by emulation, sent late", 1000, 0, 0, 11, 11, 11, 0.9, "late", "", bench.Unknown},
	} {
		t.Run(row.name, func(t *testing.T) {
			o := &seen{slow: row.slow, served: row.served, emulated: row.emulated, uses: []bench.Use{{Node: "db", Resource: "disk", Ratio: row.use}}, crowded: row.crowded, measurement: bench.Measurement{Total: bench.Tally{Planned: row.planned, Failed: row.failed, Unsent: row.unsent},
				Generator: bench.Generator{Limited: row.limited}}}
			if got := s.probe(100, o); got.Word != row.want {
				t.Errorf("got %s (%s), want %s", got.Word, got.Why, row.want)
			}
		})
	}
}

func TestCrowdedCountsNodesAndHarness(t *testing.T) {
	for _, row := range []struct {
		name          string
		own, all, cpu time.Duration // all and own over 10 s, cpu over 5 s
		computer      time.Duration // over 10 s
		cpus          int
		want          bool
	}{
		{"half of two cores", 4 * time.Second, 4 * time.Second, 3 * time.Second, 0, 2, false},
		{"more than half of two cores", 4 * time.Second, 4 * time.Second, 4 * time.Second, 0, 2, true},
		{"the same on eight", 4 * time.Second, 4 * time.Second, 4 * time.Second, 0, 8, false},
		{"three quarters, with neighbours", 4 * time.Second, 9 * time.Second, 3 * time.Second, 0, 2, false},
		{"more, with neighbours", 4 * time.Second, 10 * time.Second, 3 * time.Second, 0, 2, true},
		{"others leave enough", 4 * time.Second, 4 * time.Second, 3 * time.Second, 17 * time.Second, 2, false},
		{"others do not", 4 * time.Second, 4 * time.Second, 3 * time.Second, 18 * time.Second, 2, true},
	} {
		nodes := watched{own: row.own, processCPU: row.all, computer: row.computer, wall: 10 * time.Second}
		got := crowded(nodes, bench.Generator{CPU: row.cpu, Wall: 5 * time.Second}, row.cpus)
		if (got != "") != row.want {
			t.Errorf("%s: %q", row.name, got)
		}
	}
}

// TestNobodyIsAlwaysBusyAndKeepsUp: a probe that meets the objective while a
// resource has no time left has not lasted long enough.
func TestNobodyIsAlwaysBusyAndKeepsUp(t *testing.T) {
	s := &session{cfg: Config{Workload: bench.Workload{SLO: bench.SLO{Quantile: 0.99, Latency: 400 * time.Millisecond, Failures: 0.01}}}}
	for use, want := range map[float64]bench.Word{0.5: bench.Pass, 0.97: bench.Pass, 0.99: bench.Fail, 1.05: bench.Fail} {
		o := &seen{uses: []bench.Use{{Node: "web", Resource: "cpu", Ratio: 0.3}, {Node: "db", Resource: "disk", Ratio: use}},
			measurement: bench.Measurement{Total: bench.Tally{Planned: 1000}}}
		if got := s.probe(100, o); got.Word != want {
			t.Errorf("a disk that is %v used: %s (%s), want %s", use, got.Word, got.Why, want)
		}
	}
}

func TestWideBrackets(t *testing.T) {
	for _, row := range []struct {
		passed, failed float64
		want           bool
	}{{100, 108, false}, {100, 112, false}, {100, 113, true}, {100, 0, false}, {0, 100, false}} {
		if got := wide(&search.Bracket{Passed: row.passed, Failed: row.failed, Width: 0.08}); got != row.want {
			t.Errorf("from %v to %v: wide %t", row.passed, row.failed, got)
		}
	}
}

// TestWideBracketFailsNoEstimate: the middle of a bracket that is too wide may
// hold an estimate, but cannot refute it.
func TestWideBracketFailsNoEstimate(t *testing.T) {
	for _, row := range []struct {
		passed, failed float64
		want           bench.Word
	}{{1046, 1383, bench.Unknown}, {850, 1100, bench.Pass}, {1200, 1290, bench.Fail}} {
		s := &session{cfg: Config{Profile: bench.Profile{Width: 0.08}}, facts: bench.Facts{}}
		s.capacityFacts("", bench.Capacity{Passed: row.passed, Failed: row.failed})
		p := bench.Prediction{Estimates: []bench.Estimate{{Fact: "capacity_per_s", Value: 973, Tolerance: 0.15}}}
		if got := bench.Judge(nil, p, s.facts)[0]; got.Word != row.want {
			t.Errorf("%v to %v: %s %v", row.passed, row.failed, got.Word, got.Evidence)
		}
	}
}
