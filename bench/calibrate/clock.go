package calibrate

import (
	"context"
	"slices"
	"time"

	"rung/targets/clock"
)

// ClockError is how late 100 waits of 1 to 5 ms end: the median and the 99th
// percentile. Both are zero when ctx ended before the first.
func ClockError(ctx context.Context, c *clock.Clock) (p50, p99 time.Duration) {
	var late []time.Duration
	for i := range 100 {
		due := time.Now().Add(time.Millisecond + time.Duration(i)*40*time.Microsecond)
		if c.Until(ctx, due) != nil {
			break
		}
		late = append(late, time.Since(due))
	}
	if len(late) == 0 {
		return 0, 0
	}
	slices.Sort(late)
	return late[len(late)/2], late[len(late)*99/100]
}
