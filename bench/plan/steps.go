package plan

import (
	"fmt"
	"sort"
	"strings"
	"time"

	"rung/bench"
)

// maxSteps bounds the steps of a plan.
const maxSteps = 10_000

// Step is a span of constant rate. A rate of 0 is a pause.
type Step struct {
	// Rate in requests per second, 0 or more.
	Rate     float64
	Duration time.Duration
}

// Steps plans spans of constant rate, one after another. At least one step
// must have a rate above 0.
func Steps(steps []Step) (bench.Plan, error) {
	if len(steps) == 0 || len(steps) > maxSteps {
		return nil, fmt.Errorf("steps plan: it has %d steps: allowed is 1 to %d", len(steps), maxSteps)
	}
	rates := make([]float64, len(steps))
	starts := make([]time.Duration, len(steps))
	areas := make([]float64, len(steps)) // at starts
	var words []string
	var at time.Duration
	var area float64
	for i, s := range steps {
		for _, err := range []error{checkRate("rate", s.Rate), checkDuration("duration", s.Duration),
			checkDuration("total duration", at+s.Duration)} {
			if err != nil {
				return nil, fmt.Errorf("steps plan: step %d: %w", i+1, err)
			}
		}
		rates[i], starts[i], areas[i] = s.Rate, at, area
		at += s.Duration
		area += s.Rate * float64(s.Duration) / 1e9
		words = append(words, fmt.Sprintf("%s for %v", perSecond(s.Rate), s.Duration))
	}
	under := func(t time.Duration) float64 {
		i := sort.Search(len(starts), func(i int) bool { return starts[i] > t }) - 1
		return areas[i] + rates[i]*float64(t-starts[i])/1e9
	}
	p, err := newCurve(under, at, "steps of "+abridge(words))
	if err != nil {
		return nil, fmt.Errorf("steps plan: %w", err)
	}
	return p, nil
}

// abridge keeps a long list short enough to print.
func abridge(words []string) string {
	const most = 8
	if len(words) <= most {
		return strings.Join(words, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(words[:most], ", "), len(words)-most)
}
