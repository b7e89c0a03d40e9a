package theory_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"rung/bench/theory"
)

// Section 4.7, fan-out.
func TestVectorsOfFanOut(t *testing.T) {
	for _, row := range []struct {
		p    float64
		n    int
		want float64
	}{
		{0.01, 5, 0.049010}, {0.01, 10, 0.095618}, {0.01, 100, 0.633968},
		{1e-4, 2000, 0.181277}, // printed as 0.181274; 2000 ln 0.9999 = -0.20001000067
	} {
		near(t, "P(any slow)", theory.AnySlow(row.p, row.n), row.want, 5e-7)
	}
	for n, want := range map[int]float64{10: 0.99899547, 100: 0.99989950, 1000: 0.99998995} {
		near(t, "leaf quantile", theory.LeafQuantile(0.99, n), want, 5e-9)
		near(t, "and back", theory.AnySlow(1-theory.LeafQuantile(0.99, n), n), 0.01, 1e-12)
	}
	for n, want := range map[int]float64{2: 1.5, 5: 2.283333, 10: 2.928968, 100: 5.187378} {
		near(t, "longest", theory.LongestOf(n), want, 5e-7)
	}
}

// Section 4.7, fork and join.
func TestVectorsOfForkJoin(t *testing.T) {
	for _, row := range []struct {
		n         int
		rho, want float64
	}{{2, 0.5, 2.875}, {2, 0.8, 7.0}, {10, 0.5, 5.115882}, {10, 0.8, 11.728586}, {32, 0.5, 6.887186}, {32, 0.8, 15.466293}, {1, 0.8, 5}} {
		f := theory.ForkJoin{Branches: row.n, Rate: row.rho * 50, Service: 1.0 / 50}
		near(t, "R", f.Response()*50, row.want, 5e-7)
		if why := f.Outside(); why != "" {
			t.Errorf("%+v: %s", f, why)
		}
	}
	// Without load the longest of n.
	near(t, "no load", theory.ForkJoin{Branches: 10, Service: 1}.Response(), 2.928968, 5e-7)
}

// Section 4.7, hedging.
func TestVectorsOfHedging(t *testing.T) {
	tail := func(t float64) float64 { return math.Exp(-t) }
	h := theory.Hedge{Tail: tail, Delay: -math.Log(0.05)}
	near(t, "p99 before", -math.Log(0.01), 4.605170, 5e-7)
	near(t, "p99 after", h.Quantile(0.99), 3.800451, 5e-7)
	near(t, "p99.9 before", -math.Log(0.001), 6.907755, 5e-7)
	near(t, "p99.9 after", h.Quantile(0.999), 4.951744, 5e-7)
	near(t, "more requests", h.Extra(), 0.05, 1e-12)
}

func TestFanOutProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, n := rapid.Float64Range(0, 1).Draw(t, "p"), rapid.IntRange(1, 10_000).Draw(t, "n")
		any := theory.AnySlow(p, n)
		if any < p*(1-1e-12) || any > 1 || theory.AnySlow(p, n+1) < any {
			t.Errorf("any of %d is slow with %v", n, any)
		}
		if n > 1 {
			near(t, "one more", theory.LongestOf(n), theory.LongestOf(n-1)+1/float64(n), 1e-12)
		}
		f := theory.ForkJoin{Branches: min(n, 32), Rate: rapid.Float64Range(0, 0.99).Draw(t, "load"), Service: 1}
		single := theory.MMc{Servers: 1, Rate: f.Rate, Service: 1}.Response()
		if r := f.Response(); r < single*(1-1e-12) || r > single*theory.LongestOf(f.Branches)*(1+1e-12) {
			t.Errorf("%+v takes %v, one %v", f, r, single)
		}
		d := rapid.Float64Range(0, 10).Draw(t, "delay")
		h := theory.Hedge{Tail: func(t float64) float64 { return math.Exp(-t) }, Delay: d}
		x := rapid.Float64Range(0, 30).Draw(t, "t")
		if b := h.Beyond(x); b > math.Exp(-x)+1e-12 || b < 0 {
			t.Errorf("with the hedge %v are beyond %v", b, x)
		}
	})
	near(t, "the sum and its expansion", theory.LongestOf(1_000_001), theory.LongestOf(1_000_000)+1/1_000_001.0, 1e-12)
}

func TestFanOutOutsideItsRange(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, bad := range []float64{-0.1, 1.1, nan} {
		near(t, "any slow", theory.AnySlow(bad, 3), 1, 0)
		near(t, "leaf quantile", theory.LeafQuantile(bad, 3), 1, 0)
	}
	near(t, "no leaf", theory.AnySlow(0.1, 0), 1, 0)
	near(t, "surely slow", theory.AnySlow(1, 3), 1, 0)
	near(t, "longest of none", theory.LongestOf(0), inf, 0)
	if f := (theory.ForkJoin{Branches: 33, Rate: 0.5, Service: 1}); f.Outside() == "" || math.IsInf(f.Response(), 1) {
		t.Errorf("%+v: %q, %v", f, f.Outside(), f.Response())
	}
	for _, f := range []theory.ForkJoin{{Branches: 0, Rate: 0.5, Service: 1}, {Branches: 2, Rate: 1, Service: 1}, {Branches: 2, Rate: nan, Service: 1}} {
		if f.Outside() == "" || !math.IsInf(f.Response(), 1) {
			t.Errorf("%+v holds", f)
		}
	}
	wrong := func(float64) float64 { return nan }
	for _, h := range []theory.Hedge{{}, {Tail: wrong, Delay: -1}, {Tail: wrong, Delay: nan}} {
		if h.Outside() == "" || h.Beyond(1) != 1 || h.Extra() != 1 || !math.IsInf(h.Quantile(0.5), 1) {
			t.Errorf("%+v holds", h.Delay)
		}
	}
	near(t, "a law that is none", theory.Hedge{Tail: wrong}.Quantile(0.5), inf, 0)
}
