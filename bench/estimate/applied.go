package estimate

import "math"

// applied is the stream of writes that each replica of a part applies: CPU
// for each, and one disk access for each batch. The primary ships each write
// at once, whatever is on its way; the next batch is what has come while the
// replica was at the last one, so that the batches grow with the load, and the
// disk is never full of them.
type applied struct {
	// writes per request of the mix.
	writes float64
	// demand is the mean CPU time of a write, access that of the disk for a
	// batch, in seconds; spread is the squared coefficient of variation of
	// the access.
	demand, access, spread float64
	// trip is the round trip between primary and replica, in seconds.
	trip float64
	// cpu is the replicas' CPU, nil when it takes no time; disk their disk.
	cpu, disk *center
}

// stream is what each replica applies at one rate of requests.
type stream struct {
	writes, batches float64 // per second
	// cycle is the time that a replica takes for a batch, in seconds, and idle
	// the share of the time with none at work.
	cycle, idle float64
	// wait is what a batch waits for the CPU and the disk, and behind what a
	// write waits until it is applied, beyond the wire and its own work.
	wait, behind Wait
}

// cycles is the rate of batches when writes come at random and each cycle
// takes a constant time: after a cycle the next one starts at once if anything
// has come, else with the next write. One renewal takes
// cycle + exp(-writes cycle) / writes.
func cycles(writes, cycle float64) float64 {
	if writes <= 0 {
		return 0
	}
	return 1 / (cycle + math.Exp(-writes*cycle)/writes)
}

// at solves for the rate of batches at a rate of requests. Disk is the wait
// for the disk without any batches.
func (a *applied) at(lambda float64, disk Wait) stream {
	s := stream{writes: a.writes * lambda, idle: 1}
	if s.writes <= 0 {
		return s
	}
	cpu := Wait{}
	if a.cpu != nil {
		cpu = a.cpu.at(lambda).wait
	}
	// cycle at a rate of batches: what a batch holds falls with it, and what
	// it waits for at the disk grows.
	cycle := func(batches float64) (float64, Wait) {
		wait := disk
		wait.Mean *= 1 + min(1, batches*(a.access+disk.Mean))
		return cpu.Mean + a.demand*s.writes/batches + wait.Mean + a.access, wait
	}
	low, high := 0.0, s.writes
	for range 60 {
		mid := (low + high) / 2
		if length, _ := cycle(mid); cycles(s.writes, length) > mid {
			low = mid
		} else {
			high = mid
		}
	}
	s.batches = high
	var wait Wait
	s.cycle, wait = cycle(high)
	s.idle = max(0, 1-s.batches*s.cycle)
	s.wait = cpu.and(wait)
	s.behind = s.rest(a.demand).and(s.wait)
	return s
}

// rest is what a write waits that comes while a batch is applied: for the
// rest of the cycle, which is uniform, and for the CPU time of the other writes
// that come in that cycle and are applied with it.
func (s stream) rest(demand float64) Wait {
	busy, others := 1-s.idle, s.writes*s.cycle*demand
	mean := s.cycle/2 + others
	second := s.cycle*s.cycle/12 + mean*mean
	return shaped(busy, busy*mean, busy*second-busy*busy*mean*mean)
}

// shaped is the wait of that mean and variance that is above zero with
// probability busy.
func shaped(busy, mean, variance float64) Wait {
	w := Wait{Busy: min(1, busy), Mean: mean}
	if mean <= 0 || variance <= 0 {
		return w
	}
	if spare := (variance+mean*mean)*w.Busy/(mean*mean) - 1; spare > 0 {
		w.Phases = 1 / spare
	}
	return w
}

// and is the wait at one resource and then at another.
func (w Wait) and(v Wait) Wait {
	return shaped(1-(1-w.Busy)*(1-v.Busy), w.Mean+v.Mean, w.Variance()+v.Variance())
}

// disturbed is the wait at the disk with a stream of batches. There is never
// more than one batch, which comes back when the disk has served it: with a
// batch always there the queue has a permanent customer, whose part of the
// wait is rest/(1-rho) (Boxma and Cohen, "The M/G/1 queue with permanent
// customers", 1991). With few batches it is that of Pollaczek and Khinchine,
// use*rest/(1-rho)^2, and the second is the first at the use of 1-rho that a
// permanent customer has.
func (c *center) disturbed(w Wait, s stream) Wait {
	a := c.applied
	if a.access == 0 || s.batches == 0 {
		return w
	}
	slots := float64(c.slots)
	free := 1 - s.writes/a.writes/c.ceiling() // without the batches
	use := min(s.batches*a.access/slots, free)
	extra := Wait{Busy: use, Mean: use * a.access * (1 + a.spread) / 2 / (slots * free * free), Phases: 1}
	busy := max(w.Busy, ErlangC(c.slots, slots*(1-free+use)))
	return shaped(busy, w.Mean+extra.Mean, w.Variance()+extra.Variance())
}
