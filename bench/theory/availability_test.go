package theory_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"rung/bench/theory"
)

// Section 4.10, staleness.
func TestVectorsOfStaleness(t *testing.T) {
	near(t, "0.5/s, 0.1 s", theory.StaleRead(0.5, 0.1), 0.048771, 5e-7)
	near(t, "10/s, 0.1 s", theory.StaleRead(10, 0.1), 0.632121, 5e-7)
	for ms, want := range map[float64]float64{50: 0.606531, 100: 0.367879, 300: 0.049787} {
		near(t, "own write", theory.StaleAfter(ms*1e-3, 0.1), want, 5e-7)
	}
	near(t, "N3 R1 W1", theory.QuorumStale(3, 1, 1, 1), 2.0/3, 1e-12)
	near(t, "k 2", theory.QuorumStale(3, 1, 1, 2), 0.444444, 5e-7)
	near(t, "k 10", theory.QuorumStale(3, 1, 1, 10), 0.017342, 5e-7)
	near(t, "R1 W2", theory.QuorumStale(3, 1, 2, 1), 1.0/3, 1e-12)
	near(t, "overlapping", theory.QuorumStale(3, 2, 2, 1), 0, 0)
}

// Section 4.10, availability.
func TestVectorsOfAvailability(t *testing.T) {
	near(t, "two in series", theory.Series(0.999, 0.999), 0.998001, 1e-12)
	near(t, "two in parallel", theory.Parallel(0.999, 0.999), 0.999999, 1e-12)
	ten := make([]float64, 10)
	for i := range ten {
		ten[i] = 0.9999
	}
	near(t, "ten in series", theory.Series(ten...), 0.999000, 5e-7)
	near(t, "2 of 3", theory.KOfN(2, 3, 0.99), 0.999702, 5e-7)
	near(t, "3 of 5", theory.KOfN(3, 5, 0.99), 0.999990, 5e-7)
	near(t, "balancer, two webs, two databases", theory.Series(0.9999, theory.Parallel(0.99, 0.99), theory.Parallel(0.999, 0.999)), 0.999799, 5e-7)
	near(t, "one web and database", theory.Series(0.99, 0.999), 0.989010, 5e-7)
	near(t, "720 h and half an hour", theory.Repaired(720, 0.5), 0.999306, 5e-7)
}

// Section 4.10, a queue's backlog.
func TestVectorsOfBacklog(t *testing.T) {
	left := theory.Backlog(1500, 1000, 60)
	near(t, "left", left, 30_000, 0)
	near(t, "drained after", theory.DrainTime(left, 1000, 1200), 150, 1e-9)
}

func TestAvailabilityProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 40).Draw(t, "n")
		a := rapid.Float64Range(0, 1).Draw(t, "a")
		parts := make([]float64, n)
		for i := range parts {
			parts[i] = a
		}
		near(t, "one of n", theory.KOfN(1, n, a), theory.Parallel(parts...), 1e-12)
		near(t, "all of n", theory.KOfN(n, n, a), theory.Series(parts...), 1e-12)
		k := rapid.IntRange(0, n).Draw(t, "k")
		sum, term := 0.0, 1.0 // C(n,i)
		for i := 0; i <= n; i++ {
			if i >= k {
				sum += term * math.Pow(a, float64(i)) * math.Pow(1-a, float64(n-i))
			}
			term *= float64(n-i) / float64(i+1)
		}
		near(t, "k of n", theory.KOfN(k, n, a), sum, 1e-11)
		w, l := rapid.Float64Range(0, 100).Draw(t, "w"), rapid.Float64Range(0, 10).Draw(t, "l")
		if p := theory.StaleRead(w, l); !(p >= 0 && p <= 1 && p <= w*l) {
			t.Errorf("stale with %v", p)
		}
		r, quorum := rapid.IntRange(1, n).Draw(t, "r"), rapid.IntRange(1, n).Draw(t, "quorum")
		p := theory.QuorumStale(n, r, quorum, 1)
		if (p == 0) != (r+quorum > n) || p > 1 {
			t.Errorf("N %d, R %d, W %d is stale with %v", n, r, quorum, p)
		}
		near(t, "R and W exchanged", theory.QuorumStale(n, quorum, r, 1), p, 1e-12)
	})
}

func TestAvailabilityOutsideItsRange(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, bad := range []float64{-0.1, 1.1, nan, inf} {
		near(t, "series", theory.Series(1, bad), 0, 0)
		near(t, "parallel", theory.Parallel(1, bad), 0, 0)
		near(t, "k of n", theory.KOfN(1, 2, bad), 0, 0)
	}
	for _, bad := range []float64{-0.1, nan, inf} {
		near(t, "repair", theory.Repaired(bad, 1), 0, 0)
		near(t, "repair", theory.Repaired(1, bad), 0, 0)
		near(t, "stale", theory.StaleRead(bad, 1), 1, 0)
		near(t, "stale", theory.StaleAfter(1, bad), 1, 0)
		near(t, "backlog", theory.Backlog(bad, 1, 1), inf, 0)
		near(t, "drain", theory.DrainTime(bad, 1, 2), inf, 0)
	}
	near(t, "no parts in series", theory.Series(), 1, 0)
	near(t, "no parts in parallel", theory.Parallel(), 0, 0)
	near(t, "more than there are", theory.KOfN(3, 2, 0.5), 0, 0)
	near(t, "none needed", theory.KOfN(0, 2, 0), 1, 0)
	near(t, "never fails", theory.Repaired(0, 0), 0, 0)
	near(t, "no lag", theory.StaleAfter(1, 0), 0, 0)
	near(t, "at once", theory.StaleAfter(0, 0), 1, 0)
	near(t, "less comes in", theory.Backlog(1, 2, 3), 0, 0)
	near(t, "nothing to drain", theory.DrainTime(0, 2, 1), 0, 0)
	near(t, "never drained", theory.DrainTime(1, 2, 2), inf, 0)
	for _, q := range [][4]int{{3, 0, 1, 1}, {3, 1, 4, 1}, {3, 1, 1, 0}, {0, 1, 1, 1}} {
		near(t, "no quorum", theory.QuorumStale(q[0], q[1], q[2], q[3]), 1, 0)
	}
}
