package theory

import (
	"fmt"
	"math"
)

// MG1 is the queue M/G/1: Poisson arrivals, services of any law, one server,
// one line in order of arrival without an end. Only means are known (Pollaczek
// 1930, Khinchine 1932). Where Outside is not empty, times and lengths are
// +Inf.
type MG1 struct {
	// Rate of arrivals per second.
	Rate float64
	// Service is the mean service time in seconds.
	Service float64
	// CS2 is the squared coefficient of variation of the service time: 0 for
	// constant, 1 for exponential.
	CS2 float64
}

// Assumes says what the model takes for granted.
func (MG1) Assumes() string {
	return "poisson arrivals, one server, an endless line in order of arrival, steady state; means only"
}

// Outside says why there is no steady state; empty when there is one.
func (m MG1) Outside() string {
	if why := (station{1, m.Rate, m.Service}).unstable(); why != "" {
		return why
	}
	return variation("service", m.CS2)
}

// Wait is the mean time in the line in seconds,
// Wq = rho (1+cs2)/(2 (1-rho)) E[S].
func (m MG1) Wait() float64 {
	if m.Outside() != "" {
		return math.Inf(1)
	}
	rho := m.Rate * m.Service
	return rho * (1 + m.CS2) / (2 * (1 - rho)) * m.Service
}

// Queue is the mean length of the line, lambda Wq.
func (m MG1) Queue() float64 {
	if m.Outside() != "" {
		return math.Inf(1)
	}
	return m.Rate * m.Wait()
}

// Response is the mean of wait and service in seconds.
func (m MG1) Response() float64 {
	if m.Outside() != "" {
		return math.Inf(1)
	}
	return m.Wait() + m.Service
}

// ProcessorSharing is the mean response of M/G/1 in seconds when all that are
// there share the server equally, E[S]/(1-rho), whatever the law of the
// service time (Kleinrock, Queueing Systems II, 1976, 4.4). It is +Inf where
// there is no steady state.
func ProcessorSharing(rate, service float64) float64 {
	if (station{1, rate, service}).unstable() != "" {
		return math.Inf(1)
	}
	return service / (1 - rate*service)
}

// Mixture is the mean of a time that takes one of some constant values, in
// their unit, and its squared coefficient of variation. Shares count in
// proportion and need not add up to 1. It is an error without a mean above 0,
// and unless each value has a share and all are finite numbers of at least 0.
func Mixture(values, shares []float64) (mean, cs2 float64, err error) {
	if len(values) != len(shares) {
		return 0, 0, fmt.Errorf("mixture of %d values with %d shares", len(values), len(shares))
	}
	total := 0.0
	for i, v := range values {
		if !sound(v) || !sound(shares[i]) {
			return 0, 0, fmt.Errorf("mixture: value %v with share %v: both must be zero or positive, and finite", v, shares[i])
		}
		mean += v * shares[i]
		total += shares[i]
	}
	mean /= total
	if !(mean > 0) || math.IsInf(mean, 1) {
		return 0, 0, fmt.Errorf("mixture of %d values has no positive, finite mean", len(values))
	}
	for i, v := range values {
		off := v/mean - 1
		cs2 += shares[i] / total * off * off
	}
	if math.IsInf(cs2, 1) {
		return 0, 0, fmt.Errorf("mixture of %d values has no finite variance", len(values))
	}
	return mean, cs2, nil
}

func variation(of string, c2 float64) string {
	if !sound(c2) {
		return fmt.Sprintf("a squared coefficient of variation of %v for %s times: it must be zero or positive, and finite", c2, of)
	}
	return ""
}
