package theory

import (
	"errors"
	"fmt"
	"math"

	"rung/bench"
)

// ErrBeyondPeak says that a law never reaches the rate that was asked for.
var ErrBeyondPeak = errors.New("the rate is above the law's highest")

// USL is the Universal Scalability Law: the throughput of N equal nodes, or of
// N requests at once, X(N) = Lambda N / (1 + Sigma (N-1) + Kappa N (N-1)).
// Sigma is the cost of waiting for one another, Kappa that of keeping one
// another informed (Gunther, Guerrilla Capacity Planning, 2007). N must be a
// mean number, and the same kind of number in all points: users of a closed
// system and requests of an open one do not mix.
type USL struct {
	// Lambda is the rate of one node per second, above 0.
	Lambda float64
	// Sigma and Kappa, at least 0. A law with a negative one is called
	// unphysical: it says that nodes help one another without end.
	Sigma, Kappa float64
}

// LawOf is the law of a fit.
func LawOf(f bench.ScalingFit) USL { return USL{Lambda: f.Lambda, Sigma: f.Sigma, Kappa: f.Kappa} }

// Assumes says what the law takes for granted.
func (USL) Assumes() string {
	return "equal nodes, a load that keeps all of them busy, and nothing that only grows with the number of nodes"
}

// Outside says why the law is no law; empty when it is one.
func (u USL) Outside() string {
	switch {
	case !sound(u.Lambda) || u.Lambda == 0:
		return fmt.Sprintf("lambda is %v/s: one node must do something", u.Lambda)
	case !sound(u.Sigma):
		return fmt.Sprintf("sigma is %.4g: unphysical below 0", u.Sigma)
	case !sound(u.Kappa):
		return fmt.Sprintf("kappa is %.4g: unphysical below 0", u.Kappa)
	}
	return ""
}

// At is the rate of n nodes per second; 0 for an n that is not a finite number
// above 0, and where Outside is not empty.
func (u USL) At(n float64) float64 {
	if u.Outside() != "" || !sound(n) {
		return 0
	}
	x := u.Lambda * n / (1 + u.Sigma*(n-1) + u.Kappa*n*(n-1))
	if !(x >= 0) {
		return 0 // less than one node, or beyond all numbers
	}
	return x
}

// Peak is the number of nodes with the highest rate, N* = sqrt((1-sigma)/kappa)
// or 1 when one node is the best, and that rate,
// lambda/(sigma - kappa + 2 sqrt(kappa (1-sigma))). Without a peak the number is
// +Inf and the rate its limit: lambda/sigma, or +Inf. Both are 0 where Outside
// is not empty.
func (u USL) Peak() (nodes, rate float64) {
	switch {
	case u.Outside() != "":
		return 0, 0
	case u.Sigma+u.Kappa >= 1:
		return 1, u.Lambda
	case u.Kappa > 0:
		return math.Sqrt((1 - u.Sigma) / u.Kappa), u.Lambda / (u.Sigma - u.Kappa + 2*math.Sqrt(u.Kappa*(1-u.Sigma)))
	}
	return math.Inf(1), u.Lambda / u.Sigma
}

// NodesFor are the two numbers of nodes that make a rate: the one on the way up
// and the one on the way down, +Inf when there is no way down. They are the
// roots of kappa X N^2 + (sigma X - kappa X - lambda) N + X (1-sigma) = 0.
// Either can lie below one node. It is ErrBeyondPeak for a rate above the peak,
// and an error where Outside is not empty, for a rate that is not a finite number
// above 0, and for a sigma of 1 or more, where one node is the best.
func (u USL) NodesFor(rate float64) (up, down float64, err error) {
	switch why := u.Outside(); {
	case why != "":
		return 0, 0, fmt.Errorf("nodes for %v/s: %s", rate, why)
	case !sound(rate) || rate == 0:
		return 0, 0, fmt.Errorf("nodes for %v/s: the rate must be positive and finite", rate)
	case u.Sigma >= 1:
		return 0, 0, fmt.Errorf("nodes for %v/s: with sigma %.4g one node is the best", rate, u.Sigma)
	}
	a, b, c := u.Kappa, u.Sigma-u.Kappa-u.Lambda/rate, 1-u.Sigma // over X
	inside := b*b - 4*a*c
	if math.IsNaN(inside) || math.IsInf(inside, 0) {
		return 0, 0, fmt.Errorf("nodes for %v/s: they are beyond what can be counted", rate)
	}
	if b >= 0 || inside < 0 {
		most, peak := u.Peak()
		return 0, 0, fmt.Errorf("nodes for %v/s: %w, %.6g/s at %.4g nodes", rate, ErrBeyondPeak, peak, most)
	}
	// b < 0: this sum does not cancel, and the product of the roots is c/a.
	sum := -b + math.Sqrt(inside)
	return 2 * c / sum, sum / (2 * a), nil
}
