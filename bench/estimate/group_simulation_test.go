package estimate_test

import (
	"container/heap"
	"math/rand/v2"
	"slices"

	"rung/targets"
)

// This is a discrete-event simulation of a primary and its replicas: reads
// that pick the less busy of two replicas, writes that commit at the primary,
// and a stream of batches to each replica, one on its way at a time. Times are
// in seconds. It shares nothing with the model.

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

type timeline struct {
	now    float64
	turn   int
	agenda []agendum
}

func (t *timeline) Len() int { return len(t.agenda) }
func (t *timeline) Less(i, j int) bool {
	a, b := t.agenda[i], t.agenda[j]
	return a.at < b.at || (a.at == b.at && a.turn < b.turn)
}
func (t *timeline) Swap(i, j int) { t.agenda[i], t.agenda[j] = t.agenda[j], t.agenda[i] }
func (t *timeline) Push(x any)    { t.agenda = append(t.agenda, x.(agendum)) }
func (t *timeline) Pop() any {
	last := t.agenda[len(t.agenda)-1]
	t.agenda = t.agenda[:len(t.agenda)-1]
	return last
}

func (t *timeline) after(d float64, do func()) {
	t.turn++
	heap.Push(t, agendum{t.now + d, t.turn, do})
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
	shipping  bool
}

func (g group) simulate(seed uint64) seen {
	t := &timeline{}
	dice := rand.New(rand.NewPCG(seed, 9))
	members := make([]*database, g.replicas+1) // the first is primary
	for i := range members {
		members[i] = &database{cpu: resource{t: t, free: g.slots}, disk: resource{t: t, free: 1}}
	}
	out, batches := seen{}, 0
	var ship func(d *database)
	ship = func(d *database) {
		if d.shipping || len(d.pending) == 0 {
			return
		}
		d.shipping = true
		batch := d.pending
		d.pending = nil
		batches++
		t.after(g.oneWay, func() {
			d.cpu.serve(float64(len(batch))*g.writeCPU, func() {
				d.disk.serve(g.disk, func() {
					for _, applied := range batch {
						applied(t.now)
					}
					t.after(g.oneWay, func() { d.shipping = false; ship(d) })
				})
			})
		})
	}
	read := func() {
		from, begin := members[1:], t.now
		if g.all {
			from = members
		}
		d := from[dice.IntN(len(from))]
		if other := from[dice.IntN(len(from))]; other.calls < d.calls {
			d = other
		}
		d.calls++
		done := func() { d.calls--; out.reads = append(out.reads, t.now-begin) }
		missed := dice.Float64() < g.miss
		d.cpu.serve(g.readCPU, func() {
			if missed {
				d.disk.serve(g.disk, done)
				return
			}
			done()
		})
	}
	write := func() {
		begin, wanted := t.now, map[targets.Mode]int{targets.ModeSemiSynchronous: 1, targets.ModeSynchronous: g.replicas}[g.mode]
		p := members[0]
		p.cpu.serve(g.writeCPU, func() {
			p.disk.serve(g.disk, func() {
				committed, held := t.now, 0
				if wanted == 0 {
					out.writes = append(out.writes, t.now-begin)
				}
				for _, d := range members[1:] {
					d.pending = append(d.pending, func(at float64) {
						out.lags = append(out.lags, at-committed)
						if held++; held == wanted {
							t.after(g.oneWay, func() { out.writes = append(out.writes, t.now-begin) })
						}
					})
					ship(d)
				}
			})
		})
	}
	rate := g.reads + g.writes
	var arrive func()
	left := g.requests
	arrive = func() {
		if dice.Float64() < g.reads/rate {
			read()
		} else {
			write()
		}
		if left--; left > 0 {
			t.after(dice.ExpFloat64()/rate, arrive)
		}
	}
	t.after(0, arrive)
	last := 0.0
	for t.Len() > 0 {
		next := heap.Pop(t).(agendum)
		t.now = next.at
		if left > 0 {
			last = t.now
		}
		next.do()
	}
	out.batches = float64(batches) / last / float64(g.replicas)
	slices.Sort(out.reads)
	slices.Sort(out.writes)
	slices.Sort(out.lags)
	return out
}
