package plan

import (
	"fmt"
	"math"
	"time"
)

// Limits of every plan. Up to here offsets are exact to the nanosecond in
// 64-bit floats.
const (
	// MaxDuration is the longest plan: 30 days.
	MaxDuration = 30 * 24 * time.Hour
	// MaxRate is the highest rate, in requests per second: one per
	// nanosecond, the resolution of an offset.
	MaxRate = 1e9
	// MaxCount is the most requests of a plan.
	MaxCount = 1e10
)

// slack is how far below a whole request an area may fall by rounding, and
// still not hold one request more.
const slack = 1e-6

func checkDuration(name string, d time.Duration) error {
	if d <= 0 || d > MaxDuration {
		return fmt.Errorf("%s is %v: allowed is above 0 to %v", name, d, MaxDuration)
	}
	return nil
}

// checkRate allows zero. NaN fails every comparison, so it is refused.
func checkRate(name string, rate float64) error {
	if !(rate >= 0 && rate <= MaxRate) {
		return fmt.Errorf("%s is %v/s: allowed is 0 to %v/s", name, rate, float64(MaxRate))
	}
	return nil
}

// countOf returns the whole number of requests that an area holds. Any area
// above zero holds request 0.
func countOf(area float64) (uint64, error) {
	count := max(math.Ceil(area-slack), 1)
	switch {
	case !(area > 0):
		return 0, fmt.Errorf("the plan holds no request: the area under its rate is %v", area)
	case count > MaxCount:
		return 0, fmt.Errorf("the plan holds %v requests: allowed is up to %v", count, float64(MaxCount))
	}
	return uint64(count), nil
}
