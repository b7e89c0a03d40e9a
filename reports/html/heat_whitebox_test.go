package html

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rung/bench"
)

// Merging cells loses no request, and keeps within its bounds.
func TestHeatKeepsEveryRequest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		edges := rapid.IntRange(1, 60).Draw(t, "edges")
		h := &bench.Heat{Column: time.Duration(rapid.Int64Range(1, 1e9).Draw(t, "column"))}
		at := time.Duration(rapid.Int64Range(0, 1000).Draw(t, "first"))
		for range edges {
			h.Edges = append(h.Edges, at)
			at += time.Duration(rapid.Int64Range(1, 1e6).Draw(t, "step"))
		}
		var sum uint64
		for range rapid.IntRange(1, 300).Draw(t, "columns") {
			var counts []uint64
			for range rapid.IntRange(0, edges).Draw(t, "rows") {
				n := rapid.Uint64Range(0, 3).Draw(t, "n")
				counts = append(counts, n)
				sum += n
			}
			h.Counts = append(h.Counts, counts)
		}
		columns, rows := rapid.IntRange(1, 80).Draw(t, "most columns"), rapid.IntRange(1, 50).Draw(t, "most rows")
		got := heatOf(h, 0, columns, rows)
		if got == nil {
			if sum > 0 {
				t.Fatalf("%d requests and no heat map", sum)
			}
			return
		}
		if len(got.counts) > columns || len(got.y)-1 > rows || len(got.x) != len(got.counts)+1 {
			t.Fatalf("%d columns and %d rows, at most %d and %d", len(got.counts), len(got.y)-1, columns, rows)
		}
		for i := 1; i < len(got.y); i++ {
			if got.y[i] <= got.y[i-1] || got.y[0] <= 0 {
				t.Fatalf("the edges %v do not rise from above zero", got.y)
			}
		}
		var kept, most uint64
		for _, column := range got.counts {
			if len(column) != len(got.y)-1 {
				t.Fatalf("%d counts between %d edges", len(column), len(got.y))
			}
			for _, n := range column {
				kept += n
				most = max(most, n)
			}
		}
		if kept != sum || most != got.most {
			t.Fatalf("%d of %d requests are left, the most in a cell is %d of %d", kept, sum, got.most, most)
		}
	})
}

func TestHeatTakesOnlyWhatItCanDraw(t *testing.T) {
	one := [][]uint64{{1}}
	for name, h := range map[string]*bench.Heat{"none": nil, "no column": {Edges: []time.Duration{1}, Counts: one},
		"no edges": {Column: 1, Counts: one}, "edges that fall": {Column: 1, Edges: []time.Duration{2, 1}, Counts: one},
		"no counts": {Column: 1, Edges: []time.Duration{1}}, "only zeros": {Column: 1, Edges: []time.Duration{1}, Counts: [][]uint64{{0}, {}}},
		"too long for a clock": {Column: math.MaxInt64, Edges: []time.Duration{1}, Counts: [][]uint64{{1}, {1}}}} {
		if got := heatOf(h, 0, 10, 10); got != nil {
			t.Errorf("%s: got %+v", name, got)
		}
	}
	// A row without an end is drawn as tall as the one below it, and says so.
	got := heatOf(&bench.Heat{Column: 1, Edges: []time.Duration{0, 10, 20}, Counts: [][]uint64{{1, 0, 2}}}, 0, 10, 10)
	if got == nil || !got.open || got.y[0] != 5 || got.y[3] != 40 {
		t.Errorf("got %+v", got)
	}
}

func TestHeatBoundsCoverEveryCount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.Uint64Range(1, math.MaxUint64).Draw(t, "most")
		bounds := heatBounds(most)
		if len(bounds) == 0 || len(bounds) > heatSteps || bounds[0] != 1 || bounds[len(bounds)-1] > most && most < 1_000_000_000_000 {
			t.Fatalf("%v for counts of at most %d", bounds, most)
		}
	})
}

func TestErrorsOfABracketAreThoseOfItsEnds(t *testing.T) {
	cases := []struct {
		o    opinion
		of   float64
		want string
	}{
		{opinion{fact: capacityFact, low: 394, high: 453}, 379.4, "+3.8% to +19%"},
		// The search starts at the estimate: an error of nothing is only one end.
		{opinion{fact: capacityFact, low: 400, high: 432}, 400, "±0.0% to +8.0%"},
		{opinion{fact: capacityFact, low: 380}, 400, "−5.0% or more"},
		{opinion{fact: capacityFact}, 400, "–"},
		{opinion{fact: "common.p50_ns", low: 9e6, high: 9e6}, 1e7, "−10%"},
		{opinion{fact: "common.p50_ns", low: 9e6, high: 9e6}, 0, "–"},
	}
	for _, c := range cases {
		if got := c.o.errorText(c.of); got != c.want {
			t.Errorf("%+v over %v: got %s, want %s", c.o, c.of, got, c.want)
		}
	}
	all := []opinion{{fact: capacityFact, low: 400, high: 432, estimate: &bench.Estimate{Value: 400}},
		{fact: capacityFact, low: 90, high: 99, estimate: &bench.Estimate{Value: 100}},
		{fact: capacityFact, low: 90, high: 99, estimate: &bench.Estimate{Value: 1, Outside: "not modelled"}},
		{fact: capacityFact, low: 90, estimate: &bench.Estimate{Value: 1}}}
	if got, want := agreement(all), "Median absolute error of the estimates: 9.0% for capacity (to the far end of the bracket) over 2 stages."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
