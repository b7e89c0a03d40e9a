package estimate_test

import (
	"testing"

	"rung/bench/estimate"
)

func TestExplore(t *testing.T) {
	w := shopWorkload()
	miss := misses{0.1912, 0.3665}
	for _, c := range []struct {
		name          string
		webs, slots   int
		shared, blind bool
		ceiling       float64
	}{
		{"01", 1, 2, true, false, 2 / 8.4e-3},
		{"02", 1, 2, false, false, 2 / 7.2e-3},
		{"03", 1, 8, false, false, 0},
		{"04", 3, 2, false, false, 0},
		{"04 random", 3, 2, false, true, 0},
	} {
		topology := shopTopology(c.webs, c.slots, c.shared)
		p, err := estimate.Predict(topology, w, 150, 0)
		if err != nil {
			t.Fatal(err)
		}
		low := 1e18
		for _, e := range p.Estimates {
			if e.Fact == "common.pool_miss_ratio" {
				t.Log(e.Value)
			}
		}
		for _, d := range p.Demands {
			t.Logf("%s %+v", c.name, d)
			low = min(low, d.Ceiling)
		}
		hops := 1
		if c.webs > 1 {
			hops = 2
		}
		s := site{shopSite(miss, hops, c.shared), []int{c.slots, c.slots, 1}, c.webs, c.blind}
		for _, u := range []float64{0.3, 0.5, 0.7, 0.8, 0.85, 0.9} {
			rate := u * low
			p, _ := estimate.Predict(topology, w, rate, 0)
			p50, _ := p.Estimate("common.p50_ns")
			p99, _ := p.Estimate("common.p99_ns")
			took := simulate(s, rate, 150_000, 7)
			t.Logf("%s %.0f%% %.0f/s: p50 model %.2f sim %.2f ratio %.3f; p99 model %.1f sim %.1f ratio %.3f", c.name, u*100, rate,
				p50.Value/1e6, at(took, 0.5)*1e3, p50.Value/1e9/at(took, 0.5), p99.Value/1e6, at(took, 0.99)*1e3, p99.Value/1e9/at(took, 0.99))
		}
		capacity, _ := p.Estimate("capacity_per_s")
		lo, hi := 0.4*low, low
		for range 9 {
			mid := (lo + hi) / 2
			if at(simulate(s, mid, 150_000, 11), 0.99) <= 0.4 {
				lo = mid
			} else {
				hi = mid
			}
		}
		t.Logf("%s capacity model %.1f sim %.1f ratio %.3f; ceiling %.1f", c.name, capacity.Value, lo, capacity.Value/lo, low)
	}
}
