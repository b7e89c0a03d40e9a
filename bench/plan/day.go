package plan

import (
	"fmt"
	"math"
	"time"

	"rung/bench"
)

// Day plans a rate that rises from low to peak and falls back, once, like the
// hours of a day:
//
//	r(t) = low + (peak - low)/2 (1 - cos(2 pi t/d))
//	A(t) = low t + (peak - low)/2 (t - d/(2 pi) sin(2 pi t/d))
//
// Low and peak are in requests per second; low is at most the peak.
func Day(low, peak float64, d time.Duration) (bench.Plan, error) {
	for _, err := range []error{checkRate("low", low), checkRate("peak", peak), checkDuration("duration", d)} {
		if err != nil {
			return nil, fmt.Errorf("day plan: %w", err)
		}
	}
	if low > peak {
		return nil, fmt.Errorf("day plan: low is %v/s: allowed is up to the peak, %v/s", low, peak)
	}
	swing, whole := (peak-low)/2, d.Seconds()/(2*math.Pi)
	area := func(t time.Duration) float64 {
		return low*t.Seconds() + swing*(t.Seconds()-whole*math.Sin(2*math.Pi*float64(t)/float64(d)))
	}
	p, err := newCurve(area, d, fmt.Sprintf("%s rising to %s and falling back within %v", perSecond(low), perSecond(peak), d))
	if err != nil {
		return nil, fmt.Errorf("day plan: %w", err)
	}
	return p, nil
}
