package theory_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"rung/bench/theory"
)

// Section 4.3, one server, in service times.
func TestVectorsOfDM1(t *testing.T) {
	for _, row := range []struct{ rho, sigma, wait float64 }{
		{0.5, 0.203188, 0.255001}, {0.8, 0.628630, 1.692731}, {0.9, 0.806900, 4.178659}, {0.95, 0.901695, 9.172434},
	} {
		m := theory.DMc{Servers: 1, Rate: row.rho, Service: 1}
		near(t, "sigma", m.Sigma(), row.sigma, 5e-7)
		near(t, "P(wait)", m.Waits(), row.sigma, 5e-7)
		near(t, "Wq", m.Wait(), row.wait, 5e-7)
	}
	near(t, "M/M/1 Wq", theory.MMc{Servers: 1, Rate: 0.8, Service: 1}.Wait(), 4, 1e-9)
	near(t, "D/M/1 p99", theory.DMc{Servers: 1, Rate: 0.8, Service: 1}.ResponseQuantile(0.99), 12.400484, 5e-7)
	near(t, "M/M/1 p99", theory.MMc{Servers: 1, Rate: 0.8, Service: 1}.ResponseQuantile(0.99), 23.025851, 5e-7)
}

// Section 4.3, four servers: the figures were simulated.
func TestVectorsOfDM4(t *testing.T) {
	m := theory.DMc{Servers: 4, Rate: 3.2, Service: 1}
	near(t, "Wq", m.Wait(), 0.277, 0.005)                 // 0.2725
	near(t, "P(wait)", m.Waits(), 0.407, 0.003)           // 0.4048
	near(t, "wait p99", m.WaitQuantile(0.99), 2.52, 0.03) // 2.4916
}

// found is what arrivals find: the law of the number in the system, by going
// from one arrival to the next until it no longer changes. Departures between
// two arrivals are those of c mu T tries on average (uniformisation).
func found(m theory.DMc, states int) []float64 {
	c := float64(m.Servers)
	tries := c / m.Service / m.Rate
	p := make([]float64, states)
	p[0] = 1
	for range 4000 {
		now := append([]float64{0}, p[:states-1]...) // the arrival itself
		weight := math.Exp(-tries)
		next := make([]float64, states)
		for k := 0; k < 200 && (weight > 1e-18 || float64(k) < tries); k++ {
			for i, v := range now {
				next[i] += weight * v
			}
			for i := 1; i < states; i++ { // one try
				gone := now[i] * min(float64(i), c) / c
				now[i-1] += gone
				now[i] -= gone
			}
			weight *= tries / float64(k+1)
		}
		change := 0.0
		for i := range p {
			change = max(change, math.Abs(next[i]-p[i]))
		}
		if p = next; change < 1e-14 {
			break
		}
	}
	return p
}

// TestDMcIsItsChain holds the closed solution against the chain of what
// arrivals find, played through to its steady state.
func TestDMcIsItsChain(t *testing.T) {
	for _, m := range []theory.DMc{
		{Servers: 1, Rate: 0.8, Service: 1}, {Servers: 2, Rate: 1, Service: 1}, {Servers: 3, Rate: 60, Service: 1.0 / 50}, {Servers: 4, Rate: 3.2, Service: 1},
		{Servers: 8, Rate: 0.72, Service: 10}, {Servers: 20, Rate: 18, Service: 1},
	} {
		p := found(m, 250)
		waits, wait := 0.0, 0.0
		for i, v := range p {
			if i >= m.Servers {
				waits += v
				wait += v * float64(i-m.Servers+1) * m.Service / float64(m.Servers)
			}
		}
		near(t, "P(wait)", m.Waits(), waits, 1e-10)
		near(t, "Wq", m.Wait(), wait, 1e-9*m.Service)
		near(t, "sigma", m.Sigma(), p[m.Servers+3]/p[m.Servers+2], 1e-8)
	}
}

func TestDMcAtItsEnds(t *testing.T) {
	near(t, "no arrivals", theory.DMc{Servers: 3, Service: 1}.Wait(), 0, 0)
	near(t, "few arrivals", theory.DMc{Servers: 1, Rate: 1e-3, Service: 1}.Wait(), 0, 1e-300)
	near(t, "few arrivals at many", theory.DMc{Servers: 900, Rate: 1, Service: 1}.Waits(), 0, 1e-300)
	// In heavy traffic only ca2+cs2 counts: half of M/M/c.
	for _, c := range []int{1, 4, 100} {
		rate := float64(c) * (1 - 1e-6)
		got, want := theory.DMc{Servers: c, Rate: rate, Service: 1}, theory.MMc{Servers: c, Rate: rate, Service: 1}
		near(t, "heavy traffic", got.Wait()/want.Wait(), 0.5, 1e-3)
		near(t, "all wait", got.Waits(), 1, 1e-2)
	}
	// With n servers and an n-fold load, P(wait) goes the same way as staffing.
	many := theory.DMc{Servers: 10_000, Rate: 9900, Service: 1}
	if w := many.Waits(); !(w > 0 && w < (theory.MMc{Servers: 10_000, Rate: 9900, Service: 1}).Waits()) {
		t.Errorf("P(wait) with 10,000 servers is %v", w)
	}
}

func TestConstantArrivalsWaitLess(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		poisson, constant := drawQueue(t)
		const rounding = 1 + 1e-9
		if constant.Wait() > poisson.Wait()*rounding || constant.Waits() > poisson.Waits()*rounding {
			t.Errorf("waits %v and %v, poisson %v and %v", constant.Wait(), constant.Waits(), poisson.Wait(), poisson.Waits())
		}
		q := rapid.Float64Range(0, 0.9999).Draw(t, "q")
		if constant.WaitQuantile(q) > poisson.WaitQuantile(q)*rounding || constant.ResponseQuantile(q) > poisson.ResponseQuantile(q)*rounding {
			t.Errorf("a quantile is above that of poisson arrivals")
		}
	})
}
