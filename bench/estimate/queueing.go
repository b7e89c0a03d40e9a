package estimate

import "math"

// ErlangB is the blocking probability of c servers offered a Erlangs
// (a = arrival rate / service rate), by the recursion
// B(0) = 1, B(k) = a B(k-1) / (k + a B(k-1)).
func ErlangB(c int, a float64) float64 {
	b := 1.0
	for k := 1; k <= c; k++ {
		b = a * b / (float64(k) + a*b)
	}
	return b
}

// ErlangC is the probability that an arrival of an M/M/c queue must wait:
// C = B / (1 - rho (1 - B)). It is 1 when the servers cannot keep up.
func ErlangC(c int, a float64) float64 {
	rho := a / float64(c)
	if rho >= 1 {
		return 1
	}
	b := ErlangB(c, a)
	return b / (1 - rho*(1-b))
}

// Wait is the queueing time before one piece of work: it is zero with
// probability 1-Busy, and else a gamma law with mean Mean/Busy.
type Wait struct {
	Busy float64
	// Mean over all pieces of work, in seconds.
	Mean float64
	// Phases is the shape of the gamma law. 0 stands for 1, exponential.
	Phases float64
}

// Variance of the wait in square seconds.
func (w Wait) Variance() float64 {
	if w.Busy <= 0 {
		return 0
	}
	phases := w.Phases
	if phases <= 0 {
		phases = 1
	}
	return (1+1/phases)*w.Mean*w.Mean/w.Busy - w.Mean*w.Mean
}

// WaitOf approximates the wait in a queue of c servers with Poisson arrivals
// at rate lambda and service times of that mean and squared coefficient of
// variation (Allen-Cunneen: (1+cs2)/2 times the wait of M/M/c). It is exact
// for cs2 = 1, and for c = 1 (Pollaczek-Khinchine). The mean is infinite at
// and above saturation.
func WaitOf(c int, lambda, mean, cs2 float64) Wait {
	if c == 0 || lambda == 0 || mean == 0 {
		return Wait{}
	}
	a := lambda * mean
	theta := float64(c)/mean - lambda
	if theta <= 0 {
		return Wait{Busy: 1, Mean: math.Inf(1)}
	}
	busy := ErlangC(c, a)
	return Wait{Busy: busy, Mean: (1 + cs2) / 2 * busy / theta}
}
