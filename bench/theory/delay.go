package theory

import "math"

// delay is a wait that is zero with probability 1-busy, and else exponential
// at a rate theta; the service after it is exponential at a rate mu. The queues
// M/M/c and D/M/c both make one.
type delay struct {
	busy, theta, mu float64
}

func (d delay) mean() float64 { return d.busy / d.theta }

// waits is P(W > t) = busy e^(-theta t).
func (d delay) waits(t float64) float64 {
	if !(t >= 0) {
		return 1
	}
	return d.busy * math.Exp(-d.theta*t)
}

// waitAt is the quantile of the wait: max(0, ln(busy/(1-q))/theta).
func (d delay) waitAt(q float64) float64 {
	switch {
	case !(q >= 0 && q < 1):
		return math.Inf(1)
	case d.busy <= 1-q:
		return 0
	}
	return math.Log(d.busy/(1-q)) / d.theta
}

// lasts is P(W + S > t), which is e^(-mu t) with no wait and else the sum of
// two exponential times: e^(-mu t) + mu (e^(-mu t) - e^(-theta t))/(theta-mu).
// Where the rates are close, the difference is taken by expm1; where they are
// the same, this is (1 + mu t) e^(-mu t).
func (d delay) lasts(t float64) float64 {
	switch {
	case !(t > 0):
		return 1
	case d.mu*t > 700 && d.theta*t > 700:
		return 0 // both are below 1e-300
	}
	served := math.Exp(-d.mu * t)
	gap := (d.theta - d.mu) * t
	sum := 0.0
	switch {
	case gap == 0:
		sum = d.mu * t * served
	case math.Abs(gap) < 1:
		sum = d.mu * t * served * -math.Expm1(-gap) / gap
	default:
		sum = d.mu * (served - math.Exp(-d.theta*t)) / (d.theta - d.mu)
	}
	return min(1, served+d.busy*sum)
}

// quantileOf is the least t whose tail is at most 1-q, by doubling from a
// scale and halving. It is +Inf for a q outside [0, 1), for a scale that is no
// positive number, and where no finite time is long enough.
func quantileOf(tail func(t float64) float64, q, scale float64) float64 {
	if !(q >= 0 && q < 1) || !(scale > 0) || math.IsInf(scale, 1) {
		return math.Inf(1)
	}
	if tail(0) <= 1-q {
		return 0
	}
	low, high := 0.0, scale
	for tail(high) > 1-q {
		low, high = high, high*2
		if math.IsInf(high, 1) {
			return high
		}
	}
	for range 200 {
		mid := low + (high-low)/2
		if mid <= low || mid >= high {
			break
		}
		if tail(mid) > 1-q {
			low = mid
		} else {
			high = mid
		}
	}
	return high
}
