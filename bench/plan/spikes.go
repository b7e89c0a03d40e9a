package plan

import (
	"fmt"
	"time"

	"rung/bench"
)

// Spikes plans a base rate with a spike in the middle of every period, so
// that calm stands before and after each, in requests per second:
//
//	r(t) = peak   where |t mod every - every/2| <= length/2, else base
//	A(t) = base t + (peak - base) (time of spikes up to t)
//
//	peak            ._.           ._.
//	base      ______| |___________| |_____
//	          0        every              2 every
//
// The spike must be shorter than its period. Either rate may be 0, but not
// both.
func Spikes(base, peak float64, every, length, d time.Duration) (bench.Plan, error) {
	for _, err := range []error{checkRate("base", base), checkRate("peak", peak), checkDuration("every", every),
		checkDuration("length", length), checkDuration("duration", d)} {
		if err != nil {
			return nil, fmt.Errorf("spikes plan: %w", err)
		}
	}
	if length >= every {
		return nil, fmt.Errorf("spikes plan: length is %v: allowed is below the period, %v", length, every)
	}
	before := (every - length) / 2
	area := func(t time.Duration) float64 {
		spikes := t/every*length + min(max(t%every-before, 0), length)
		return (base*float64(t) + (peak-base)*float64(spikes)) / 1e9
	}
	p, err := newCurve(area, d, fmt.Sprintf("spikes of %s for %v every %v over %s, for %v",
		perSecond(peak), length, every, perSecond(base), d))
	if err != nil {
		return nil, fmt.Errorf("spikes plan: %w", err)
	}
	return p, nil
}
