package theory

import "math"

// MD1 is the queue M/D/1: Poisson arrivals, services of one constant length,
// one server, one line in order of arrival without an end. Where Outside is
// not empty, times and lengths are +Inf and probabilities 1.
type MD1 struct {
	// Rate of arrivals per second.
	Rate float64
	// Service is the length of every service in seconds.
	Service float64
}

// Assumes says what the model takes for granted.
func (MD1) Assumes() string {
	return "poisson arrivals, services of one constant length, one server, an endless line in order of arrival, steady state"
}

// Outside says why there is no steady state; empty when there is one.
func (m MD1) Outside() string { return station{1, m.Rate, m.Service}.unstable() }

// Wait is the mean time in the line in seconds, rho/(2 (1-rho)) services.
func (m MD1) Wait() float64 { return MG1{Rate: m.Rate, Service: m.Service}.Wait() }

// Response is the mean of wait and service in seconds.
func (m MD1) Response() float64 {
	if m.Outside() != "" {
		return math.Inf(1)
	}
	return m.Wait() + m.Service
}

// WaitTail is P(W > t), t in seconds; 1 below 0. Erlang's formula,
// P(W <= t) = (1-rho) sum over k <= t of (rho (k-t))^k/k! e^(-rho (k-t)) with t
// in services (1909), has terms of both signs that grow beyond what floating
// point can subtract. The same law without a subtraction (Franx, OR Letters
// 29(5), 2001) is, for n-1 <= t < n and y = rho (n-t),
//
//	P(W <= t) = e^-y sum over j < n of y^j/j! P(at most n-j in the system).
//
// From 32 services on the tail is its asymptote K e^(-eta t), with eta the
// root above 0 of rho (e^eta - 1) = eta and K = (1-rho)/(eta - (1-rho)); the
// next term has decayed below 1e-9 of it by then for loads of 0.05 or more, and
// for less load nothing is left. The absolute error is below 1e-13 everywhere.
func (m MD1) WaitTail(t float64) float64 {
	if m.Outside() != "" {
		return 1
	}
	return m.law().tail(t / m.Service)
}

// WaitQuantile is the inverse of WaitTail by bisection, in seconds; +Inf for a
// q outside [0, 1).
func (m MD1) WaitQuantile(q float64) float64 {
	if m.Outside() != "" {
		return math.Inf(1)
	}
	return m.Service * quantileOf(m.law().tail, q, 1)
}

// constants is the law of the wait in M/D/1, in services.
type constants struct {
	rho float64
	// most[n] is P(at most n in the system), for n up to deep.
	most []float64
	// factor and decay of the asymptote; zero without load.
	factor, decay float64
}

// deep is the number of services from which on the asymptote is used.
const deep = 32

func (m MD1) law() constants {
	rho := m.Rate * m.Service
	l := constants{rho: rho, most: make([]float64, deep+1)}
	more := poissonTails(rho, deep)
	// Up-crossings of each level are as many as down-crossings:
	// p(j+1) a(0) = p(0) P(A > j) + sum over 1 <= k <= j of p(k) P(A > j+1-k),
	// where A arrive during a service.
	p := make([]float64, deep+1)
	p[0] = 1 - rho
	none := math.Exp(-rho)
	l.most[0] = p[0]
	for j := range deep {
		up := p[0] * more[j]
		for k := 1; k <= j; k++ {
			up += p[k] * more[j+1-k]
		}
		p[j+1] = up / none
		l.most[j+1] = l.most[j] + p[j+1]
	}
	if rho > 0 {
		l.decay = decayOf(rho)
		l.factor = (1 - rho) / (l.decay - (1 - rho))
	}
	return l
}

// poissonTails are P(A > n) for n = 0..most of a Poisson law of mean rho < 1.
func poissonTails(rho float64, most int) []float64 {
	const beyond = 32 // rho^32/32! is below 1e-35
	terms := make([]float64, most+beyond)
	terms[0] = math.Exp(-rho)
	for i := 1; i < len(terms); i++ {
		terms[i] = terms[i-1] * rho / float64(i)
	}
	tails := make([]float64, most+1)
	rest := 0.0
	for i := len(terms) - 1; i > 0; i-- {
		rest += terms[i]
		if i <= most+1 {
			tails[i-1] = rest
		}
	}
	return tails
}

// decayOf is the root above 0 of rho (e^x - 1) = x, for 0 < rho < 1.
func decayOf(rho float64) float64 {
	below := func(x float64) bool { return rho*math.Expm1(x) < x }
	low, high := 0.0, 1.0
	for below(high) {
		low, high = high, 2*high // e^x overflows long before x does
	}
	for range 200 {
		mid := low + (high-low)/2
		if mid <= low || mid >= high {
			break
		}
		if below(mid) {
			low = mid
		} else {
			high = mid
		}
	}
	return high
}

func (l constants) tail(t float64) float64 {
	switch {
	case !(t >= 0):
		return 1
	case l.rho == 0 || math.IsInf(t, 1):
		return 0
	case t >= deep:
		return min(1, l.factor*math.Exp(-l.decay*t))
	}
	n := int(t) + 1
	y := l.rho * (float64(n) - t)
	term, sum := math.Exp(-y), 0.0
	for j := range n {
		sum += term * l.most[n-j]
		term *= y / float64(j+1)
	}
	return min(1, max(0, 1-sum))
}
