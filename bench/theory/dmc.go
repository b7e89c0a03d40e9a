package theory

import "math"

// DMc is the queue D/M/c: arrivals at equal distances, which is what a
// constant-rate attack sends, exponential service, c equal servers, one line in
// order of arrival without an end. It is GI/M/c with constant distances, and
// exact: the wait is zero with probability 1-P, and else exponential at the
// rate c mu (1-sigma), where sigma is the root below 1 of
// sigma = exp(-(1-sigma)/rho), and P follows from the chain of what arrivals
// find (Takacs, Introduction to the Theory of Queues, 1962, ch. 2; Kleinrock,
// Queueing Systems I, 1975, 6.3). Where Outside is not empty, times and
// lengths are +Inf and probabilities 1.
type DMc struct {
	// Servers, at least 1.
	Servers int
	// Rate of arrivals per second.
	Rate float64
	// Service is the mean service time in seconds.
	Service float64
}

// Assumes says what the model takes for granted.
func (DMc) Assumes() string {
	return "arrivals at equal distances, exponential service times, equal servers, one endless line in order of arrival, steady state"
}

// Outside says why there is no steady state; empty when there is one.
func (m DMc) Outside() string { return station(m).unstable() }

// Load is rho = a/c, +Inf for parameters that make no sense.
func (m DMc) Load() float64 { return loadOf(station(m)) }

// Sigma is the root that the queue's tail follows: an arrival that must wait
// finds n more before it with probability (1-sigma) sigma^n. It is 1 where
// Outside is not empty.
func (m DMc) Sigma() float64 {
	if m.Outside() != "" {
		return 1
	}
	return 1 - distance(station(m).load())
}

// Waits is the probability that an arrival must wait.
func (m DMc) Waits() float64 {
	if m.Outside() != "" {
		return 1
	}
	return m.delay().busy
}

// Wait is the mean time in the line in seconds, P/(c mu (1-sigma)).
func (m DMc) Wait() float64 {
	if m.Outside() != "" {
		return math.Inf(1)
	}
	return m.delay().mean()
}

// Queue is the mean length of the line over time, lambda Wq.
func (m DMc) Queue() float64 {
	if m.Outside() != "" {
		return math.Inf(1)
	}
	return m.Rate * m.Wait()
}

// Response is the mean of wait and service in seconds.
func (m DMc) Response() float64 {
	if m.Outside() != "" {
		return math.Inf(1)
	}
	return m.Wait() + m.Service
}

// WaitTail is P(W > t) = P e^(-c mu (1-sigma) t), t in seconds; 1 below 0.
func (m DMc) WaitTail(t float64) float64 {
	if m.Outside() != "" {
		return 1
	}
	return m.delay().waits(t)
}

// WaitQuantile is the inverse of WaitTail in seconds, +Inf for a q outside
// [0, 1).
func (m DMc) WaitQuantile(q float64) float64 {
	if m.Outside() != "" {
		return math.Inf(1)
	}
	return m.delay().waitAt(q)
}

// ResponseTail is P(R > t), t in seconds. For one server it is
// e^(-mu (1-sigma) t).
func (m DMc) ResponseTail(t float64) float64 {
	if m.Outside() != "" {
		return 1
	}
	return m.delay().lasts(t)
}

// ResponseQuantile is the inverse of ResponseTail by bisection, in seconds;
// +Inf for a q outside [0, 1).
func (m DMc) ResponseQuantile(q float64) float64 {
	if m.Outside() != "" {
		return math.Inf(1)
	}
	return quantileOf(m.delay().lasts, q, m.Service)
}

func (m DMc) delay() delay {
	s := station(m)
	mu := 1 / m.Service
	if m.Rate == 0 {
		return delay{busy: 0, theta: s.slack(), mu: mu}
	}
	return delay{busy: m.busy(), theta: float64(m.Servers) * mu * distance(s.load()), mu: mu}
}

// busy is P = 1 / (1 + (1-sigma) sum over r = 1..c of
//
//	binomial(c,r) / (K_r (1-phi_r)) * (c (1-phi_r) - r) / (c (1-sigma) - r)),
//
// with phi_r = exp(-r mu/lambda) and K_r the product of phi_i/(1-phi_i) for
// i = 1..r. No term is negative: r/c on either side of 1-sigma changes the sign
// of both parts of the last quotient, which is taken here as
// 1 + phi_r (e^(-d/rho) - 1)/d with d = 1-sigma-r/c, so that nothing cancels.
func (m DMc) busy() float64 {
	rho, c := station(m).load(), float64(m.Servers)
	if rho < 1e-3 {
		return 0 // it is below e^-((c+1)/(2 rho)), the least number there is
	}
	end := distance(rho) // 1-sigma
	sum, logs := 0.0, 0.0
	for r := 1; r <= m.Servers; r++ {
		x := float64(r) / c
		rest := -math.Expm1(-x / rho) // 1-phi_r
		logs += math.Log((c-float64(r)+1)/float64(r)) + x/rho + math.Log(rest)
		d := end - x
		slope := -1 / rho
		if d != 0 {
			slope = math.Expm1(-d/rho) / d
		}
		sum += math.Exp(logs) / rest * max(0, 1+math.Exp(-x/rho)*slope)
		if math.IsInf(sum, 1) {
			return 0
		}
	}
	return 1 / (1 + end*sum)
}

// distance is 1-sigma: the root above 0 of y = 1 - exp(-y/rho), which lies
// below 1, for 0 < rho < 1; 1 at a rho of 0.
func distance(rho float64) float64 {
	if rho == 0 {
		return 1
	}
	low, high := 0.0, 1.0
	for range 200 {
		mid := low + (high-low)/2
		if mid <= low || mid >= high {
			break
		}
		if -math.Expm1(-mid/rho) > mid {
			low = mid
		} else {
			high = mid
		}
	}
	return high
}
