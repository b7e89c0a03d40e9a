package plan

import (
	"fmt"
	"math"
	"time"

	"rung/bench"
)

type constant struct {
	rate     float64
	count    uint64
	duration time.Duration
}

// Constant plans evenly spaced requests: request n is due at n/rate seconds,
// rounded down to a nanosecond. Rate is in requests per second, above 0.
func Constant(rate float64, d time.Duration) (bench.Plan, error) {
	if err := checkRate("rate", rate); err != nil {
		return nil, fmt.Errorf("constant plan: %w", err)
	}
	if err := checkDuration("duration", d); err != nil {
		return nil, fmt.Errorf("constant plan: %w", err)
	}
	count, err := countOf(rate * float64(d) / 1e9)
	if err != nil {
		return nil, fmt.Errorf("constant plan: %w", err)
	}
	return &constant{rate: rate, count: count, duration: d}, nil
}

func (p *constant) At(n uint64) time.Duration {
	// Compared as floats: a rate near zero would overflow the conversion.
	offset := math.Floor(float64(n) * 1e9 / p.rate)
	if offset >= float64(p.duration) {
		return p.duration - 1
	}
	return time.Duration(offset)
}

func (p *constant) Count() uint64           { return p.count }
func (p *constant) Duration() time.Duration { return p.duration }

func (p *constant) String() string {
	return fmt.Sprintf("constant %s for %v", perSecond(p.rate), p.duration)
}

// perSecond formats a rate to the shortest decimal form.
func perSecond(rate float64) string { return fmt.Sprintf("%g/s", rate) }
