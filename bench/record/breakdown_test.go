package record_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rung/bench"
	"rung/bench/record"
)

func TestBreakdown(t *testing.T) {
	// Response n ms: 1 ms late, n-3 ms in the database, the rest unnamed.
	const n = 2000
	p := constant(t, n, time.Second)
	var samples []bench.Sample
	for i := range n {
		response := time.Duration(i+4) * time.Millisecond
		samples = append(samples, bench.Sample{
			Seq: uint64(i), Sent: time.Millisecond, Done: response, Code: 200,
			ServerTiming: fmt.Sprintf(`db;dur=%d, lb-cpu;dur=0.5, upstream;dur=%d, db-miss;desc="1"`, i+1, i+2),
		})
	}
	m := recordAll(record.Config{Operations: []string{"get"}, Plan: p}, samples)
	if len(m.Breakdown) != 2 {
		t.Fatalf("breakdown is %+v", m.Breakdown)
	}
	for i, c := range []struct {
		quantile float64
		center   time.Duration
		requests int
	}{
		{0.5, 1003 * time.Millisecond, 101},
		{0.99, 1983 * time.Millisecond, 41}, // 20 above it are all there are
	} {
		b := m.Breakdown[i]
		db := c.center - 3*time.Millisecond
		want := []bench.Part{{Name: "late", Time: time.Millisecond}, {Name: "db", Time: db},
			{Name: "lb-cpu", Time: 500 * time.Microsecond}, {Name: "rest", Time: 1500 * time.Microsecond}}
		if b.Quantile != c.quantile || b.Response != c.center || b.Requests != c.requests || fmt.Sprint(b.Parts) != fmt.Sprint(want) {
			t.Errorf("breakdown is %+v, want parts %v", b, want)
		}
	}
	if len(m.Warnings) > 0 {
		t.Errorf("warnings are %q", m.Warnings)
	}
}

// Parts are never negative and add up to the response time, whatever the
// servers say.
func TestBreakdownAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := constant(t, 100, time.Second)
		m := recordAll(record.Config{Operations: operations, Plan: p, Timeout: time.Second},
			answers(p, p.Count()).Draw(t, "samples"))
		for _, b := range m.Breakdown {
			sum := time.Duration(0)
			for _, part := range b.Parts {
				if part.Time < 0 {
					t.Fatalf("part below zero: %+v", b)
				}
				sum += part.Time
			}
			if sum != b.Response || b.Requests < 10 {
				t.Fatalf("parts add up to %v: %+v", sum, b)
			}
		}
	})
}

// Server timings that exceed the service time are scaled, and said.
func TestExcessiveTimings(t *testing.T) {
	p := constant(t, 100, time.Second)
	var samples []bench.Sample
	for i := range 100 {
		samples = append(samples, bench.Sample{Seq: uint64(i), Done: 10 * time.Millisecond, Code: 200,
			ServerTiming: "a;dur=15, b;dur=5"})
	}
	m := recordAll(record.Config{Operations: []string{"get"}, Plan: p}, samples)
	b := m.Breakdown[0]
	if b.Parts[1].Time != 7500*time.Microsecond || b.Parts[2].Time != 2500*time.Microsecond {
		t.Errorf("parts are %+v", b.Parts)
	}
	if len(m.Warnings) != 1 || !strings.Contains(m.Warnings[0], "exceed") {
		t.Errorf("warnings are %q", m.Warnings)
	}
}

// The reservoir stays bounded and still finds the middle.
func TestBreakdownOfMany(t *testing.T) {
	const n = 50_000
	p := constant(t, n, time.Second)
	r := record.New(record.Config{Operations: []string{"get"}, Plan: p})
	for i := range n {
		r.Record(&bench.Sample{Seq: uint64(i), Done: time.Duration(i) * time.Microsecond, Code: 200})
	}
	m := r.Finish(bench.Generator{})
	for i, want := range []float64{25_000, 49_500} {
		b := m.Breakdown[i]
		// 4096 of 50000: the standard error of the median's rank is 1.6% of
		// the half, that of the p99's 0.2% of all.
		if off := b.Response.Seconds()*1e6 - want; off > 2000 || off < -2000 || b.Requests > 410 {
			t.Errorf("breakdown at %v is of %v and %d requests, want about %v us", b.Quantile, b.Response, b.Requests, want)
		}
	}
}
