package estimate_test

import (
	"math"
	"strings"
	"testing"

	"rung/bench"
	"rung/bench/estimate"
	"rung/configs"
	"rung/targets"
)

// ladder is all stages as a quick run has them.
func ladder(t *testing.T) configs.Plan {
	t.Helper()
	p, err := configs.Settings{Profile: "quick", Workload: "shop", Hardware: "book"}.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// crowd is where a run has its users: spread over the regions of a topology
// with several data centres.
func crowd(t targets.Topology) (regions []string) {
	if len(t.DataCenters()) < 2 {
		return nil
	}
	for _, r := range t.Regions {
		regions = append(regions, r.Name)
	}
	return regions
}

// Every stage, and every variant of the wide ones, has a prediction, and the
// model knows all of it.
func TestEveryStageIsPredicted(t *testing.T) {
	p := ladder(t)
	for _, s := range p.Stages {
		topologies := []targets.Topology{s.Topology}
		if s.ID >= "09" {
			for _, v := range s.Variants {
				topologies = append(topologies, v.Topology)
			}
		}
		t.Run(s.ID, func(t *testing.T) {
			t.Parallel()
			for _, topology := range topologies {
				got, err := estimate.PredictRegions(topology, p.Workload.Workload, crowd(topology), p.Profile.Rate, p.Profile.Common, 0)
				if err != nil {
					t.Fatalf("%s: %v", topology.Name, err)
				}
				whole(t, topology, got)
			}
		})
	}
}

func whole(t *testing.T, topology targets.Topology, p bench.Prediction) {
	t.Helper()
	if topology.Autoscale != nil && topology.Autoscale.Backlog == 0 {
		return // servers come and go: the model says so
	}
	c, ok := p.Estimate("capacity_per_s")
	switch {
	case !ok || len(c.Derivation) == 0:
		t.Errorf("%s: the capacity is %+v", topology.Name, c)
	case strings.HasPrefix(c.Outside, "no rate is low enough"): // the wide-area link alone is too long for the SLO
	case c.Outside != "" || !(c.Value > 0) || math.IsInf(c.Value, 0) || p.Bottleneck.Node == "" || !(p.Bottleneck.Use > 0 && p.Bottleneck.Use <= 1):
		t.Errorf("%s: the capacity is %.4g/s at %+v, outside %q", topology.Name, c.Value, p.Bottleneck, c.Outside)
	}
	for _, fact := range []string{"common.p50_ns", "common.p99_ns"} {
		e, ok := p.Estimate(fact)
		if !ok || !(e.Value > 0) || e.Outside != "" || len(e.Derivation) == 0 || !(e.Tolerance > 0) {
			t.Errorf("%s: %s is %.4g, outside %q", topology.Name, fact, e.Value, e.Outside)
		}
		t.Logf("%-32s %-14s %8.4g ms, capacity %6.4g/s at %s", topology.Name, fact, e.Value/1e6, c.Value, p.Bottleneck)
	}
}
