package run

import (
	"context"
	"fmt"

	"golang.org/x/sync/semaphore"
)

// floor is the real machine, which several stages share. What measures
// latency or capacity has it alone; what waits for faults, TTLs and new
// processes does not mind a neighbour. It is safe for concurrent use.
type floor struct {
	lanes int64
	room  *semaphore.Weighted
}

// newFloor returns a floor for a number of stages at once, at least 1.
func newFloor(lanes int) *floor {
	n := int64(max(lanes, 1))
	return &floor{n, semaphore.NewWeighted(n)}
}

// beside does a thing that does not mind others.
func (f *floor) beside(ctx context.Context, do func() error) error { return f.with(ctx, 1, do) }

// alone does a thing that has the machine for itself. Those who wait longest
// come first, so nobody waits for ever.
func (f *floor) alone(ctx context.Context, do func() error) error { return f.with(ctx, f.lanes, do) }

func (f *floor) with(ctx context.Context, n int64, do func() error) error {
	if err := f.room.Acquire(ctx, n); err != nil {
		return fmt.Errorf("wait for the machine: %w", err)
	}
	defer f.room.Release(n)
	return do()
}
