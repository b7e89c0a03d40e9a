package theory_test

import (
	"math"
	"testing"

	"rung/bench/theory"
)

// near compares to the digits that were printed.
func near(t interface {
	Helper()
	Errorf(string, ...any)
}, what string, got, want, tolerance float64) {
	t.Helper()
	if got == want {
		return // both infinite
	}
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s is %.10g, want %.10g", what, got, want)
	}
}

// Section 4.1.
func TestVectorsOfLaws(t *testing.T) {
	near(t, "Little, 1,200/s for 35 ms", theory.Little(1200, 0.035), 42, 1e-9)
	near(t, "utilization, 1,200/s of 2.5 ms on 4", theory.Utilization(1200, 0.0025, 4), 0.75, 1e-12)
	// R = N/X - Z and X_k = V_k X, in figures of 4.5: 60 users, 48.65647/s, 1 s.
	near(t, "response law", theory.ResponseTime(60, 48.65647, 1), 0.233135, 5e-7)
	near(t, "forced flow", theory.ForcedFlow(2.5, 400), 1000, 0)
	// R = h Rc + (1-h)(Rc + Rdb), in figures of 4.8's chained example.
	near(t, "mixture in ms", theory.CacheMixture(0.675602, 0.5e-3, 18.152753e-3)*1e3, 6.388717, 5e-7)
	near(t, "database rate", theory.MissRate(1000, 0.675602), 324.398, 5e-4)
}

func TestLawsOutsideTheirRange(t *testing.T) {
	inf := math.Inf(1)
	for _, bad := range []float64{-1, math.NaN(), inf} {
		near(t, "Little", theory.Little(bad, 1), inf, 0)
		near(t, "utilization", theory.Utilization(1, bad, 1), inf, 0)
		near(t, "response law", theory.ResponseTime(1, bad, 1), inf, 0)
		near(t, "forced flow", theory.ForcedFlow(bad, 1), inf, 0)
		near(t, "mixture", theory.CacheMixture(bad, 1, 1), inf, 0)
		near(t, "mixture", theory.CacheMixture(0.5, bad, 1), inf, 0)
		near(t, "misses", theory.MissRate(1, bad), inf, 0)
	}
	near(t, "no servers", theory.Utilization(1, 1, 0), inf, 0)
	near(t, "no throughput", theory.ResponseTime(1, 0, 1), inf, 0)
	near(t, "users think longer than the rate lets them", theory.ResponseTime(10, 20, 1), inf, 0)
}
