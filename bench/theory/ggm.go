package theory

import (
	"fmt"
	"math"
)

// GGm is the queue G/G/m: arrivals and services of any law of which two
// moments are known, m equal servers, one line in order of arrival without an
// end. The means are approximations of heavy traffic. They are exact for
// M/M/m, and for M/G/1.
type GGm struct {
	// Servers, at least 1.
	Servers int
	// Rate of arrivals per second.
	Rate float64
	// Service is the mean service time in seconds.
	Service float64
	// CA2 and CS2 are the squared coefficients of variation of the time
	// between arrivals and of the service time: 0 for constant, 1 for
	// exponential.
	CA2, CS2 float64
}

// heavy is the load from which on heavy-traffic formulas are trusted.
const heavy = 0.7

// Assumes says what the model takes for granted.
func (GGm) Assumes() string {
	return "independent times between arrivals, independent service times, equal servers, " +
		"one endless line in order of arrival, steady state, heavy traffic; means only"
}

// Outside says why the mean does not hold; empty when it does. Below a load of
// 0.7 it does not, unless arrivals are Poisson: at 0.5 D/M/1 waits half of
// what Kingman says. The methods still return their value there; they are
// +Inf only where there is no steady state.
func (m GGm) Outside() string {
	if why := m.unstable(); why != "" {
		return why
	}
	if rho := m.station().load(); m.CA2 != 1 && rho < heavy {
		return fmt.Sprintf("a load of %.3g is below %.1f, where heavy-traffic approximations of arrivals that are not poisson are far off",
			rho, heavy)
	}
	return ""
}

func (m GGm) station() station { return station{m.Servers, m.Rate, m.Service} }

func (m GGm) unstable() string {
	if why := m.station().unstable(); why != "" {
		return why
	}
	if why := variation("arrival", m.CA2); why != "" {
		return why
	}
	return variation("service", m.CS2)
}

// Wait is the mean time in the line in seconds by Allen and Cunneen:
// (ca2+cs2)/2 times that of M/M/m (Allen, Probability, Statistics, and
// Queueing Theory, 1990).
func (m GGm) Wait() float64 {
	if m.unstable() != "" {
		return math.Inf(1)
	}
	s := m.station()
	return (m.CA2 + m.CS2) / 2 * ErlangC(m.Servers, s.offered()) / s.slack()
}

// Sakasegawa is Wait with rho^(sqrt(2(m+1))-1) for Erlang's C, in seconds
// (Sakasegawa, Annals of the Institute of Statistical Mathematics 29, 1977).
// It differs by some percent.
func (m GGm) Sakasegawa() float64 {
	if m.unstable() != "" {
		return math.Inf(1)
	}
	s := m.station()
	return (m.CA2 + m.CS2) / 2 * math.Pow(s.load(), math.Sqrt(2*(float64(m.Servers)+1))-1) / s.slack()
}

// Kingman is the mean time in the line of one server in seconds,
// rho/(1-rho) (ca2+cs2)/2 E[S] (after Kingman, Proceedings of the Cambridge
// Philosophical Society 57, 1961). It is +Inf without a steady state, and for
// more than one server.
func (m GGm) Kingman() float64 {
	if m.unstable() != "" || m.Servers != 1 {
		return math.Inf(1)
	}
	rho := m.station().load()
	return rho / (1 - rho) * (m.CA2 + m.CS2) / 2 * m.Service
}

// Daley is an upper bound of the mean time in the line of one server in
// seconds, ((2-rho) ca2 + rho cs2)/(2 (1-rho)) E[S], at any load (Daley 1977;
// Tran-Gia and Hossfeld, doi 10.25972/WUP-978-3-95826-153-2, 2021). It is +Inf
// without a steady state, and for more than one server.
func (m GGm) Daley() float64 {
	if m.unstable() != "" || m.Servers != 1 {
		return math.Inf(1)
	}
	rho := m.station().load()
	return ((2-rho)*m.CA2 + rho*m.CS2) / (2 * (1 - rho)) * m.Service
}
