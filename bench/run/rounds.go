package run

import (
	"context"
	"fmt"
	"math/rand/v2"

	"rung/bench"
)

// rounds repeats the common load and the capacity search of every stage. The
// stages take turns, one at a time (A B A B), so that a slow change of the
// machine falls on all alike; round 1 is the run itself.
func (r *runner) rounds(ctx context.Context, out *bench.Run) error {
	defer r.results(out) // what was measured before an error, too
	for n := 2; n <= r.cfg.Profile.Repeats; n++ {
		for _, s := range r.sessions {
			if s == nil || s.result.Failed != "" {
				continue
			}
			if err := s.round(ctx, n); err != nil {
				return fmt.Errorf("stage %s: round %d: %w", s.stage.ID, n, err)
			}
		}
		r.results(out)
		if r.cfg.Save != nil {
			so := *out
			so.Partial = "still running"
			if err := r.cfg.Save(so); err != nil {
				return err
			}
		}
	}
	return nil
}

// round measures the stage once more, in a new system.
func (s *session) round(ctx context.Context, n int) error {
	s.step("round %d of %d: start %d processes", n, s.cfg.Profile.Repeats, len(s.stage.Topology.Nodes))
	b, err := s.open(ctx, s.stage.Topology, fmt.Sprintf("round-%d", n))
	if b != nil {
		defer b.close()
	}
	if err != nil {
		return err
	}
	if err := b.warm(ctx, s.cfg.Profile.Warm); err != nil {
		return err
	}
	p := s.cfg.Profile
	s.stepFor(p.Common, "round %d: common load: %.4g/s", n, p.Rate)
	seen, err := b.attack(ctx, order{name: "common", rate: p.Rate, length: p.Common, regions: b.system.Topology().Spread(), keep: true})
	if err != nil {
		return err
	}
	again := bench.Repeat{Round: n, Common: &seen.measurement}
	if err := b.warmCache(ctx, nil); err != nil {
		return err
	}
	if again.Capacity, err = s.capacity(ctx, b, s.startOf(n), p.Probes); err != nil {
		return err
	}
	s.result.Repeats = append(s.result.Repeats, again)
	return nil
}

// startOf says where the search of a round begins: about where the first round
// ended, but not exactly. A search that tried the same rates each time would
// give the same bracket each time, and rounds that agree by construction.
func (s *session) startOf(round int) bench.Prediction {
	value := s.cfg.Profile.Rate
	if e, ok := s.result.Prediction.Estimate("capacity_per_s"); ok && e.Value > 0 {
		value = e.Value
	}
	if c := s.result.Capacity; c != nil {
		if rate, _ := middle(*c); rate > 0 {
			value = rate
		}
	}
	shift := rand.New(rand.NewPCG(s.cfg.Seed, uint64(round))).Float64() - 0.5
	return bench.Prediction{Estimates: []bench.Estimate{{Fact: "capacity_per_s", Value: value * (1 + shift*s.cfg.Profile.Width)}}}
}
