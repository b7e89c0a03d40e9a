package attack

import (
	"context"
	"time"

	"rung/bench"
	"rung/targets/clock"
)

// pacer is a vegeta.Pacer that follows a plan. Vegeta calls Pace from one
// goroutine, once per request and in order.
type pacer struct {
	ctx   context.Context
	clock *clock.Clock
	plan  bench.Plan
	began func(time.Time)

	// start is the zero of the attack, set by the first Pace. The hand-over
	// of the first tick makes it visible to the workers.
	start time.Time
	// err is why pacing ended early, if neither by the plan nor by ctx.
	// Visible once vegeta has closed its results.
	err error
}

// Pace waits until the next request is due. It returns no wait, because
// vegeta's own sleep is coarse, and a stop when all are sent or ctx ends.
func (p *pacer) Pace(_ time.Duration, hits uint64) (wait time.Duration, stop bool) {
	if hits == 0 {
		p.start = time.Now()
		if p.began != nil {
			p.began(p.start)
		}
	}
	if hits >= p.plan.Count() || p.ctx.Err() != nil {
		return 0, true
	}
	if err := p.clock.Until(p.ctx, p.start.Add(p.plan.At(hits))); err != nil {
		if p.ctx.Err() == nil {
			p.err = err
		}
		return 0, true
	}
	return 0, false
}

// Rate implements vegeta.Pacer, which only prints it: the mean, per second.
func (p *pacer) Rate(time.Duration) float64 {
	return float64(p.plan.Count()) / p.plan.Duration().Seconds()
}
