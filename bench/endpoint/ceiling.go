package endpoint

import (
	"context"
	"time"

	"rung/bench/calibrate"
)

const (
	// firstRate is the first one that the generator is tried at: it opens the
	// connections, too.
	firstRate = 1000
	// leastCeiling and mostCeiling bound the rate up to which it is tried. As
	// they do not follow from the plan, runs of low rates can be compared.
	leastCeiling = 16_000
	mostCeiling  = 1_000_000
	// oneProbe is how long a rate is tried.
	oneProbe = 400 * time.Millisecond
)

// ceilingOf is the highest rate of firstRate times a power of two that the
// generator keeps up against a ruler's server, tried up to the first that is at
// least most; zero when none was kept up.
func ceilingOf(ctx context.Context, r calibrate.Ruler, most float64) (float64, error) {
	return climb(most, func(rate float64) (bool, error) {
		m, err := r.Attack(ctx, "/", rate, oneProbe)
		return m.Generator.Limited == "" && m.Total.FailureRatio() == 0, err
	})
}

// climb finds what ceilingOf promises. Up to leastCeiling it goes up by four,
// and tries the rate between when one was too high; from there on by two,
// because a rate that is too high takes the longer the higher it is. The first
// rate has a second try: another program may have had the machine for a moment,
// and without a ceiling nothing could be said.
func climb(most float64, try func(rate float64) (bool, error)) (ceiling float64, err error) {
	kept, err := try(firstRate)
	if !kept && err == nil {
		kept, err = try(firstRate)
	}
	if !kept || err != nil {
		return 0, err
	}
	for ceiling = firstRate; ceiling < most; {
		next := 2 * ceiling
		if next < leastCeiling && next < most {
			next *= 2
		}
		kept, err := try(next)
		if err != nil {
			return ceiling, err
		}
		if kept {
			ceiling = next
			continue
		}
		between := next / 2
		if between == ceiling {
			return ceiling, nil
		}
		if kept, err = try(between); kept && err == nil {
			ceiling = between
		}
		return ceiling, err
	}
	return ceiling, nil
}
