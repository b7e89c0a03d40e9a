package estimate_test

import (
	"math"
	"testing"

	"rung/bench/estimate"
)

// near compares to a number of decimal places of the reference tables.
func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if math.IsNaN(got) || math.Abs(got-want) > tolerance {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

func TestErlangAndTheWaitItGives(t *testing.T) {
	for _, row := range []struct {
		servers       int
		rho           float64
		b, c, wait    float64 // B, C and Wq in service times
		wait95, wait9 float64 // quantiles 0.95 and 0.99 of the wait
	}{
		{1, 0.8, 0.444444, 0.800000, 4.000000, 13.862944, 21.910133},
		{2, 0.8, 0.329897, 0.711111, 1.777778, 6.637014, 10.660609},
		{4, 0.8, 0.228145, 0.596432, 0.745541, 3.098679, 5.110476},
		{4, 0.5, 0.095238, 0.173913, 0.086957, 0.623266, 1.427985},
		{4, 0.95, 0.291024, 0.891419, 4.457095, 14.403958, 22.451147},
		{8, 0.9, 0.190313, 0.701533, 0.876916, 3.301556, 5.313354},
		{16, 0.9, 0.126412, 0.591343, 0.369590, 1.543984, 2.549882},
		{32, 0.9, 0.077975, 0.458197, 0.143186, 0.692274, 1.195223},
		{64, 0.95, 0.066609, 0.588011, 0.183753, 0.770226, 1.273175},
	} {
		a := row.rho * float64(row.servers)
		near(t, "B", estimate.ErlangB(row.servers, a), row.b, 5e-7)
		near(t, "C", estimate.ErlangC(row.servers, a), row.c, 5e-7)
		w := estimate.WaitOf(row.servers, a, 1, 1)
		near(t, "P(wait)", w.Busy, row.c, 5e-7)
		near(t, "Wq", w.Mean, row.wait, 5e-7)
		// Zero, or exponential with mean Mean/Busy.
		tail := func(q float64) float64 { return math.Log(w.Busy/(1-q)) * w.Mean / w.Busy }
		near(t, "wait p95", tail(0.95), row.wait95, 5e-6)
		near(t, "wait p99", tail(0.99), row.wait9, 5e-6)
		near(t, "variance", w.Variance(), 2*w.Mean*w.Mean/w.Busy-w.Mean*w.Mean, 1e-12)
	}
	near(t, "C(3, 2)", estimate.ErlangC(3, 2), 0.444444, 5e-7)
	near(t, "C(10, 8)", estimate.ErlangC(10, 8), 0.409180, 5e-7)
	near(t, "C(105, 100)", estimate.ErlangC(105, 100), 0.515707, 5e-7)
	near(t, "C(120, 100)", estimate.ErlangC(120, 100), 0.033196, 5e-7)
	near(t, "concrete Wq in ms", estimate.WaitOf(4, 160, 0.020, 1).Mean*1e3, 14.9108, 5e-5)
	near(t, "database of the chained example, Wq in ms", estimate.WaitOf(4, 324.398, 0.010, 1).Mean*1e3, 8.152753, 5e-5)
}

func TestErlangAtItsEdges(t *testing.T) {
	near(t, "B without load", estimate.ErlangB(3, 0), 0, 0)
	near(t, "B of no servers", estimate.ErlangB(0, 2), 1, 0)
	near(t, "C without load", estimate.ErlangC(3, 0), 0, 0)
	near(t, "C at saturation", estimate.ErlangC(3, 3), 1, 0)
	near(t, "C beyond saturation", estimate.ErlangC(3, 30), 1, 0)
	near(t, "C of many servers", estimate.ErlangC(1024, 10), 0, 1e-12)
	if w := estimate.WaitOf(2, 2, 1, 1); w.Busy != 1 || !math.IsInf(w.Mean, 1) {
		t.Errorf("wait at saturation is %+v", w)
	}
	for _, w := range []estimate.Wait{estimate.WaitOf(0, 1, 1, 1), estimate.WaitOf(1, 0, 1, 1), estimate.WaitOf(1, 1, 0, 1), {}} {
		if w != (estimate.Wait{}) || w.Variance() != 0 {
			t.Errorf("wait of nothing is %+v", w)
		}
	}
}

// Pollaczek and Khinchine: Wq = rho (1+cs2) / (2 (1-rho)) service times.
func TestWaitOfOneServer(t *testing.T) {
	for _, row := range []struct{ rho, cs2, want float64 }{
		{0.8, 0, 2}, {0.8, 0.25, 2.5}, {0.8, 1, 4}, {0.8, 4, 10}, {0.8, 10, 22},
	} {
		near(t, "Wq", estimate.WaitOf(1, row.rho, 1, row.cs2).Mean, row.want, 1e-9)
	}
	// 95% of 1 ms, 5% of 20 ms: mean 1.95 ms, cs2 4.509533.
	for _, row := range []struct{ rho, want float64 }{{0.4, 3.581197}, {0.6, 8.057692}, {0.8, 21.487179}} {
		near(t, "bimodal Wq in ms", estimate.WaitOf(1, row.rho/1.95, 1.95, 20.95/1.95/1.95-1).Mean, row.want, 5e-6)
	}
	// Allen and Cunneen, as printed for (c, rho, ca2, cs2) = (4, 0.8, 1, 4).
	near(t, "Allen-Cunneen", estimate.WaitOf(4, 3.2, 1, 4).Mean, 1.863851, 5e-6)
}
