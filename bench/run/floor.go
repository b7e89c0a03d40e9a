package run

import (
	"context"
	"fmt"
	"math"

	"golang.org/x/sync/semaphore"

	"rung/bench"
)

// usualCost of a request at the common load, in seconds of real CPU time of all
// processes of a stage and of the attack, until a stage has measured its own:
// 1.6 to 4.7 ms on a slow computer, half of that on others.
const usualCost = 0.003

// burst is the share of the floor that short work counts as which would need
// all of it: to start a system's processes, or to write what was found. It may
// go on beside a kill or two, but not beside a measurement of latencies.
const burst = 0.6

// floor is the real machine, which several stages share as long as all their
// attacks together need no more than shareOfAll of it. It is safe for
// concurrent use.
type floor struct {
	lanes int
	// size in cores, and the room that is left, in thousandths of one.
	size float64
	room *semaphore.Weighted
	// hasty says that no latency will be judged, so that none needs quiet.
	hasty bool
}

// milli is the unit of the floor's room.
const milli = 1000

// newFloor returns a floor for as many stages at once as the profile has
// lanes, at least 1, on a machine with this many cores, at least 1.
func newFloor(p bench.Profile, cores int) *floor {
	size := shareOfAll * float64(max(cores, 1))
	return &floor{lanes: max(p.Lanes, 1), size: size, room: semaphore.NewWeighted(int64(size * milli)), hasty: p.Rate*p.Common.Seconds() < enough}
}

// carry does a thing that needs a number of cores. What needs more than there
// are has the floor for itself. Those who wait longest come first, so nobody
// waits for ever.
func (f *floor) carry(ctx context.Context, cores float64, do func() error) error {
	n := int64(f.size * milli)
	if cores < f.size {
		n = min(max(int64(math.Ceil(cores*milli)), 1), n)
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

// bursting is how many cores a burst counts as.
func (f *floor) bursting() float64 {
	if f.hasty {
		return burst / 2 * f.size
	}
	return burst * f.size
}

// alone is the share of the floor that the common load takes: no other
// measurement of latencies stands beside it, because estimates are judged by it.
const alone = 0.6

// quietly is how many cores a load counts as under which latencies are
// measured.
func (f *floor) quietly(cores float64) float64 {
	if f.hasty {
		return cores
	}
	return max(cores, quiet*f.size)
}

// apart is how many cores the common load counts as at least.
func (f *floor) apart() float64 {
	if f.hasty {
		return 0
	}
	return alone * f.size
}

// growing is the share of what a stage uses at the common load that grows with
// the rate: the rest, heartbeats, checks and metrics, is there all the time.
// Stage 05 used 0.34 cores at 150/s and 1.15 at 788/s, stage 12 0.60, and 1.05 at
// 520/s.
const growing = 0.5

// cores is what a rate needs of the real machine, by what the common load
// needed, or else by what a request usually costs.
func (s *session) cores(rate float64) float64 {
	if s.usage <= 0 {
		return growing * usualCost * rate
	}
	return growing * s.usage * rate / s.cfg.Profile.Rate
}

// carried is the rate that so many real cores carry, at least the common one.
func (s *session) carried(cores float64) float64 { return max(cores/s.cores(1), s.cfg.Profile.Rate) }

// coresOf is what an experiment needs, at the highest rate that it sends.
func (s *session) coresOf(e bench.Experiment, p bench.Prediction) float64 {
	rate := max(s.rateOf(e), e.Peak)
	switch e.Kind {
	case bench.ExperimentCapacity:
		return s.cores(mostProbed(p, s.cfg.Profile))
	case bench.ExperimentFreshness:
		return s.runner.floor.quietly(s.cores(s.cfg.Profile.Rate + e.Rate))
	case bench.ExperimentReshard:
		// Copies of rows are real work, as fast as it goes.
		return max(s.runner.floor.bursting(), s.cores(rate))
	case bench.ExperimentLatency, bench.ExperimentLoad, bench.ExperimentHits, bench.ExperimentDrain:
		return s.runner.floor.quietly(s.cores(rate))
	}
	return s.cores(rate)
}

// mostProbed is the rate that a search for capacity seldom exceeds. With
// no estimate it may be any.
func mostProbed(p bench.Prediction, profile bench.Profile) float64 {
	if e, ok := p.Estimate("capacity_per_s"); ok && e.Value > 0 {
		return e.Value * (1 + profile.Width)
	}
	return math.Inf(1)
}
