package estimate_test

import (
	"math/rand/v2"
	"slices"

	"rung/targets"
)

// This is a discrete-event simulation of a site: first-in-first-out stations
// with several slots that serve long work in pieces, and Poisson arrivals. It
// shares nothing with the model it is the judge of. Times are in seconds.

// step is a wait of its own (a wire), or work at a station.
type step struct {
	delay   float64
	station int // 1 and up; 0 for a delay
	quantum float64
}

// way is one way that a request can go, and the share of requests that do.
type way struct {
	share float64
	steps []step
}

type customer struct {
	arrival, rest float64
	steps         []step
	next          int
	web           int // the server it was sent to
	way           int
}

type station struct {
	free  int
	queue []*customer
}

// happening is something that happens at a time. The turn orders what happens
// at one.
type happening struct {
	at   float64
	turn int
	who  *customer
	done *station // whose piece ends; nil when a delay does, or at an arrival
}

func (h happening) before(other happening) bool {
	return h.at < other.at || (h.at == other.at && h.turn < other.turn)
}

// world is a simulation under way. Station 1 may be several equal servers
// behind a balancer.
type world struct {
	random   *rand.Rand
	ways     []way
	webs     []station
	carried  []int
	turnWeb  int
	policy   targets.Policy
	stations []station // from station 2 on
	agenda   queue[happening]
	turn     int
	took     []outcome
}

// outcome is the way that a request went and the time it took.
type outcome struct {
	way  int
	took float64
}

func (w *world) later(h happening) {
	w.turn++
	h.turn = w.turn
	w.agenda.push(h)
}

// simulate returns the response times of n requests at a rate, sorted.
func simulate(s site, rate float64, n int, seed uint64) []float64 {
	var took []float64
	for _, o := range simulateWays(s, rate, n, seed) {
		took = append(took, o.took)
	}
	slices.Sort(took)
	return took
}

// simulateWays returns the outcomes of n requests at a rate, after a tenth of
// that to warm up.
func simulateWays(s site, rate float64, n int, seed uint64) []outcome {
	w := &world{random: rand.New(rand.NewPCG(seed, 1)), ways: s.ways, webs: make([]station, s.webs), carried: make([]int, s.webs),
		stations: make([]station, len(s.slots)), policy: s.policy}
	for i := range w.webs {
		w.webs[i].free = s.slots[0]
	}
	for i := range w.stations {
		w.stations[i].free = s.slots[i]
	}
	at := 0.0
	for range n + n/10 {
		at += w.random.ExpFloat64() / rate
		w.run(at)
		w.arrive(at)
	}
	w.run(1e18)
	return w.took[n/10:]
}

// run lets everything happen that happens before a time.
func (w *world) run(until float64) {
	for len(w.agenda) > 0 && w.agenda[0].at <= until {
		h := w.agenda.pop()
		if h.done == nil {
			w.proceed(h.who, h.at)
			continue
		}
		if h.who.rest > 1e-12 {
			h.done.queue = append(h.done.queue, h.who) // to the back of the line
		} else {
			h.who.next++
			w.proceed(h.who, h.at)
		}
		h.done.free++
		if len(h.done.queue) > 0 {
			first := h.done.queue[0]
			h.done.queue = h.done.queue[1:]
			w.serve(h.done, first, h.at)
		}
	}
}

func (w *world) arrive(at float64) {
	c := &customer{arrival: at, web: w.choose()}
	u := w.random.Float64()
	for i, way := range w.ways {
		c.way = i
		if c.steps = way.steps; u < way.share {
			break
		}
		u -= way.share
	}
	w.carried[c.web]++
	w.proceed(c, at)
}

// choose picks a web server as a balancer of that policy does.
func (w *world) choose() int {
	n := len(w.webs)
	w.turnWeb = (w.turnWeb + 1) % n
	best := w.turnWeb // the next in turn, also among equals
	switch w.policy {
	case targets.PolicyLeastConnections:
		for i := range n {
			if k := (w.turnWeb + i) % n; w.carried[k] < w.carried[best] {
				best = k
			}
		}
	case targets.PolicyRandomTwo:
		best = w.random.IntN(n)
		if k := w.random.IntN(n); w.carried[k] < w.carried[best] {
			best = k
		}
	case targets.PolicyIPHash: // here: at random
		best = w.random.IntN(n)
	}
	return best
}

// proceed takes a customer to the next step.
func (w *world) proceed(c *customer, at float64) {
	if c.next == len(c.steps) {
		w.carried[c.web]--
		w.took = append(w.took, outcome{c.way, at - c.arrival})
		return
	}
	s := c.steps[c.next]
	if s.station == 0 {
		c.next++
		w.later(happening{at: at + s.delay, who: c})
		return
	}
	place := &w.stations[s.station-1]
	if s.station == 1 {
		place = &w.webs[c.web]
	}
	c.rest = s.delay
	if place.free > 0 {
		w.serve(place, c, at)
		return
	}
	place.queue = append(place.queue, c)
}

func (w *world) serve(place *station, c *customer, at float64) {
	place.free--
	piece := c.rest
	if q := c.steps[c.next].quantum; q > 0 {
		piece = min(piece, q)
	}
	c.rest -= piece
	w.later(happening{at: at + piece, who: c, done: place})
}

func at(sorted []float64, q float64) float64 {
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}
