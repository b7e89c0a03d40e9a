package run

import (
	"strings"
	"time"
)

// sum of times, for a mean.
type sum struct {
	total time.Duration
	count uint64
}

func (s sum) plus(d time.Duration) sum { return sum{s.total + d, s.count + 1} }

func (s sum) mean() time.Duration {
	if s.count == 0 {
		return 0
	}
	return s.total / time.Duration(s.count)
}

// cacheMetric introduces what a cache said in Server-Timing.
const cacheMetric = `cache;desc="`

// cacheOutcome is what the cache said of a request: "hit", "miss", "shared",
// or "" when none was asked.
func cacheOutcome(serverTiming string) string {
	_, after, ok := strings.Cut(serverTiming, cacheMetric)
	if !ok {
		return ""
	}
	outcome, _, _ := strings.Cut(after, `"`)
	return outcome
}
