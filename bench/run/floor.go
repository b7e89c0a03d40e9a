package run

import (
	"context"
	"fmt"
	"math"

	"golang.org/x/sync/semaphore"

	"rung/bench"
)

// perCore is how many requests per second one real core carries, through all
// hops of a stage and with the attack itself: a request of stage 08 took 1.2
// to 1.5 ms of real CPU time in all processes together.
const perCore = 650

// starting is the load, in requests per second, that starting a system's
// processes counts as: some 20 ms of CPU each.
const starting = 200

// floor is the real machine, which several stages share as long as all their
// attacks together need no more than shareOfAll of it. It is safe for
// concurrent use.
type floor struct {
	lanes int
	size  int64
	room  *semaphore.Weighted
}

// newFloor returns a floor for a number of stages at once, at least 1, on a
// machine with this many cores.
func newFloor(lanes, cores int) *floor {
	size := int64(max(shareOfAll*float64(cores)*perCore, 1))
	return &floor{max(lanes, 1), size, semaphore.NewWeighted(size)}
}

// carry does a thing that sends a number of requests per second. What needs
// more than there is has the floor for itself. Those who wait longest come
// first, so nobody waits for ever.
func (f *floor) carry(ctx context.Context, rate float64, do func() error) error {
	n := f.size
	if rate < float64(f.size) {
		n = max(int64(math.Ceil(rate)), 1)
	}
	if err := f.room.Acquire(ctx, n); err != nil {
		return fmt.Errorf("wait for the machine: %w", err)
	}
	defer f.room.Release(n)
	return do()
}

// loadOf is the highest rate that an experiment sends, in requests per
// second.
func (s *session) loadOf(e bench.Experiment, p bench.Prediction) float64 {
	switch e.Kind {
	case bench.ExperimentCapacity:
		return mostProbed(p, s.cfg.Profile)
	case bench.ExperimentFreshness:
		return s.cfg.Profile.Rate + e.Rate
	}
	return max(s.rateOf(e), e.Peak)
}

// mostProbed is the rate that a search for capacity seldom exceeds. With
// no estimate it may be any.
func mostProbed(p bench.Prediction, profile bench.Profile) float64 {
	if e, ok := p.Estimate("capacity_per_s"); ok && e.Value > 0 {
		return e.Value * (1 + profile.Width)
	}
	return math.Inf(1)
}
