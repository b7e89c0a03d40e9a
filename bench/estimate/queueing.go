package estimate

import (
	"math"

	"rung/bench/theory"
)

// ErlangB is theory.ErlangB: the probability that c servers that are offered a
// Erlangs are all busy.
func ErlangB(c int, a float64) float64 { return theory.ErlangB(c, a) }

// ErlangC is theory.ErlangC: the probability that an arrival of an M/M/c queue
// must wait.
func ErlangC(c int, a float64) float64 { return theory.ErlangC(c, a) }

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
	wait := theory.GGm{Servers: c, Rate: lambda, Service: mean, CA2: 1, CS2: cs2}.Wait()
	if math.IsInf(wait, 1) {
		return Wait{Busy: 1, Mean: wait}
	}
	return Wait{Busy: theory.ErlangC(c, lambda*mean), Mean: wait}
}
