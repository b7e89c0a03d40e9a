package theory

import (
	"fmt"
	"math"
)

// Closed is a closed system of one class: a fixed number of users (virtual
// users, connections of a pool) send the next request only when the last one
// has been answered and they have thought. It is solved by mean value analysis
// (Reiser and Lavenberg, Journal of the ACM 27(2), 1980), exact for product
// form: each part is one server, either exponential and in order of arrival, or
// shared equally by all that are there, with any law of service.
type Closed struct {
	// Demands are the seconds that a request needs of each part in all its
	// visits, each of at least 0 and at least one above 0.
	Demands []float64
	// Think is the mean time between an answer and the next request, seconds.
	Think float64
}

// ClosedPoint is the steady state with so many users.
type ClosedPoint struct {
	Users int
	// Rate is the throughput per second, Response the mean time from request
	// to answer in seconds.
	Rate, Response float64
	// Use, Queue and Residence are by part: the share of time it works, the
	// mean number that are there, and the seconds that a request spends there.
	Use, Queue, Residence []float64
}

// mostUsers bounds the steps of the analysis, one for each user.
const mostUsers = 1_000_000

// Assumes says what the model takes for granted.
func (Closed) Assumes() string {
	return "a fixed number of equal users, one request each at a time, product form, steady state"
}

// Outside says which demand makes no sense; empty when all do.
func (c Closed) Outside() string {
	if !sound(c.Think) {
		return fmt.Sprintf("a think time of %v s: it must be zero or positive, and finite", c.Think)
	}
	for i, d := range c.Demands {
		if !sound(d) {
			return fmt.Sprintf("demand %d of %v s: it must be zero or positive, and finite", i, d)
		}
	}
	if d, most := c.demand(); !(most > 0) || math.IsInf((d+c.Think)*(mostUsers+1), 1) || math.IsInf(1/most, 1) {
		return "no demand is above 0, or together they are beyond all numbers"
	}
	return ""
}

// At solves for a number of users, 1 to a million, by
// R_k(n) = D_k (1 + Q_k(n-1)), X = n/(Z + sum R_k), Q_k = X R_k.
func (c Closed) At(users int) (ClosedPoint, error) {
	if why := c.Outside(); why != "" {
		return ClosedPoint{}, fmt.Errorf("closed system: %s", why)
	}
	if users < 1 || users > mostUsers {
		return ClosedPoint{}, fmt.Errorf("closed system with %d users: there must be 1 to %d", users, mostUsers)
	}
	n := len(c.Demands)
	p := ClosedPoint{Users: users, Use: make([]float64, n), Queue: make([]float64, n), Residence: make([]float64, n)}
	for i := 1; i <= users; i++ {
		p.Response = 0
		for k, d := range c.Demands {
			p.Residence[k] = d * (1 + p.Queue[k])
			p.Response += p.Residence[k]
		}
		p.Rate = float64(i) / (c.Think + p.Response)
		for k, r := range p.Residence {
			p.Queue[k] = p.Rate * r
		}
	}
	for k, d := range c.Demands {
		p.Use[k] = p.Rate * d
	}
	return p, nil
}

// Bounds of the throughput with so many users, whatever the laws of the
// service times: from n/(n D + Z) to min(n/(D+Z), 1/Dmax) (Denning and Buzen
// 1978; Muntz and Wong 1974). They are 0 and +Inf where Outside is not empty
// or there is no user.
func (c Closed) Bounds(users int) (low, high float64) {
	if c.Outside() != "" || users < 1 {
		return 0, math.Inf(1)
	}
	n := float64(users)
	d, most := c.demand()
	return n / (n*d + c.Think), min(n/(d+c.Think), 1/most)
}

// Knee is N* = (D+Z)/Dmax, the number of users above which they must queue;
// +Inf where Outside is not empty.
func (c Closed) Knee() float64 {
	if c.Outside() != "" {
		return math.Inf(1)
	}
	d, most := c.demand()
	return (d + c.Think) / most
}

func (c Closed) demand() (sum, most float64) {
	for _, d := range c.Demands {
		sum += d
		most = max(most, d)
	}
	return sum, most
}
