package plan

import (
	"fmt"
	"time"

	"rung/bench"
)

type until struct {
	bench.Plan
	count    uint64
	duration time.Duration
}

// Until is the beginning of a plan that was ended early on purpose: its first
// count requests, up to a duration. Count is no more than the plan's, and the
// duration lies above the last request's offset, or it is set to just above.
func Until(p bench.Plan, count uint64, d time.Duration) bench.Plan {
	count = min(count, p.Count())
	if count > 0 {
		d = max(d, p.At(count-1)+1)
	}
	return until{p, count, min(max(d, 1), p.Duration())}
}

// Count implements bench.Plan.
func (u until) Count() uint64 { return u.count }

// Duration implements bench.Plan.
func (u until) Duration() time.Duration { return u.duration }

// String implements bench.Plan.
func (u until) String() string {
	return fmt.Sprintf("%s, ended after %v", u.Plan, u.duration.Round(time.Millisecond))
}
