package estimate_test

import (
	"slices"
	"testing"

	"rung/bench"
	"rung/bench/estimate"
	"rung/targets"
)

// compares the user route alone: sim by subtracting way 0
func TestDebug(t *testing.T) {
	w := shopWorkload()
	for _, shared := range []bool{true, false} {
		topology := shopTopology(1, 2, shared)
		hops := 1
		for _, u := range []float64{0.5, 0.7, 0.85} {
			low := 2 / 7.2e-3
			if shared {
				low = 2 / 8.4e-3
			}
			s := site{shopSite(misses{0.1912, 0.3665}, hops, shared), []int{2, 2, 1}, 1, false}
			rate := u * low
			p, _ := estimate.Predict(topology, w, rate, 0)
			_ = bench.Share{}
			_ = targets.OpMe
			e, _ := p.Estimate("common.p50_ns")
			for _, l := range e.Derivation {
				t.Log(l)
			}
			by := map[int][]float64{}
			for i, way := range simulateWays(s, rate, 200_000, 7) {
				_ = i
				by[way.way] = append(by[way.way], way.took)
			}
			for i := range 8 {
				slices.Sort(by[i])
				sum := 0.0
				for _, x := range by[i] {
					sum += x
				}
				t.Logf("  sim way %d: min %.2f mean beyond %.2f p10 %.2f p50 %.2f p90 %.2f", i, by[i][0]*1e3, (sum/float64(len(by[i]))-by[i][0])*1e3, at(by[i], .1)*1e3, at(by[i], .5)*1e3, at(by[i], .9)*1e3)
			}
		}
	}
}
