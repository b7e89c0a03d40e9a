package run

import (
	"math"
	"testing"
	"time"

	"rung/bench"
	"rung/targets"
)

func TestStaleReadIsOneThatAnAcknowledgedEditHadReplaced(t *testing.T) {
	at := func(s int) time.Time { return time.Unix(int64(s), 0) }
	h := history{acked: []time.Time{at(10), {}, at(30)}} // version 2 was never acknowledged
	for _, row := range []struct {
		name string
		saw  int
		sent int
		want time.Time // zero: fresh
	}{
		{"before any edit was acknowledged", 0, 9, time.Time{}},
		{"at the very moment", 0, 10, time.Time{}},
		{"the first edit had replaced it", 0, 11, at(10)},
		{"the newest at the time", 1, 29, time.Time{}},
		{"one edit behind", 1, 31, at(30)},
		{"an edit that was not acknowledged but is seen", 2, 29, time.Time{}},
		{"that one again, later", 2, 31, at(30)},
		{"newest", 3, 40, time.Time{}},
		{"newer than anything acknowledged", 4, 40, time.Time{}},
	} {
		if got, ok := h.replaced(row.saw, at(row.sent)); !got.Equal(row.want) || ok == row.want.IsZero() {
			t.Errorf("%s: replaced at %v, %t; want %v", row.name, got, ok, row.want)
		}
	}
}

func TestPartsOfATakeoverAddUp(t *testing.T) {
	at := func(ms int) time.Time { return time.Unix(0, 0).Add(time.Duration(ms) * time.Millisecond) }
	whole := takeover{detected: at(1500), decided: at(1510), promoted: at(1530)}
	parts := whole.parts(at(100), at(1600))
	sum := time.Duration(0)
	for i, p := range parts {
		if p == nil {
			t.Fatalf("part %d is missing", i)
		}
		sum += *p
	}
	if sum != 1500*time.Millisecond || *parts[0] != 1400*time.Millisecond || *parts[3] != 70*time.Millisecond {
		t.Errorf("parts %v %v %v %v", *parts[0], *parts[1], *parts[2], *parts[3])
	}
	if parts := whole.parts(at(100), time.Time{}); parts[2] == nil || parts[3] != nil {
		t.Error("nobody was served, but the convergence is known")
	}
	if parts := (takeover{decided: at(5)}).parts(at(0), at(9)); parts[0] != nil || parts[1] != nil {
		t.Error("parts after one that was not observed have no beginning")
	}
}

func TestQuantileOfAHistogram(t *testing.T) {
	h := targets.Histogram{Bounds: []float64{10, 20, 50}, Counts: []int64{50, 40, 9, 1}}
	for q, want := range map[float64]float64{0.25: 5, 0.5: 10, 0.7: 15, 0.9: 20, 0.99: 50, 1: 50} {
		if got := quantileOf(h, q); math.Abs(got-want) > 1e-9 {
			t.Errorf("quantile %v is %v, want %v", q, got, want)
		}
	}
}

func TestQuantileOfWholeNumbers(t *testing.T) {
	h := targets.Histogram{Bounds: []float64{0, 1, 2}, Counts: []int64{60, 39, 1, 0}}
	for q, want := range map[float64]float64{0.5: 0, 0.7: 1, 0.99: 1, 1: 2} {
		if got := quantileOf(h, q); got != want {
			t.Errorf("quantile %v is %v, want %v", q, got, want)
		}
	}
}

func TestBarsOfAHistogram(t *testing.T) {
	h := targets.Histogram{}
	for i := range 100 {
		h.Bounds, h.Counts = append(h.Bounds, float64(i)*1e6), append(h.Counts, 0)
	}
	h.Counts = append(h.Counts, 7)
	h.Counts[30], h.Counts[60] = 3, 4
	f := bench.Figure{Series: make([]bench.Series, 1)}
	bars(&f, h, bench.UnitNs)
	sum := 0.0
	for _, p := range f.Series[0].Points {
		sum += *p.Y
	}
	names := f.X.Names
	if sum != 14 || len(names) > mostBars || len(names) != len(f.Series[0].Points) || names[0] != "34ms" || names[len(names)-1] != "more" {
		t.Errorf("%v in bars %v", sum, names)
	}
	f = bench.Figure{Series: make([]bench.Series, 1)}
	bars(&f, targets.Histogram{Bounds: []float64{1, 2}, Counts: []int64{0, 5, 0}}, "")
	if len(f.X.Names) != 1 || f.X.Names[0] != "2" {
		t.Errorf("bars %v", f.X.Names)
	}
}

func TestHistogramsGrowBetweenReadings(t *testing.T) {
	reading1 := func(counts ...int64) reading {
		return reading{nodes: map[string]targets.Metrics{"db-2": {Histograms: map[string]map[string]targets.Histogram{
			"db-2": {"lag": {Bounds: []float64{1, 2}, Counts: counts}}}}}}
	}
	if got := grown(reading1(1, 2, 3), reading1(2, 2, 7), "lag"); got.Counts[0] != 1 || got.Counts[1] != 0 || got.Counts[2] != 4 {
		t.Errorf("grown by %v", got.Counts)
	}
	// A node that was restarted counts anew.
	if got := grown(reading1(9, 9, 9), reading1(1, 0, 0), "lag"); got.Counts[0] != 0 || got.Counts[2] != 0 {
		t.Errorf("after a restart grown by %v", got.Counts)
	}
}

func TestCacheOutcome(t *testing.T) {
	for header, want := range map[string]string{
		`web-cpu;dur=3, cache;desc="hit", cache-net;dur=0.5`: "hit",
		`cache;desc="miss"`: "miss", `web-cpu;dur=3`: "", ``: "",
	} {
		if got := cacheOutcome(header); got != want {
			t.Errorf("%s: %q, want %q", header, got, want)
		}
	}
}

func TestMedian(t *testing.T) {
	if got := median([]float64{3, 1, 2}); got != 2 {
		t.Errorf("median of three is %v", got)
	}
	if got := median([]float64{4, 1, 2, 3}); got != 2.5 {
		t.Errorf("median of four is %v", got)
	}
}
