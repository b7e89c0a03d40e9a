package theory

import (
	"fmt"
	"math"
)

// MMcK is the queue M/M/c/K: as MMc, but only K have room in line and service
// together, and who finds no room is lost. It has a steady state at any load
// (Kleinrock, Queueing Systems I, 1975, 3.6). The methods take K steps. Where
// Outside is not empty, times and lengths are +Inf and the loss is 1.
type MMcK struct {
	// Servers, at least 1.
	Servers int
	// Rate of arrivals per second, those that are lost included.
	Rate float64
	// Service is the mean service time in seconds.
	Service float64
	// Room is K, at least Servers and at most 10 million.
	Room int
}

// mostRoom bounds the states that are added up.
const mostRoom = 10_000_000

// Assumes says what the model takes for granted.
func (MMcK) Assumes() string {
	return "poisson arrivals, exponential service times, equal servers, a line with an end; who is lost does not come again"
}

// Outside says which parameter makes no sense; empty when all do.
func (m MMcK) Outside() string {
	if why := (station{m.Servers, m.Rate, m.Service}).invalid(); why != "" {
		return why
	}
	if m.Room < m.Servers || m.Room > mostRoom {
		return fmt.Sprintf("room for %d: it must be from the number of servers, %d, to %d", m.Room, m.Servers, mostRoom)
	}
	if a := m.Rate * m.Service; math.IsInf(a, 1) {
		return fmt.Sprintf("%v arrivals/s of %v s each are more than can be counted", m.Rate, m.Service)
	}
	return ""
}

// Drop is the share of arrivals that find no room, p(K).
func (m MMcK) Drop() float64 {
	if m.Outside() != "" {
		return 1
	}
	return m.states().full
}

// InSystem is the mean number that wait or are served.
func (m MMcK) InSystem() float64 {
	if m.Outside() != "" {
		return math.Inf(1)
	}
	return m.states().mean
}

// Throughput is the rate of those that are served, lambda (1 - p(K)), which is
// mu times the mean number of busy servers; 0 where Outside is not empty.
func (m MMcK) Throughput() float64 {
	if m.Outside() != "" {
		return 0
	}
	return m.states().busy / m.Service
}

// Response is the mean of wait and service in seconds of those that are not
// lost, by Little's law; the service time when none comes.
func (m MMcK) Response() float64 {
	if m.Outside() != "" {
		return math.Inf(1)
	}
	if s := m.states(); s.busy > 0 {
		return s.mean / s.busy * m.Service
	}
	return m.Service
}

// occupancy is p(K), the mean number in the system, and that of busy servers.
type occupancy struct{ full, mean, busy float64 }

// states adds up p(n) = p(n-1) a / min(n, c), scaled down before it overflows.
func (m MMcK) states() occupancy {
	a := m.Rate * m.Service
	p, sum, mean, busy := 1.0, 1.0, 0.0, 0.0
	for n := 1; n <= m.Room; n++ {
		p *= a / float64(min(n, m.Servers))
		const large, beyond = 1e120, 1e280
		if p > beyond {
			// One more is beyond all numbers likelier than one less.
			p, sum, mean, busy = 1, 1, float64(n), float64(min(n, m.Servers))
			continue
		}
		sum += p
		mean += float64(n) * p
		busy += float64(min(n, m.Servers)) * p
		if sum > large {
			p, mean, busy, sum = p/sum, mean/sum, busy/sum, 1
		}
	}
	return occupancy{p / sum, mean / sum, busy / sum}
}
