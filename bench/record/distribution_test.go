package record_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rung/bench"
	"rung/bench/record"
)

// distribution records response times as they are.
func distribution(t interface{ Fatal(...any) }, values []time.Duration) bench.Distribution {
	p := constant(t, len(values), time.Second)
	samples := make([]bench.Sample, len(values))
	for i, v := range values {
		samples[i] = bench.Sample{Seq: uint64(i), Done: v, Code: 200}
	}
	return recordAll(record.Config{Operations: []string{"get"}, Plan: p}, samples).Total.Response
}

// A quantile is named only when ten samples lie beyond it.
func TestQuantilesNeedTenBeyond(t *testing.T) {
	for _, c := range []struct {
		count int
		named []bool // p50, p90, p95, p99, p999
	}{
		{1, []bool{false, false, false, false, false}},
		{19, []bool{false, false, false, false, false}},
		{20, []bool{true, false, false, false, false}},
		{99, []bool{true, false, false, false, false}},
		{100, []bool{true, true, false, false, false}},
		{200, []bool{true, true, true, false, false}},
		{999, []bool{true, true, true, false, false}},
		{1000, []bool{true, true, true, true, false}},
		{9999, []bool{true, true, true, true, false}},
		{10000, []bool{true, true, true, true, true}},
	} {
		values := make([]time.Duration, c.count)
		for i := range values {
			values[i] = time.Duration(i+1) * time.Microsecond
		}
		d := distribution(t, values)
		for i, q := range []*time.Duration{d.P50, d.P90, d.P95, d.P99, d.P999} {
			if (q != nil) != c.named[i] {
				t.Errorf("%d samples: quantile %d is %v, want named %v", c.count, i, q, c.named[i])
			}
		}
	}
}

// A quantile is the sample of its rank to three digits; extremes and mean are
// exact; nothing is above the maximum.
func TestDistribution(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		raw := rapid.SliceOfN(rapid.Int64Range(0, 60e9), 1, 1500).Draw(t, "values")
		values := make([]time.Duration, len(raw))
		sum := time.Duration(0)
		for i, v := range raw {
			values[i] = time.Duration(v)
			sum += values[i]
		}
		d := distribution(t, values)
		slices.Sort(values)
		n := len(values)
		if d.Count != uint64(n) || d.Min != values[0] || d.Max != values[n-1] || d.Mean != sum/time.Duration(n) {
			t.Fatalf("distribution is %+v", d)
		}
		last := time.Duration(0)
		for _, c := range []struct {
			q   float64
			got *time.Duration
		}{{0.5, d.P50}, {0.9, d.P90}, {0.95, d.P95}, {0.99, d.P99}, {0.999, d.P999}} {
			if c.got == nil {
				continue
			}
			want := values[int(math.Ceil(c.q*float64(n)-1e-6))-1]
			// Three digits, or one bucket of a microsecond.
			if math.Abs(float64(*c.got-want)) > 1e-3*float64(want)+1000 {
				t.Fatalf("quantile %v is %v, want %v", c.q, *c.got, want)
			}
			if *c.got < last || *c.got > d.Max {
				t.Fatalf("quantile %v is %v, after %v, maximum %v", c.q, *c.got, last, d.Max)
			}
			last = *c.got
		}
		checkCurve(t, d, values)
	})
}

func checkCurve(t *rapid.T, d bench.Distribution, sorted []time.Duration) {
	if len(d.Curve) == 0 || len(d.Curve) > 100 {
		t.Fatalf("curve has %d points", len(d.Curve))
	}
	before := bench.Point{Quantile: -1, Beyond: math.MaxUint64}
	for _, p := range d.Curve {
		if p.Quantile <= before.Quantile || p.Quantile > 1 || p.Value < before.Value || p.Beyond > before.Beyond {
			t.Fatalf("curve turns: %+v after %+v", p, before)
		}
		// Beyond counts samples above the value, or in its bucket.
		strictly := uint64(0)
		for _, v := range sorted {
			if v > p.Value+p.Value/1000+1000 {
				strictly++
			}
		}
		if p.Beyond < strictly {
			t.Fatalf("point %+v has %d samples far above it", p, strictly)
		}
		before = p
	}
	if before.Quantile != 1 || before.Value != d.Max || before.Beyond != 0 {
		t.Fatalf("curve ends at %+v, maximum %v", before, d.Max)
	}
}
