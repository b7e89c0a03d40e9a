package theory

import "fmt"

// station is what all queues here have: equal servers, arrivals per second,
// and the mean time of a service in seconds.
type station struct {
	Servers int
	Rate    float64
	Service float64
}

// offered is a = lambda/mu, in Erlangs.
func (s station) offered() float64 { return s.Rate * s.Service }

// load is rho = a/c.
func (s station) load() float64 { return s.offered() / float64(s.Servers) }

// slack is theta = c mu - lambda, the rate at which a queue empties.
func (s station) slack() float64 { return float64(s.Servers)/s.Service - s.Rate }

// invalid says which parameter makes no sense; empty when all do.
func (s station) invalid() string {
	switch {
	case s.Servers < 1:
		return fmt.Sprintf("%d servers: there must be at least one", s.Servers)
	case !sound(s.Rate):
		return fmt.Sprintf("%v arrivals/s: the rate must be zero or positive, and finite", s.Rate)
	case !sound(s.Service) || s.Service < 1/huge:
		return fmt.Sprintf("a service of %v s: it must be positive and finite", s.Service)
	}
	return ""
}

// unstable says why there is no steady state of an endless queue; empty when
// there is one.
func (s station) unstable() string {
	if why := s.invalid(); why != "" {
		return why
	}
	// Both are asked, because rounding can make them differ.
	if rho := s.load(); rho >= 1 || s.slack() <= 0 {
		return fmt.Sprintf("a load of %.4g is not below 1: the queue grows without end", rho)
	}
	return ""
}

// huge is above every time, rate or count that means something, so that
// products of three do not overflow.
const huge = 1e100

// sound is a finite number of at least 0.
func sound(v float64) bool { return v >= 0 && v <= huge }

// probability is a number from 0 to 1.
func probability(v float64) bool { return v >= 0 && v <= 1 }
