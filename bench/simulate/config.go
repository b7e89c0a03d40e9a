package simulate

import (
	"errors"
	"fmt"
	"math"
	"time"

	"rung/bench"
)

// Config is how a network is run.
type Config struct {
	// Rate of requests per second, positive, and the law of their gaps; the
	// zero Arrivals is Poisson. Plan in place of both says when each request
	// comes; its offsets count from the start, with Warm.
	Rate     float64
	Arrivals bench.Arrivals
	Plan     bench.Plan
	// Operation of each request by its number, 0-based, in place of the routes'
	// shares; among the routes of one operation shares decide. An operation
	// that no route has is drawn. Nil draws all.
	Operation func(n uint64) string
	// Requests to measure in each replication, or the Length of time in which
	// they come; with both it ends at the first. One is needed without a Plan.
	Requests uint64
	Length   time.Duration
	// Warm is the time at the start whose requests are not measured.
	Warm time.Duration
	// Timeout after which an answer counts as a failure; the work goes on. Zero
	// is none.
	Timeout time.Duration
	Seed    uint64
	// Replications with different random numbers. Zero is one; intervals need
	// two and more.
	Replications int
	// MaxInFlight ends a replication that has as many requests, branches and
	// background work under way at once, at some 90 bytes each. Zero is 1,000,000.
	MaxInFlight int
}

const (
	maxReplications = 1000
	defaultInFlight = 1_000_000
	mostInFlight    = 50_000_000
	// mostTime is about 29 years, so that no sum of times overflows.
	mostTime = float64(1 << 59)
)

func (c Config) check() error {
	switch {
	case c.Plan == nil && (!(c.Rate > 0) || math.IsInf(c.Rate, 1)):
		return fmt.Errorf("config: rate %v: it must be positive", c.Rate)
	case c.Plan == nil && c.Requests == 0 && c.Length <= 0:
		return errors.New("config: how many requests, or for how long?")
	case c.Length < 0 || c.Warm < 0 || c.Timeout < 0:
		return fmt.Errorf("config: length %v, warm %v, timeout %v: they must be 0 or more", c.Length, c.Warm, c.Timeout)
	case c.Arrivals != "" && c.Arrivals != bench.ArrivalsPoisson && c.Arrivals != bench.ArrivalsConstant:
		return fmt.Errorf("config: %q is no law of arrivals", c.Arrivals)
	case c.Replications < 0 || c.Replications > maxReplications:
		return fmt.Errorf("config: %d replications: allowed are 0 to %d", c.Replications, maxReplications)
	case c.MaxInFlight < 0 || c.MaxInFlight > mostInFlight:
		return fmt.Errorf("config: %d in flight: allowed are 0 to %d", c.MaxInFlight, mostInFlight)
	case c.Plan == nil && float64(c.Requests)/c.Rate*1e9+float64(c.Warm) > mostTime:
		return fmt.Errorf("config: %d requests at %v/s take too long", c.Requests, c.Rate)
	}
	return nil
}

func (c Config) inFlight() int {
	if c.MaxInFlight == 0 {
		return defaultInFlight
	}
	return c.MaxInFlight
}
