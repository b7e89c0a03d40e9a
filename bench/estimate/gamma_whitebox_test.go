package estimate

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func close(t interface{ Errorf(string, ...any) }, what string, got, want, tolerance float64) {
	if math.IsNaN(got) || math.Abs(got-want) > tolerance {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

func TestUpperGamma(t *testing.T) {
	for _, row := range []struct{ a, x, want float64 }{
		{2, 1, 2 / math.E},          // (1+x) e^-x
		{3, 2, 5 * math.Exp(-2)},    // (1+x+x^2/2) e^-x
		{2, 5, 6 * math.Exp(-5)},    //
		{1.5, 1, 0.572406704470798}, // erfc(1) + 2/sqrt(pi) e^-1
		{5, 20, 1.694474000e-5},     // e^-20 (1 + 20 + 200 + 8000/6 + 160000/24)
		{10, 0, 1}, {10, -1, 1}, {1, 800, 0},
	} {
		close(t, "Q", upperGamma(row.a, row.x), row.want, 1e-10)
	}
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.Float64Range(0, 50).Draw(t, "x")
		close(t, "Q(1,x)", upperGamma(1, x), math.Exp(-x), 1e-12)
		close(t, "Q(0.5,x)", upperGamma(0.5, x), math.Erfc(math.Sqrt(x)), 1e-12)
		// Q(a+1, x) = Q(a, x) + x^a e^-x / Gamma(a+1)
		a := rapid.Float64Range(0.01, 200).Draw(t, "a")
		lg, _ := math.Lgamma(a + 1)
		if x > 0 {
			close(t, "the recurrence", upperGamma(a+1, x), upperGamma(a, x)+math.Exp(a*math.Log(x)-x-lg), 1e-10)
		}
		if q := upperGamma(a, x); q < 0 || q > 1 || q < upperGamma(a, x+0.5)-1e-12 {
			t.Errorf("Q(%v, %v) = %v is no falling probability", a, x, q)
		}
	})
}

// The times T at which Che's cache is full, in requests.
func TestLifetime(t *testing.T) {
	pages := func(exponent float64) (out []page) {
		for _, z := range Zipf(10_000, exponent) {
			out = append(out, page{rate: z, count: 1})
		}
		return out
	}
	for _, row := range []struct {
		exponent float64
		size     float64
		want     float64
	}{
		{0.8, 100, 110.7908}, {0.8, 1000, 1472.4795}, {1, 100, 141.2368}, {1, 1000, 2352.1784}, {1.2, 1000, 5026.8851},
	} {
		close(t, "T", lifeOf(pages(row.exponent), row.size), row.want, 5e-5)
	}
	p := pages(1)
	life := lifeOf(p, 100)
	for _, row := range []struct {
		rank int
		want float64
	}{{1, 0.999999}, {10, 0.763786}, {100, 0.134373}, {1000, 0.014327}} {
		close(t, "hit ratio of a rank", 1-p[row.rank-1].missing(life), row.want, 5e-7)
	}
}
