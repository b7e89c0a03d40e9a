package estimate_test

import (
	"math/rand/v2"
	"slices"

	"rung/targets"
)

// This is a discrete-event simulation of a primary and its replicas: reads
// that pick the less busy of two replicas, writes that commit at the primary,
// and a stream of writes to each replica, which applies those that have come in
// one batch, one batch at a time. Times are in seconds. It shares nothing with the model.

// group is the system that is simulated.
type group struct {
	replicas           int
	reads, writes      float64 // per second
	readCPU, writeCPU  float64
	disk, miss, oneWay float64
	slots              int
	mode               targets.Mode
	all                bool // reads go to the primary too
	requests           int
}

// seen is what came of it, sorted.
type seen struct {
	reads, writes, lags []float64
	batches             float64 // per second at each replica
}

type agendum struct {
	at   float64
	turn int
	do   func()
}

func (a agendum) before(b agendum) bool { return a.at < b.at || (a.at == b.at && a.turn < b.turn) }

type timeline struct {
	now    float64
	turn   int
	agenda queue[agendum]
}

func (t *timeline) after(d float64, do func()) {
	t.turn++
	t.agenda.push(agendum{t.now + d, t.turn, do})
}

// resource serves in the order of arrival.
type resource struct {
	t     *timeline
	free  int
	queue []func()
}

func (r *resource) serve(d float64, done func()) {
	start := func() {
		r.free--
		r.t.after(d, func() {
			r.free++
			if len(r.queue) > 0 {
				next := r.queue[0]
				r.queue = r.queue[1:]
				next()
			}
			done()
		})
	}
	if r.free > 0 {
		start()
		return
	}
	r.queue = append(r.queue, start)
}

// database is one member.
type database struct {
	cpu, disk resource
	calls     int
	pending   []func(at float64) // writes to apply
	applying  bool
}

// cluster is a group at work.
type cluster struct {
	group
	t       *timeline
	dice    *rand.Rand
	members []*database // the first is primary
	out     seen
	batches int
	left    int
}

func (g group) simulate(seed uint64) seen {
	c := &cluster{group: g, t: &timeline{}, dice: rand.New(rand.NewPCG(seed, 9)), left: g.requests}
	for range g.replicas + 1 {
		c.members = append(c.members, &database{cpu: resource{t: c.t, free: g.slots}, disk: resource{t: c.t, free: 1}})
	}
	c.t.after(0, c.arrive)
	last := 0.0
	for len(c.t.agenda) > 0 {
		next := popAgendum(c.t)
		c.t.now = next.at
		if c.left > 0 {
			last = next.at
		}
		next.do()
	}
	c.out.batches = float64(c.batches) / last / float64(g.replicas)
	slices.Sort(c.out.reads)
	slices.Sort(c.out.writes)
	slices.Sort(c.out.lags)
	return c.out
}

func (c *cluster) arrive() {
	rate := c.reads + c.writes
	if c.dice.Float64() < c.reads/rate {
		c.read()
	} else {
		c.write()
	}
	if c.left--; c.left > 0 {
		c.t.after(c.dice.ExpFloat64()/rate, c.arrive)
	}
}

// read goes to the less busy of two replicas.
func (c *cluster) read() {
	replicas, begin := c.members[1:], c.t.now
	d := replicas[c.dice.IntN(len(replicas))]
	if other := replicas[c.dice.IntN(len(replicas))]; other.calls < d.calls {
		d = other
	}
	d.calls++
	done := func() { d.calls--; c.out.reads = append(c.out.reads, c.t.now-begin) }
	missed := c.dice.Float64() < c.miss
	d.cpu.serve(c.readCPU, func() {
		if missed {
			d.disk.serve(c.disk, done)
			return
		}
		done()
	})
}

// write commits at the primary, and waits for replicas by the mode.
func (c *cluster) write() {
	begin, wanted := c.t.now, map[targets.Mode]int{targets.ModeSemiSynchronous: 1, targets.ModeSynchronous: c.replicas}[c.mode]
	done := func() { c.out.writes = append(c.out.writes, c.t.now-begin) }
	p := c.members[0]
	commit := func() {
		committed, held := c.t.now, 0
		if wanted == 0 {
			done()
		}
		for _, d := range c.members[1:] {
			applied := func(at float64) {
				c.out.lags = append(c.out.lags, at-committed)
				if held++; held == wanted {
					c.t.after(c.oneWay, done)
				}
			}
			c.t.after(c.oneWay, func() {
				d.pending = append(d.pending, applied)
				c.apply(d)
			})
		}
	}
	p.cpu.serve(c.writeCPU, func() { p.disk.serve(c.disk, commit) })
}

// apply has a replica apply what has come, unless it is at a batch.
func (c *cluster) apply(d *database) {
	if d.applying || len(d.pending) == 0 {
		return
	}
	batch := d.pending
	d.applying, d.pending = true, nil
	c.batches++
	d.cpu.serve(float64(len(batch))*c.writeCPU, func() {
		d.disk.serve(c.disk, func() {
			d.applying = false
			for _, applied := range batch {
				applied(c.t.now)
			}
			c.apply(d)
		})
	})
}

func popAgendum(t *timeline) agendum { return t.agenda.pop() }
