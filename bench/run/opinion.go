package run

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"time"

	"rung/bench"
	"rung/bench/estimate"
	"rung/bench/simulate"
	"rung/targets"
)

// opinions foretell every stage and play it through in virtual time, on all
// cores, before anything runs: later it would take the machine from attacks.
func (r *runner) opinions(ctx context.Context) error {
	r.cfg.step(Step{What: "estimate and simulate", Stages: len(r.cfg.Stages), Expected: r.cfg.Profile.Simulate * time.Duration(len(r.cfg.Stages)) / time.Duration(runtime.NumCPU())})
	errs := make([]error, len(r.cfg.Stages))
	todo := make(chan int, len(r.cfg.Stages))
	for i := range r.cfg.Stages {
		todo <- i
	}
	close(todo)
	r.sessions = make([]*session, len(r.cfg.Stages))
	r.foretold = make([]*session, len(r.cfg.Stages))
	var workers sync.WaitGroup
	for range runtime.NumCPU() {
		workers.Go(func() {
			for i := range todo {
				r.foretold[i], errs[i] = r.foretell(ctx, i)
			}
		})
	}
	workers.Wait()
	return errors.Join(errs...)
}

func (r *runner) foretell(ctx context.Context, i int) (*session, error) {
	stage := r.cfg.Stages[i].In(r.cfg.Profile.Name)
	s := &session{runner: r, cfg: r.cfg, clock: r.clock, stage: stage, facts: bench.Facts{}, calibration: r.calibration,
		result: bench.StageResult{Stage: stage}}
	err := s.foretell()
	if err == nil {
		err = s.simulate(ctx)
	}
	if err != nil {
		return s, fmt.Errorf("stage %s: %w", stage.ID, err)
	}
	return s, nil
}

// simulate is the third opinion on the stage, and on more or fewer nodes of
// it. Without emulated hardware there is nothing to play.
func (s *session) simulate(ctx context.Context) (err error) {
	if s.cfg.Bare || s.cfg.Profile.Simulate == 0 {
		return nil
	}
	t := s.stage.Topology
	near := s.crowd(local(t), bench.Hot{})
	s.result.Simulation, err = estimate.SimulateTrial(ctx, t, s.cfg.Workload, estimate.Trial{
		Users: s.crowd(t.Spread(), bench.Hot{}), Near: &near, Rate: s.cfg.Profile.Rate, Length: s.cfg.Profile.Common, Warm: s.cfg.Profile.Warm,
		Hop: s.calibration.HopCost, Seed: s.cfg.Seed, Budget: s.cfg.Profile.Simulate})
	if err != nil {
		return err
	}
	s.scaled = map[string][]bench.ScalingPoint{}
	for _, p := range s.stage.Scalings {
		if s.scaled[p.Of], err = s.simulateScaling(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// likely is where a search for the stage's capacity begins: at the simulated
// one, which plays the queues that the formulas approximate. A short probe far
// above the capacity passes by chance now and then, so a search should not
// begin there.
func (s *session) likely() bench.Prediction {
	const fact = "capacity_per_s"
	if v, ok := s.result.Simulation.Value(fact); ok && v.Value > 0 && s.result.Simulation.Outside == "" {
		return bench.Prediction{Estimates: []bench.Estimate{{Fact: fact, Value: v.Value}}}
	}
	return s.result.Prediction
}

const (
	// scalingRequests of each probe of a simulated capacity, and scalingProbes
	// of them.
	scalingRequests = 20_000
	scalingProbes   = 8
	scalingWidth    = 0.02
)

// simulateScaling is the capacity by number of nodes as the simulation has it.
func (s *session) simulateScaling(ctx context.Context, p bench.ScalingPlan) ([]bench.ScalingPoint, error) {
	t := s.stage.Topology
	net, outside, err := estimate.NetworkOf(t, s.cfg.Workload, s.crowd(local(t), bench.Hot{}), s.cfg.Profile.Rate, 0, s.calibration.HopCost)
	if err != nil || outside != "" {
		return nil, err
	}
	have := slices.IndexFunc(net.Groups, func(g simulate.Group) bool { return targets.Group(g.Name) == p.Of })
	if have < 0 {
		return nil, nil
	}
	var out []bench.ScalingPoint
	for _, n := range p.Simulate {
		factor := float64(n) / float64(net.Groups[have].Servers)
		grown := net.ScaleBy(func(g simulate.Group) float64 {
			if targets.Group(g.Name) == p.Of {
				return factor
			}
			return 1
		})
		b, err := simulate.Capacity(ctx, grown, simulate.Config{Arrivals: s.cfg.Workload.Arrivals, Requests: scalingRequests,
			Timeout: s.cfg.Workload.Timeout, Seed: s.cfg.Seed}, s.cfg.Workload.SLO, simulate.Search{Width: scalingWidth, Probes: scalingProbes})
		if err != nil {
			return nil, fmt.Errorf("%d %s: %w", n, p.Of, err)
		}
		if b.Passed > 0 && !math.IsInf(b.Failed, 1) {
			out = append(out, bench.ScalingPoint{Nodes: float64(n), Rate: (b.Passed + b.Failed) / 2, Simulated: true})
		}
	}
	return out, nil
}
