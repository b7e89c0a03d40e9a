package plan

import (
	"fmt"
	"math"
	"time"

	"rung/bench"
)

// Sine plans a rate that swings around a mean, like the hours of a day:
//
//	r(t) = mean + amplitude sin(2 pi t/period)
//	A(t) = mean t + amplitude period/(2 pi) (1 - cos(2 pi t/period))
//
//	mean + amplitude   . - .
//	mean              -      \       /
//	mean - amplitude           ' - '
//	                  0            period
//
// Mean and amplitude are in requests per second; the amplitude is at most the
// mean, because a rate cannot be negative.
func Sine(mean, amplitude float64, period, d time.Duration) (bench.Plan, error) {
	for _, err := range []error{checkRate("mean", mean), checkRate("amplitude", amplitude),
		checkDuration("period", period), checkDuration("duration", d)} {
		if err != nil {
			return nil, fmt.Errorf("sine plan: %w", err)
		}
	}
	if amplitude > mean {
		return nil, fmt.Errorf("sine plan: amplitude is %v/s: allowed is up to the mean, %v/s", amplitude, mean)
	}
	swing := amplitude * period.Seconds() / (2 * math.Pi)
	area := func(t time.Duration) float64 {
		return mean*float64(t)/1e9 + swing*(1-math.Cos(2*math.Pi*float64(t)/float64(period)))
	}
	p, err := newCurve(area, d, fmt.Sprintf("sine of %s +- %s with period %v for %v",
		perSecond(mean), perSecond(amplitude), period, d))
	if err != nil {
		return nil, fmt.Errorf("sine plan: %w", err)
	}
	return p, nil
}
