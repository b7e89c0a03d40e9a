package estimate

import (
	"fmt"
	"time"

	"rung/targets"
)

// Supervision is how long a supervisor needs to hold a node for dead whose
// process ends at a random time: connections are refused, the next check comes
// within one Interval, and Fall of them in a row must fail: (Fall-1) Interval to
// Fall Interval. What the replacement takes to serve comes on top.
func Supervision(s targets.Supervisor) Range { return refused(s.Interval, s.Fall) }

// refused is how long somebody who checks needs to notice that a process is
// gone.
func refused(interval time.Duration, fall int) Range {
	fall = max(fall, 1)
	return Range{time.Duration(fall-1) * interval, time.Duration(fall) * interval}
}

// vanished is how long somebody who checks needs to notice that packets get no
// answer. Each check lasts for the timeout, and if that is longer than the
// interval the next one begins at its end.
func vanished(interval, timeout time.Duration, fall int) Range {
	fall = max(fall, 1)
	low := time.Duration(fall-1)*max(interval, timeout) + timeout
	return Range{low, low + interval}
}

// noticing words a check.
func noticing(who string, h targets.Health, killed, cut Range) string {
	return fmt.Sprintf("%s checks every %v and takes %d failures in a row: %v to %v where connections are refused; where packets vanish each failure takes %v: %v to %v",
		who, h.Interval, max(h.Fall, 1), killed.Low, killed.High, h.Timeout, cut.Low, cut.High)
}
