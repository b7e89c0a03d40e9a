package sizing_test

import (
	"testing"
	"time"

	"rung/bench"
	"rung/bench/estimate"
	"rung/bench/sizing"
	"rung/configs"
	"rung/targets"
)

// predicted is a run whose uses are those that the formulas predict.
func predicted(t *testing.T, stage string, rate float64) bench.Run {
	t.Helper()
	plan, err := configs.Settings{Profile: "quick", Workload: "shop", Hardware: "book", Seed: 1}.Load([]string{stage})
	if err != nil {
		t.Fatal(err)
	}
	topology := plan.Stages[0].Topology
	p, err := estimate.PredictCrowd(topology, plan.Workload.Workload, estimate.Crowd{}, rate, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	probe := bench.Probe{Rate: rate, Word: bench.Pass}
	for _, d := range p.Demands {
		for _, n := range topology.Nodes {
			if targets.Group(n.Name) == d.Node {
				probe.Uses = append(probe.Uses, bench.Use{Node: n.Name, Resource: d.Resource, Ratio: rate / d.Ceiling})
			}
		}
	}
	return bench.Run{Workload: plan.Workload.Workload, Stages: []bench.StageResult{{Stage: plan.Stages[0],
		Capacity: &bench.Capacity{Passed: rate, Failed: rate * 1.1, Probes: []bench.Probe{probe}}}}}
}

// TestTheSizedSiteCarriesThePeak: ten times the rate on as many nodes as the
// plan says, played in virtual time, keeps the objective, and does not on the
// nodes that were measured.
func TestTheSizedSiteCarriesThePeak(t *testing.T) {
	run := predicted(t, "12-sharding", 600)
	p, err := sizing.On(point(6000), run)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Play(t.Context(), run, 1); err != nil {
		t.Fatal(err)
	}
	s := p.Stages[0]
	if s.Played == nil || s.Played.Why != "" {
		t.Fatalf("not played: %+v", s)
	}
	slo := run.Workload.SLO
	if p99 := time.Duration(s.Played.P99.Value); p99 > slo.Latency || s.Played.Failures > slo.Failures {
		t.Errorf("p99 %v and %v failed with %d servers", p99, s.Played.Failures, s.Played.Servers)
	}
	for i := range p.Stages[0].Units {
		p.Stages[0].Units[i].Point = p.Stages[0].Units[i].Measured
	}
	if err := p.Play(t.Context(), run, 1); err != nil {
		t.Fatal(err)
	}
	if few := p.Stages[0].Played; few.Why == "" && few.Failures <= slo.Failures {
		t.Errorf("the nodes that were measured carry ten times their rate: %+v", few)
	}
}
