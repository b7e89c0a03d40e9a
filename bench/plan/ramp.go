package plan

import (
	"fmt"
	"time"

	"rung/bench"
)

// Ramp plans a rate that goes in a straight line from one rate to another, in
// requests per second, over d:
//
//	r(t) = from + (to-from) t/d
//	A(t) = from t + (to-from) t^2/2d
//
// Either rate may be 0, but not both.
func Ramp(from, to float64, d time.Duration) (bench.Plan, error) {
	for _, err := range []error{checkRate("from", from), checkRate("to", to), checkDuration("duration", d)} {
		if err != nil {
			return nil, fmt.Errorf("ramp plan: %w", err)
		}
	}
	area := func(t time.Duration) float64 {
		x := float64(t)
		return (from*x + (to-from)*x*(x/float64(d))/2) / 1e9
	}
	p, err := newCurve(area, d, fmt.Sprintf("ramp from %s to %s over %v", perSecond(from), perSecond(to), d))
	if err != nil {
		return nil, fmt.Errorf("ramp plan: %w", err)
	}
	return p, nil
}
