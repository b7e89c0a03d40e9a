package estimate_test

import (
	"testing"

	"rung/bench/estimate"
	"rung/targets"
)

// quantiles of the model at a share of the lowest ceiling.
func model(t *testing.T, topology targets.Topology, use float64) (rate, p50, p99 float64) {
	t.Helper()
	p, err := estimate.Predict(topology, shopWorkload(), 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range p.Demands {
		if d.Ceiling*use < rate || rate == 0 {
			rate = d.Ceiling * use
		}
	}
	return rate, estimated(t, topology, rate, "common.p50_ns") / 1e9, estimated(t, topology, rate, "common.p99_ns") / 1e9
}

func estimated(t *testing.T, topology targets.Topology, rate float64, fact string) float64 {
	t.Helper()
	p, err := estimate.Predict(topology, shopWorkload(), rate, 0)
	if err != nil {
		t.Fatal(err)
	}
	e, ok := p.Estimate(fact)
	if !ok {
		t.Fatalf("no estimate of %s", fact)
	}
	return e.Value
}

// The model against the simulation, on the shapes of the ladder's stages. The
// tolerances are what the model promises in its limits: trust up to 80% use.
func TestModelAgainstSimulation(t *testing.T) {
	const requests = 50_000
	for _, stage := range []struct {
		name        string
		webs, slots int
		shared      bool
		policy      targets.Policy
	}{
		{"01 one machine", 1, 2, true, ""},
		{"02 two machines", 1, 2, false, ""},
		{"03 larger machines", 1, 8, false, ""},
		{"04 three web servers", 3, 2, false, targets.PolicyLeastConnections},
	} {
		t.Run(stage.name, func(t *testing.T) {
			t.Parallel()
			topology := shopTopology(stage.webs, stage.slots, stage.shared)
			s := site{shopSite(shopMisses(), min(stage.webs, 2), stage.shared), []int{stage.slots, stage.slots, 1}, stage.webs, stage.policy}
			for _, use := range []float64{0.5, 0.7, 0.8} {
				rate, p50, p99 := model(t, topology, use)
				took := simulate(s, rate, requests, 7)
				r50, r99 := p50/at(took, 0.5), p99/at(took, 0.99)
				t.Logf("%.0f%% use, %.0f/s: p50 %.2f ms, simulated %.2f, ratio %.3f; p99 %.1f ms, simulated %.1f, ratio %.3f",
					use*100, rate, p50*1e3, at(took, 0.5)*1e3, r50, p99*1e3, at(took, 0.99)*1e3, r99)
				if r50 < 0.9 || r50 > 1.1 || r99 < 0.75 || r99 > 1.25 {
					t.Errorf("the model is off by more than 10%% of p50 or 25%% of p99")
				}
			}
			capacity, simulated := estimated(t, topology, 0, "capacity_per_s"), simulatedCapacity(s, 400, requests)
			t.Logf("capacity %.1f/s, simulated %.1f/s, ratio %.3f", capacity, simulated, capacity/simulated)
			if r := capacity / simulated; r < 0.93 || r > 1.07 {
				t.Errorf("capacity %.1f/s is off by more than 7%%: simulated %.1f/s", capacity, simulated)
			}
		})
	}
}

// simulatedCapacity is the highest rate whose p99 is within limit ms.
func simulatedCapacity(s site, limit float64, requests int) float64 {
	low, high := 150.0, 420.0
	for range 7 {
		if mid := (low + high) / 2; at(simulate(s, mid, requests, 11), 0.99) <= limit*ms {
			low = mid
		} else {
			high = mid
		}
	}
	return (low + high) / 2
}

// Where a balancer's policy decides how much web servers wait, the model
// takes the side that the policy is nearer to.
func TestModelOfPolicies(t *testing.T) {
	const requests = 60_000
	for _, row := range []struct {
		policy   targets.Policy
		photo    float64 // ms
		share    float64
		low, top float64 // of the ratio to simulation
	}{
		{targets.PolicyLeastConnections, 200, 0.02, 0.85, 1.05},
		{targets.PolicyLeastConnections, 5, 0.2, 0.85, 1.05},
		{targets.PolicyRandomTwo, 5, 0.2, 0.8, 1.05},
		{targets.PolicyRandomTwo, 200, 0.02, 0.75, 1.05},
		{targets.PolicyRoundRobin, 5, 0.2, 0.85, 1.05},
		{targets.PolicyRoundRobin, 200, 0.02, 0.9, 1.15},
	} {
		t.Run(string(row.policy), func(t *testing.T) {
			t.Parallel()
			topology := shopTopology(3, 2, false)
			w := shopWorkload()
			w.Mix = mixOf(targets.OpMe, 1-row.share, targets.OpPhoto, row.share)
			balance(&topology, row.policy)
			onlyWeb(&topology, 3, row.photo)
			s := site{[]way{
				{1 - row.share, []step{{delay: 1 * ms}, {station: 1, delay: 3 * ms, quantum: 10 * ms}}},
				{row.share, []step{{delay: 1 * ms}, {station: 1, delay: row.photo * ms, quantum: 10 * ms}, {delay: 0.5 * ms}}},
			}, []int{2, 1, 1}, 3, row.policy}
			rate := 0.8 * 6 / ((1-row.share)*3*ms + row.share*row.photo*ms)
			p, err := estimate.Predict(topology, w, rate, 0)
			if err != nil {
				t.Fatal(err)
			}
			e, _ := p.Estimate("common.p99_ns")
			simulated := at(simulate(s, rate, requests, 7), 0.99)
			ratio := e.Value / 1e9 / simulated
			t.Logf("work of %v ms: p99 %.1f ms, simulated %.1f, ratio %.3f", row.photo, e.Value/1e6, simulated*1e3, ratio)
			if ratio < row.low || ratio > row.top {
				t.Errorf("ratio %.3f is not within %v and %v", ratio, row.low, row.top)
			}
		})
	}
}
