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
// to 1.5 ms of real CPU time in all processes together at 120/s, and 1.1 ms at
// 1,000/s.
const perCore = 850

// burst is the share of the floor that short work counts as which would need
// all of it: to start a system's processes, or to write what was found. It may
// go on beside a kill or two, but not beside a measurement of latencies.
const burst = 0.6

// floor is the real machine, which several stages share as long as all their
// attacks together need no more than shareOfAll of it. It is safe for
// concurrent use.
type floor struct {
	lanes int
	size  int64
	room  *semaphore.Weighted
	// hasty says that no latency will be judged, so that none needs quiet.
	hasty bool
}

// newFloor returns a floor for as many stages at once as the profile has
// lanes, at least 1, on a machine with this many cores.
func newFloor(p bench.Profile, cores int) *floor {
	size := int64(max(shareOfAll*float64(cores)*perCore, 1))
	return &floor{lanes: max(p.Lanes, 1), size: size, room: semaphore.NewWeighted(size), hasty: p.Rate*p.Common.Seconds() < enough}
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

// quiet is the share of the floor that a measurement of latencies takes at
// least, however low its rate: beside it there is room for another one and a
// little more, but for no search for capacity.
const quiet = 0.45

// bursting is the load that a burst counts as.
func (f *floor) bursting() float64 {
	if f.hasty {
		return burst / 2 * float64(f.size)
	}
	return burst * float64(f.size)
}

// quietly is the load that a rate counts as where latencies are measured.
func (f *floor) quietly(rate float64) float64 {
	if f.hasty {
		return rate
	}
	return max(rate, quiet*float64(f.size))
}

// loadOf is the load that an experiment counts as, in requests per second: the
// highest rate that it sends, or more.
func (s *session) loadOf(e bench.Experiment, p bench.Prediction) float64 {
	rate := max(s.rateOf(e), e.Peak)
	switch e.Kind {
	case bench.ExperimentCapacity:
		return mostProbed(p, s.cfg.Profile)
	case bench.ExperimentFreshness:
		return s.runner.floor.quietly(s.cfg.Profile.Rate + e.Rate)
	case bench.ExperimentLatency, bench.ExperimentLoad, bench.ExperimentHits, bench.ExperimentDrain:
		return s.runner.floor.quietly(rate)
	}
	return rate
}

// mostProbed is the rate that a search for capacity seldom exceeds. With
// no estimate it may be any.
func mostProbed(p bench.Prediction, profile bench.Profile) float64 {
	if e, ok := p.Estimate("capacity_per_s"); ok && e.Value > 0 {
		return e.Value * (1 + profile.Width)
	}
	return math.Inf(1)
}
