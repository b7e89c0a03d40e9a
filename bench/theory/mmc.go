package theory

import "math"

// MMc is the queue M/M/c: Poisson arrivals, exponential service, c equal
// servers, one line in order of arrival without an end. All methods are in
// closed form (Kleinrock, Queueing Systems I, 1975). Where Outside is not
// empty, times and lengths are +Inf and probabilities 1.
type MMc struct {
	// Servers, at least 1.
	Servers int
	// Rate of arrivals per second.
	Rate float64
	// Service is the mean service time in seconds.
	Service float64
}

// Assumes says what the model takes for granted.
func (MMc) Assumes() string {
	return "poisson arrivals, exponential service times, equal servers, one endless line in order of arrival, steady state"
}

// Outside says why there is no steady state; empty when there is one.
func (m MMc) Outside() string { return station(m).unstable() }

// Load is rho = a/c, +Inf for parameters that make no sense.
func (m MMc) Load() float64 { return loadOf(station(m)) }

// Waits is Erlang C, the probability that an arrival must wait.
func (m MMc) Waits() float64 {
	if m.Outside() != "" {
		return 1
	}
	return ErlangC(m.Servers, station(m).offered())
}

// Wait is the mean time in the line in seconds, Wq = C/theta with
// theta = c mu - lambda.
func (m MMc) Wait() float64 {
	if m.Outside() != "" {
		return math.Inf(1)
	}
	return m.delay().mean()
}

// Queue is the mean length of the line, Lq = lambda Wq.
func (m MMc) Queue() float64 {
	if m.Outside() != "" {
		return math.Inf(1)
	}
	return m.Rate * m.Wait()
}

// Response is the mean of wait and service in seconds.
func (m MMc) Response() float64 {
	if m.Outside() != "" {
		return math.Inf(1)
	}
	return m.Wait() + m.Service
}

// InSystem is the mean number that wait or are served, L = lambda R.
func (m MMc) InSystem() float64 {
	if m.Outside() != "" {
		return math.Inf(1)
	}
	return m.Rate * m.Response()
}

// WaitTail is P(W > t) = C e^(-theta t), t in seconds; 1 below 0.
func (m MMc) WaitTail(t float64) float64 {
	if m.Outside() != "" {
		return 1
	}
	return m.delay().waits(t)
}

// WaitQuantile is max(0, ln(C/(1-q))/theta) in seconds, +Inf for a q outside
// [0, 1).
func (m MMc) WaitQuantile(q float64) float64 {
	if m.Outside() != "" {
		return math.Inf(1)
	}
	return m.delay().waitAt(q)
}

// ResponseTail is P(R > t), t in seconds:
// (1-C) e^(-mu t) + C (theta e^(-mu t) - mu e^(-theta t))/(theta - mu).
func (m MMc) ResponseTail(t float64) float64 {
	if m.Outside() != "" {
		return 1
	}
	return m.delay().lasts(t)
}

// ResponseQuantile is the inverse of ResponseTail by bisection, in seconds;
// +Inf for a q outside [0, 1).
func (m MMc) ResponseQuantile(q float64) float64 {
	if m.Outside() != "" {
		return math.Inf(1)
	}
	return quantileOf(m.delay().lasts, q, m.Service)
}

func (m MMc) delay() delay {
	s := station(m)
	return delay{busy: ErlangC(m.Servers, s.offered()), theta: s.slack(), mu: 1 / m.Service}
}

func loadOf(s station) float64 {
	if s.invalid() != "" {
		return math.Inf(1)
	}
	return s.load()
}
