package theory_test

import (
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"

	"rung/bench/theory"
)

// Section 4.11.
func TestVectorsOfRanks(t *testing.T) {
	for _, row := range []struct {
		n         int
		q         float64
		low, high int
	}{{10_000, 0.99, 9880, 9920}, {1_000_000, 0.999, 998_938, 999_062}} {
		low, high, err := theory.RankInterval(row.n, row.q, 0.95)
		if err != nil || low != row.low || high != row.high {
			t.Errorf("p%v of %d samples lies between ranks %d and %d (%v), want %d and %d", row.q*100, row.n, low, high, err, row.low, row.high)
		}
	}
	near(t, "samples beyond p99", theory.SamplesBeyond(10_000, 0.99), 100, 1e-9)
}

// Section 4.11, the check of predictions.
func TestVectorsOfBands(t *testing.T) {
	for load, want := range map[float64]float64{0: 0.2, 0.5: 0.2, 0.7: 0.2, 0.71: 0.5, 0.9: 0.5} {
		got, outside := theory.Band(load)
		near(t, "band", got, want, 0)
		if outside != "" {
			t.Errorf("load %v: %s", load, outside)
		}
	}
	for _, load := range []float64{0.91, 0.951, 1, 2, -1, math.NaN(), math.Inf(1)} {
		if got, outside := theory.Band(load); got != 0 || outside == "" {
			t.Errorf("load %v has a band of %v", load, got)
		}
	}
	wait := func(load float64) float64 { return theory.MMc{Servers: 1, Rate: load, Service: 1}.Wait() }
	near(t, "percent more wait for 1% more load at 0.95", (wait(0.95*1.01)/wait(0.95)-1)*100, 25, 0.5)
}

// binomial is P(at most k of n with probability p), term by term.
func binomial(k, n int, p float64) float64 {
	sum := 0.0
	for i := 0; i <= k; i++ {
		a, _ := math.Lgamma(float64(n + 1))
		b, _ := math.Lgamma(float64(i + 1))
		c, _ := math.Lgamma(float64(n - i + 1))
		sum += math.Exp(a - b - c + float64(i)*math.Log(p) + float64(n-i)*math.Log1p(-p))
	}
	return sum
}

func TestRanksCoverTheQuantile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 1500).Draw(t, "n")
		q := rapid.Float64Range(0.01, 0.99).Draw(t, "q")
		confidence := rapid.Float64Range(0.5, 0.999).Draw(t, "confidence")
		low, high, err := theory.RankInterval(n, q, confidence)
		beyond := (1 - confidence) / 2
		enough := math.Pow(1-q, float64(n)) <= beyond && math.Pow(q, float64(n)) <= beyond
		if err != nil {
			if !errors.Is(err, theory.ErrFewSamples) || enough {
				t.Errorf("%v, enough %v", err, enough)
			}
			return
		}
		// Each side is as close as it may be.
		const rounding = 1e-9
		if !(low >= 1 && high <= n && low < high) ||
			binomial(low-1, n, q) > beyond+rounding || binomial(low, n, q) < beyond-rounding ||
			binomial(high-1, n, q) < 1-beyond-rounding || binomial(high-2, n, q) > 1-beyond+rounding {
			t.Errorf("p%v of %d samples lies between ranks %d and %d", q*100, n, low, high)
		}
	})
}

func TestRanksOutsideTheirRange(t *testing.T) {
	for _, row := range []struct {
		n             int
		q, confidence float64
	}{{0, 0.5, 0.95}, {10, 0, 0.95}, {10, 1, 0.95}, {10, math.NaN(), 0.95}, {10, 0.5, 1}, {10, 0.5, math.NaN()}} {
		if low, high, err := theory.RankInterval(row.n, row.q, row.confidence); err == nil {
			t.Errorf("%+v: %d to %d", row, low, high)
		}
	}
	// ln(0.025)/ln(0.99) = 367.04
	if _, _, err := theory.RankInterval(367, 0.99, 0.95); !errors.Is(err, theory.ErrFewSamples) {
		t.Errorf("367 samples: %v", err)
	}
	if _, high, err := theory.RankInterval(368, 0.99, 0.95); err != nil || high != 368 {
		t.Errorf("368 samples: %d, %v", high, err)
	}
	near(t, "beyond no quantile", theory.SamplesBeyond(10, 2), 0, 0)
	near(t, "of no samples", theory.SamplesBeyond(-1, 0.5), 0, 0)
}
