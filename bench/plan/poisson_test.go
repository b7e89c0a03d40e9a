package plan_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rung/bench/plan"
)

// The gaps of a Poisson process are exponential. The largest distance of the
// empirical distribution to 1-exp(-x) is below 1.63/sqrt(N) with probability
// 0.99 (Kolmogorov); the seeds are fixed, so the test does not flicker.
func TestPoissonGapsAreExponential(t *testing.T) {
	for _, seed := range []uint64{0, 1, 42, math.MaxUint64} {
		const rate = 2000.0
		p, err := plan.Poisson(rate, 10*time.Second, seed)
		must(t, p, err)
		gaps := make([]float64, 0, p.Count())
		last := time.Duration(0)
		for n := range p.Count() {
			at := p.At(n)
			gaps = append(gaps, (at-last).Seconds()*rate)
			last = at
		}
		slices.Sort(gaps)
		worst, n := 0.0, float64(len(gaps))
		for i, x := range gaps {
			cdf := 1 - math.Exp(-x)
			worst = max(worst, math.Abs(cdf-float64(i)/n), math.Abs(float64(i+1)/n-cdf))
		}
		if limit := 1.63 / math.Sqrt(n); worst > limit {
			t.Errorf("seed %d: distance to the exponential law is %v, limit %v", seed, worst, limit)
		}
	}
}

// Arrivals of different spans are independent: the variance of the counts per
// span is near their mean (it is mean x (1 - 1/spans) given the total).
func TestPoissonCountsVaryAsTheirMean(t *testing.T) {
	p, err := plan.Poisson(1000, 100*time.Second, 7)
	must(t, p, err)
	counts := make([]float64, 1000)
	for n := range p.Count() {
		counts[int(p.At(n)/(100*time.Millisecond))]++
	}
	mean, square := 0.0, 0.0
	for _, c := range counts {
		mean += c / 1000
	}
	for _, c := range counts {
		square += (c - mean) * (c - mean) / 999
	}
	// Standard error of the ratio is sqrt(2/999) = 0.045; three of them.
	if ratio := square / mean; math.Abs(ratio-0.999) > 0.135 {
		t.Errorf("variance/mean of counts is %v, want about 1", ratio)
	}
}

func TestPoissonSeeds(t *testing.T) {
	make := func(seed uint64) time.Duration {
		p, err := plan.Poisson(100, time.Second, seed)
		return must(t, p, err).At(50)
	}
	if make(1) != make(1) {
		t.Error("the same seed gives two plans")
	}
	if make(1) == make(2) {
		t.Error("two seeds give the same plan")
	}
}

func TestPoissonOffsets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		count := rapid.Uint64Range(1, 3000).Draw(t, "count")
		d := time.Duration(rapid.Int64Range(1000, 1e10).Draw(t, "duration"))
		if float64(count)/d.Seconds() > plan.MaxRate {
			count = 1
		}
		p, err := plan.Poisson(float64(count)/d.Seconds(), d, rapid.Uint64().Draw(t, "seed"))
		if err != nil {
			t.Fatal(err)
		}
		if p.Count() != count {
			t.Fatalf("Count() = %d, want %d", p.Count(), count)
		}
		last := time.Duration(0)
		for n := range count {
			at := p.At(n)
			if at < last || at >= d {
				t.Fatalf("At(%d) = %v after %v, duration %v", n, at, last, d)
			}
			last = at
		}
	})
}
