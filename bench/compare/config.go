package compare

import (
	"errors"
	"fmt"
	"time"

	"rung/bench"
)

const (
	defaultLevel     = 0.95
	defaultResamples = 2000
	leastResamples   = 200
	mostResamples    = 100_000
	// noiseBetween is the change that counts as none where a side has too few
	// rounds: repeated runs of a stage on a machine that is not loaded differ by
	// up to so much, and nothing inside a run tells.
	noiseBetween = 0.05
	// noiseRounds counts as none where the rounds have that in them. It is ten
	// times the resolution of a histogram.
	noiseRounds = 0.01
)

// ErrNothing says that two runs have nothing in common to compare.
var ErrNothing = errors.New("no stage is in both runs")

// Side is one of the two that are compared.
type Side string

// The two sides.
const (
	Before Side = "before"
	After  Side = "after"
)

// Config says how to compare. The zero value compares without windows.
type Config struct {
	// Before and After name the two for the reader.
	Before, After string
	// Level of the intervals in (0.5, 1). Zero means 0.95.
	Level float64
	// Noise is the relative change that counts as none, below 1. Zero means
	// 0.05, or 0.01 where all that is compared has rounds enough. Below zero
	// means that every change counts.
	Noise float64
	// Seed of the resampling: the same seed gives the same intervals.
	Seed uint64
	// Resamples, 200 to 100000. Zero means 2000.
	Resamples int
	// Windows gives the windows of a measurement, for example from its
	// interval log with ReadWindows. Without it, or where the error is
	// os.ErrNotExist, the quantiles of the measurement's intervals are
	// compared in place of those of the whole.
	Windows func(side Side, stage string, m bench.Measurement) ([]Window, error)
}

// filled returns the configuration with its defaults, but for Noise.
func (c Config) filled() (Config, error) {
	if c.Level == 0 {
		c.Level = defaultLevel
	}
	if c.Resamples == 0 {
		c.Resamples = defaultResamples
	}
	switch {
	case !(c.Level > 0.5 && c.Level < 1): // NaN is neither
		return c, fmt.Errorf("confidence level %v: it must be above 0.5 and below 1", c.Level)
	case !(c.Noise < 1):
		return c, fmt.Errorf("noise %v: it must be below 1", c.Noise)
	case c.Resamples < leastResamples || c.Resamples > mostResamples:
		return c, fmt.Errorf("%d resamples: want %d to %d", c.Resamples, leastResamples, mostResamples)
	}
	return c, nil
}

// noise is the change that counts as none.
func (c Config) noise(rounds bool) float64 {
	switch {
	case c.Noise < 0:
		return 0
	case c.Noise > 0:
		return c.Noise
	case rounds:
		return noiseRounds
	}
	return noiseBetween
}

// windowLeast is how long windows must be to be resampled one by one: shorter
// ones are drawn in blocks at least as long.
const windowLeast = time.Second
