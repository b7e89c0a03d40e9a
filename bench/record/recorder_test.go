package record_test

import (
	"bytes"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rung/bench"
	"rung/bench/plan"
	"rung/bench/record"
)

func recordAll(cfg record.Config, samples []bench.Sample) bench.Measurement {
	r := record.New(cfg)
	for i := range samples {
		r.Record(&samples[i])
	}
	return r.Finish(bench.Generator{})
}

// Every sample is counted once, in its operation, in the total and in the
// interval in which it was due; what was planned and not seen is unsent.
func TestNothingIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		count := rapid.IntRange(1, 60).Draw(t, "count")
		p := constant(t, count, time.Duration(rapid.Int64Range(1e6, 1e10).Draw(t, "duration")))
		sent := rapid.Uint64Range(0, p.Count()).Draw(t, "sent")
		samples := answers(p, sent).Draw(t, "samples")
		m := recordAll(record.Config{
			Operations: operations, Plan: p, Timeout: time.Second, Interval: 100 * time.Millisecond,
			Operation: func(n uint64) int { return int(n % 3) },
		}, samples)

		sum := bench.Tally{Operation: "total"}
		for _, op := range m.Operations {
			checkTally(t, op)
			sum.Planned, sum.Sent, sum.Unsent = sum.Planned+op.Planned, sum.Sent+op.Sent, sum.Unsent+op.Unsent
			sum.OK, sum.Failed = sum.OK+op.OK, sum.Failed+op.Failed
			sum.Refused, sum.LoggedOut = sum.Refused+op.Refused, sum.LoggedOut+op.LoggedOut
		}
		checkTally(t, m.Total)
		got := m.Total
		got.Response, got.Service, got.Lateness, got.Failures = sum.Response, sum.Service, sum.Lateness, sum.Failures
		if !reflect.DeepEqual(got, sum) || got.Planned != p.Count() || got.Sent != sent {
			t.Fatalf("total is %+v, sum of operations %+v, planned %d, sent %d", got, sum, p.Count(), sent)
		}
		var planned, seen, unsent uint64
		for _, v := range m.Intervals {
			planned, unsent = planned+v.Planned, unsent+v.Unsent
			seen += v.OK + v.Failed + v.Refused + v.LoggedOut
			if v.Planned != v.OK+v.Failed+v.Refused+v.LoggedOut+v.Unsent {
				t.Fatalf("interval does not add up: %+v", v)
			}
			if (v.P50 == nil) != (v.OK+v.LoggedOut == 0) && !slices.ContainsFunc(m.Warnings, isStraggler) {
				t.Fatalf("interval has a p50 or has not: %+v", v)
			}
			if v.P50 != nil && (*v.P50 > *v.P99 || *v.P99 > *v.Max) {
				t.Fatalf("interval quantiles fall: %v %v %v", *v.P50, *v.P99, *v.Max)
			}
		}
		if planned != p.Count() || seen != sent || unsent != p.Count()-sent {
			t.Fatalf("intervals hold %d planned, %d seen, %d unsent", planned, seen, unsent)
		}
		var failed uint64
		for _, e := range m.Errors {
			failed += e.Count
		}
		if failed != m.Total.Failed {
			t.Fatalf("error groups hold %d of %d failures", failed, m.Total.Failed)
		}
	})
}

func isStraggler(warning string) bool { return strings.Contains(warning, "too late") }

func checkTally(t *rapid.T, v bench.Tally) {
	if v.Planned != v.Sent+v.Unsent || v.Sent != v.OK+v.Failed+v.Refused+v.LoggedOut {
		t.Fatalf("tally does not add up: %+v", v)
	}
	answered := v.OK + v.LoggedOut
	if v.Response.Count != answered || v.Service.Count != answered || v.Lateness.Count != answered || v.Failures.Count != v.Failed {
		t.Fatalf("histograms do not hold the samples: %+v", v)
	}
}

// Recording by operation and merging is the same as recording all as one.
func TestMergeEqualsRecordingAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := constant(t, 40, time.Second)
		samples := answers(p, p.Count()).Draw(t, "samples")
		split := recordAll(record.Config{Operations: operations, Plan: p, Timeout: time.Second}, samples)
		for i := range samples {
			samples[i].Operation = 0
		}
		one := recordAll(record.Config{Operations: []string{"all"}, Plan: p, Timeout: time.Second}, samples)
		if !reflect.DeepEqual(split.Total, one.Total) {
			t.Fatalf("merged %+v, as one %+v", split.Total, one.Total)
		}
		if !reflect.DeepEqual(split.Intervals, one.Intervals) {
			t.Fatal("intervals differ")
		}
	})
}

func TestGoodput(t *testing.T) {
	p := constant(t, 10, time.Second)
	for _, c := range []struct {
		name    string
		done    time.Duration // of the last
		code    int
		outcome bench.Outcome
		want    float64
	}{
		{"all within the plan", time.Second, 200, bench.OK, 10},
		{"an answer after the plan", 2 * time.Second, 200, bench.OK, 9},
		{"a failure", time.Second, 503, bench.Failed, 9},
		{"logged out is no goodput", time.Second, 401, bench.LoggedOut, 9},
	} {
		var samples []bench.Sample
		for n := range p.Count() {
			samples = append(samples, bench.Sample{Seq: n, Intended: p.At(n), Sent: p.At(n), Done: p.At(n) + 1, Code: 200})
		}
		last := &samples[9]
		last.Done, last.Code, last.Outcome = c.done, c.code, c.outcome
		m := recordAll(record.Config{Operations: []string{"get"}, Plan: p}, samples)
		if m.Goodput != c.want || m.Rate != 10 {
			t.Errorf("%s: goodput %v of %v, want %v of 10", c.name, m.Goodput, m.Rate, c.want)
		}
	}
}

func TestUnsentByOperation(t *testing.T) {
	p := constant(t, 10, time.Second)
	sample := []bench.Sample{{Seq: 0, Code: 200, Done: 1}}
	known := recordAll(record.Config{Operations: operations, Plan: p, Operation: func(n uint64) int { return int(n % 2) }}, sample)
	if known.Operations[0].Unsent != 4 || known.Operations[1].Unsent != 5 || known.Total.Unsent != 9 {
		t.Errorf("unsent are %d, %d of %d", known.Operations[0].Unsent, known.Operations[1].Unsent, known.Total.Unsent)
	}
	unknown := recordAll(record.Config{Operations: operations, Plan: p}, sample)
	if unknown.Operations[0].Unsent != 0 || unknown.Total.Unsent != 9 || unknown.Total.Planned != 10 {
		t.Errorf("unsent are %+v", unknown.Total)
	}
	text := strings.Join(unknown.Warnings, "\n")
	if !strings.Contains(text, "9 of 10") || !strings.Contains(text, "not counted by operation") {
		t.Errorf("warnings are %q", text)
	}
	none := recordAll(record.Config{Operations: operations, Plan: p}, nil)
	if none.Total.Unsent != 10 || none.Goodput != 0 || none.Total.Response.P50 != nil || none.Breakdown != nil {
		t.Errorf("a measurement of nothing is %+v", none)
	}
}

// A long attack gets longer intervals, not more of them.
func TestIntervalsAreBounded(t *testing.T) {
	p, err := plan.Constant(0.01, 20*24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	m := recordAll(record.Config{Operations: operations, Plan: p, Interval: 100 * time.Millisecond}, nil)
	if len(m.Intervals) > 3600 || len(m.Intervals) < 1800 {
		t.Errorf("%d intervals", len(m.Intervals))
	}
	last := m.Intervals[len(m.Intervals)-1]
	if last.Start+last.Length != p.Duration() {
		t.Errorf("the last interval ends at %v of %v", last.Start+last.Length, p.Duration())
	}
}

// A request that ends after its interval was closed is counted, and said.
func TestStragglers(t *testing.T) {
	p := constant(t, 100, 10*time.Second)
	var samples []bench.Sample
	for n := range p.Count() {
		samples = append(samples, bench.Sample{Seq: n, Intended: p.At(n), Sent: p.At(n), Done: p.At(n) + time.Millisecond, Code: 200})
	}
	late := samples[0]
	late.Done = 9 * time.Second
	var log bytes.Buffer
	cfg := record.Config{Operations: operations, Plan: p, Timeout: time.Second, Log: &log}
	m := recordAll(cfg, append(samples[1:], late))
	first := m.Intervals[0]
	if first.OK != 10 || first.Unsent != 0 || *first.Max != 9*time.Second || *first.P99 > 2*time.Millisecond {
		t.Errorf("first interval is %+v", first)
	}
	if !slices.ContainsFunc(m.Warnings, isStraggler) {
		t.Errorf("warnings are %q", m.Warnings)
	}
	if got := readLog(t, &log); got[""].TotalCount() != 100 {
		t.Errorf("the log holds %d of 100 samples", got[""].TotalCount())
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("disk is full") }

func TestLogErrorIsAWarning(t *testing.T) {
	p := constant(t, 10, time.Second)
	m := recordAll(record.Config{Operations: operations, Plan: p, Log: broken{}}, []bench.Sample{{Code: 200}})
	if len(m.Warnings) == 0 || !strings.Contains(m.Warnings[len(m.Warnings)-1], "disk is full") {
		t.Errorf("warnings are %q", m.Warnings)
	}
}

func TestGeneratorLimitIsAWarning(t *testing.T) {
	r := record.New(record.Config{Operations: operations, Plan: constant(t, 1, time.Second)})
	r.Record(&bench.Sample{Code: 200})
	m := r.Finish(bench.Generator{Limited: "too few workers"})
	if len(m.Warnings) != 1 || !strings.Contains(m.Warnings[0], "too few workers") || m.Generator.Limited == "" {
		t.Errorf("warnings are %q", m.Warnings)
	}
}

// Times beyond the histogram's range are counted at its end, and said; the
// exact maximum stays.
func TestClamped(t *testing.T) {
	p := constant(t, 1, time.Second)
	m := recordAll(record.Config{Operations: operations, Plan: p, Timeout: time.Second},
		[]bench.Sample{{Code: 200, Done: 5 * time.Minute}})
	if m.Total.Response.Max != 5*time.Minute || m.Total.Response.Count != 1 || len(m.Warnings) != 1 {
		t.Errorf("response is %+v, warnings %q", m.Total.Response, m.Warnings)
	}
}

func BenchmarkRecord(b *testing.B) {
	for _, log := range []bool{false, true} {
		name := "log=off"
		if log {
			name = "log=on"
		}
		b.Run(name, func(b *testing.B) {
			p, err := plan.Constant(10_000, time.Hour)
			if err != nil {
				b.Fatal(err)
			}
			cfg := record.Config{Operations: operations, Plan: p, Timeout: 5 * time.Second}
			if log {
				cfg.Log = &bytes.Buffer{}
			}
			r := record.New(cfg)
			var s bench.Sample
			b.ReportAllocs()
			for n := uint64(0); b.Loop(); n++ {
				at := p.At(n)
				s = bench.Sample{
					Seq: n, Operation: int(n % 3), Intended: at, Sent: at + 50_000,
					Done: at + 50_000 + time.Duration(n*2654435761%10_000_000), Code: 200,
					ServerTiming: "web-queue;dur=0.1, web-cpu;dur=2",
				}
				r.Record(&s)
			}
		})
	}
}
