package theory

import (
	"fmt"
	"math"
)

// ErlangB is the probability that all of c servers are busy when a work of a
// Erlangs (arrival rate / service rate) is offered and what finds no server is
// lost, by the recursion B(0) = 1, B(k) = a B(k-1) / (k + a B(k-1)) (Erlang
// 1917). Arrivals are Poisson; the law of the service time does not matter. It
// holds at any load, takes c steps, is 1 without servers, and 1 when a is not
// a number of at least 0.
func ErlangB(c int, a float64) float64 {
	if c < 1 || !sound(a) {
		return 1
	}
	b := 1.0
	for k := 1; k <= c && b > 0; k++ {
		b = a * b / (float64(k) + a*b)
	}
	return b
}

// ErlangC is the probability that an arrival of an M/M/c queue must wait:
// C = B / (1 - rho (1-B)) with rho = a/c (Erlang 1917). It is 1 when the
// servers cannot keep up (rho of 1 or more), when there are none, and when a
// is not a number of at least 0.
func ErlangC(c int, a float64) float64 {
	if c < 1 || !sound(a) {
		return 1
	}
	rho := a / float64(c)
	if rho >= 1 {
		return 1
	}
	b := ErlangB(c, a)
	return b / (1 - rho*(1-b))
}

// HalfinWhitt is the probability to wait with a + beta sqrt(a) servers for
// many servers: 1 / (1 + beta Phi(beta)/phi(beta)) (Halfin and Whitt,
// Operations Research 29(3), 1981). It is the limit for a to infinity; at 100
// Erlangs ErlangC is higher by some percent, and more in ratio where few wait.
// It is 1 for a beta that is not a number above 0.
func HalfinWhitt(beta float64) float64 {
	if !(beta > 0) {
		return 1
	}
	under := math.Erfc(-beta/math.Sqrt2) / 2
	density := math.Exp(-beta*beta/2) / math.Sqrt(2*math.Pi)
	return density / (density + beta*under)
}

// Staff is the square-root rule: the least whole number of servers of at least
// a + beta sqrt(a). What they make of it is HalfinWhitt(beta) for many
// servers, ErlangC exactly. It is an error unless a and beta are finite
// numbers of at least 0 that a number of servers can follow.
func Staff(a, beta float64) (int, error) {
	c := math.Ceil(a + beta*math.Sqrt(a))
	if !sound(a) || !sound(beta) || !(c <= math.MaxInt32) {
		return 0, fmt.Errorf("servers for %v erlangs with beta %v: both must be zero or positive, and the servers at most %d",
			a, beta, math.MaxInt32)
	}
	return int(c), nil
}
