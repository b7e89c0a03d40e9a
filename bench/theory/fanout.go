package theory

import (
	"fmt"
	"math"
)

// AnySlow is the probability 1 - (1-p)^n that at least one of n independent
// requests is slow when each is with probability p (Dean and Barroso,
// Communications of the ACM 56(2), 2013). Stalls that servers share break the
// independence. It is 1 unless p is from 0 to 1 and n at least 1.
func AnySlow(p float64, n int) float64 {
	if !probability(p) || n < 1 {
		return 1
	}
	return -math.Expm1(float64(n) * math.Log1p(-p))
}

// LeafQuantile is the quantile q^(1/n) that each of n independent requests
// must meet a limit at, so that all of them meet it with probability q. It is
// 1 unless q is from 0 to 1 and n at least 1.
func LeafQuantile(q float64, n int) float64 {
	if !probability(q) || n < 1 {
		return 1
	}
	return math.Pow(q, 1/float64(n))
}

// LongestOf is the mean of the longest of n independent exponential times in
// units of their mean: H_n = 1 + 1/2 + ... + 1/n. Above a million terms it is
// ln n + gamma + 1/(2n) - 1/(12 n^2), which is the same in all digits. It is
// +Inf for an n below 1.
func LongestOf(n int) float64 {
	const euler, exact = 0.57721566490153286, 1_000_000
	switch {
	case n < 1:
		return math.Inf(1)
	case n > exact:
		f := float64(n)
		return math.Log(f) + euler + 1/(2*f) - 1/(12*f*f)
	}
	h := 0.0
	for i := n; i >= 1; i-- { // small terms first
		h += 1 / float64(i)
	}
	return h
}

// ForkJoin is a request that splits into one piece for each of n queues and is
// done when the last piece is: Poisson arrivals, exponential pieces, one server
// for each queue.
type ForkJoin struct {
	// Branches is n, at least 1.
	Branches int
	// Rate of requests per second, which is that of pieces at each queue.
	Rate float64
	// Service is the mean time of a piece in seconds.
	Service float64
}

// mostBranches is how far Nelson and Tantawi compared.
const mostBranches = 32

// Assumes says what the model takes for granted.
func (ForkJoin) Assumes() string {
	return "poisson arrivals, independent exponential pieces, one server per branch, endless lines in order of arrival, steady state; the mean only"
}

// Outside says why the mean does not hold; empty when it does. Above 32
// branches the value is still returned, but its error is not known.
func (f ForkJoin) Outside() string {
	if why := f.unstable(); why != "" {
		return why
	}
	if f.Branches > mostBranches {
		return fmt.Sprintf("%d branches: the approximation has been compared up to %d", f.Branches, mostBranches)
	}
	return ""
}

func (f ForkJoin) unstable() string {
	if f.Branches < 1 {
		return fmt.Sprintf("%d branches: there must be at least one", f.Branches)
	}
	return station{1, f.Rate, f.Service}.unstable()
}

// Response is the mean time until the last piece is done, in seconds: M/M/1
// for one branch; (12-rho)/8 times that for two, exact (Flatto and Hahn, SIAM
// Journal on Applied Mathematics 44, 1984); for more that of two times
// H_n/H_2 + 4 rho/11 (1 - H_n/H_2), with an error below 5% up to 32 branches
// (Nelson and Tantawi, IEEE Transactions on Computers 37(6), 1988). It is +Inf
// without a steady state.
func (f ForkJoin) Response() float64 {
	if f.unstable() != "" {
		return math.Inf(1)
	}
	rho := f.Rate * f.Service
	one := f.Service / (1 - rho)
	if f.Branches == 1 {
		return one
	}
	ratio := LongestOf(f.Branches) / LongestOf(2)
	return (12 - rho) / 8 * one * (ratio + 4*rho/11*(1-ratio))
}

// Hedge is a request that is sent again, to another server, when it has not
// been answered after some delay; the first answer counts (Dean and Barroso
// 2013). The copies are independent, and their load slows nobody.
type Hedge struct {
	// Tail is P(T > t) of one copy, t in seconds: 1 at 0, and falling.
	Tail func(t float64) float64
	// Delay before the second copy in seconds, at least 0.
	Delay float64
}

// Assumes says what the model takes for granted.
func (Hedge) Assumes() string {
	return "copies on different servers are independent, and the added load slows nobody"
}

// Outside says what makes no sense; empty when all does.
func (h Hedge) Outside() string {
	if h.Tail == nil || !sound(h.Delay) {
		return fmt.Sprintf("a hedge after %v s: it needs a delay of at least 0 and the law of one copy", h.Delay)
	}
	return ""
}

// Beyond is P(T > t) with the hedge, F(t) F(t-d) where F is the tail of one
// copy and 1 below 0. It is 1 where Outside is not empty.
func (h Hedge) Beyond(t float64) float64 {
	if h.Outside() != "" || !(t > 0) {
		return 1
	}
	return h.one(t) * h.one(t-h.Delay)
}

// Quantile is the inverse of Beyond by bisection, in seconds. It is +Inf for a
// q outside [0, 1) and where Outside is not empty.
func (h Hedge) Quantile(q float64) float64 {
	if h.Outside() != "" {
		return math.Inf(1)
	}
	return quantileOf(h.Beyond, q, max(h.Delay, 1e-9))
}

// Extra is the share of requests that are sent twice, F(d); 1 where Outside is
// not empty.
func (h Hedge) Extra() float64 {
	if h.Outside() != "" {
		return 1
	}
	return h.one(h.Delay)
}

func (h Hedge) one(t float64) float64 {
	if t < 0 {
		return 1
	}
	if p := h.Tail(t); probability(p) {
		return p
	}
	return 1
}
