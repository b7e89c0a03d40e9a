package simulate

import (
	"math"
	"sort"

	"rung/bench"
)

// arrivals are the requests of one replication in order.
type arrivals struct {
	seed   uint64
	number uint64 // of the next request
	at     int64
	warm   int64
	over   bool

	plan     bench.Plan
	clock    float64 // exact time of the next request
	gap      float64 // mean, in nanoseconds
	constant bool
	measured uint64 // so far, with the next
	requests uint64 // to measure; 0 is any number
	end      float64
	choice
	choices   map[string]choice // by operation
	operation func(uint64) string
}

// choice is some routes to draw from.
type choice struct {
	routes []int32
	shares []float64 // summed up, to 1
}

func (c *choice) add(route int, share float64) {
	if n := len(c.shares); n > 0 {
		share += c.shares[n-1]
	}
	c.routes, c.shares = append(c.routes, int32(route)), append(c.shares, share)
}

// draw returns a route.
func (c *choice) draw(d *dice) int32 {
	last := len(c.shares) - 1
	u := d.uniform() * c.shares[last]
	if last == 0 {
		return c.routes[0]
	}
	return c.routes[min(sort.SearchFloat64s(c.shares, u), last)]
}

func newArrivals(n Network, c Config, replication int) *arrivals {
	a := &arrivals{seed: mix(c.Seed*golden + uint64(replication) + 1), warm: int64(c.Warm), plan: c.Plan,
		constant: c.Arrivals == bench.ArrivalsConstant, requests: c.Requests, end: math.Inf(1)}
	if c.Rate > 0 {
		a.gap = 1e9 / c.Rate
	}
	if c.Length > 0 {
		a.end = float64(c.Warm + c.Length)
	}
	a.operation, a.choices = c.Operation, map[string]choice{}
	for i, r := range n.Routes {
		if r.Share <= 0 {
			continue
		}
		a.add(i, r.Share)
		if c.Operation != nil {
			of := a.choices[r.Operation]
			of.add(i, r.Share)
			a.choices[r.Operation] = of
		}
	}
	a.number-- // the first one is number 0
	a.next()
	return a
}

// next moves to the next request.
func (a *arrivals) next() {
	a.number++
	if a.plan != nil {
		if a.over = a.number >= a.plan.Count(); !a.over {
			a.at = int64(a.plan.At(a.number))
		}
		return
	}
	if a.requests > 0 && a.measured >= a.requests {
		a.over = true
		return
	}
	gap := a.gap
	if !a.constant {
		d := dice(mix(a.seed + golden*a.number))
		gap *= d.exponential()
	}
	a.clock += gap
	a.at = int64(a.clock)
	a.over = a.clock >= a.end
	if a.at >= a.warm {
		a.measured++
	}
}

// route draws the way of a request.
func (a *arrivals) route(d *dice) int32 {
	if a.operation != nil {
		if of, ok := a.choices[a.operation(a.number)]; ok {
			return of.draw(d)
		}
	}
	return a.draw(d)
}
