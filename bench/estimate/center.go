package estimate

import (
	"fmt"
	"math"
	"time"

	"rung/targets"
)

// flow is a stream of work: pieces, slot time in seconds, and squared slot
// time of the pieces, each per request or per second.
type flow struct{ pieces, time, square float64 }

func (f flow) times(x float64) flow { return flow{f.pieces * x, f.time * x, f.square * x} }

func (f flow) plus(g flow) flow {
	return flow{f.pieces + g.pieces, f.time + g.time, f.square + g.square}
}

// rest is the mean time that the piece in a busy slot still takes.
func (f flow) rest() float64 {
	if f.time <= 0 {
		return 0
	}
	return f.square / (2 * f.time)
}

// center is one resource of one group of equal nodes.
type center struct {
	node     string // group name
	key      string // of the place
	part     string // of the group, where not all its nodes do the same
	member   *part  // of a store; nil for other work
	resource string // "cpu" or "disk"
	servers  int    // nodes in the group
	slots    int    // of one node
	policy   targets.Policy

	// Work per request of the mix: in one piece, and cut into several.
	short, long flow
	longs       float64 // pieces of work that are cut, per request
	items       []item  // how the time came about
	// applied are batches of writes that take the resource besides, as often
	// as it lets them; nil without.
	applied *applied
}

// item is one kind of work at a center.
type item struct {
	operation targets.Operation
	label     string
	mean      time.Duration
	count     int     // of nodes that each do it
	share     float64 // of all requests
}

// note adds work to the derivation. That of several places adds up.
func (c *center) note(x item) {
	for i := range c.items {
		known := &c.items[i]
		if known.operation == x.operation && known.label == x.label && known.mean == x.mean && known.count == x.count {
			known.share += x.share
			return
		}
	}
	c.items = append(c.items, x)
}

func (x item) String() string {
	times, total := "", x.share*x.mean.Seconds()*1e3*float64(x.count)
	if x.count > 1 {
		times = fmt.Sprintf("%d x ", x.count)
	}
	return fmt.Sprintf("%s: %.3g%% x %s%v (%s) = %.3g ms", x.operation, x.share*100, times, x.mean, x.label, total)
}

// name of the center in a derivation.
func (c *center) name() string {
	if c.part == "" {
		return c.node + " " + c.resource
	}
	return fmt.Sprintf("%s (%s) %s", c.node, c.part, c.resource)
}

// time is the slot time of one request of the mix.
func (c *center) time() float64 { return c.short.time + c.long.time }

func (c *center) ceiling() float64 {
	if c.slots == 0 || c.time() == 0 {
		return math.Inf(1)
	}
	return float64(c.slots*c.servers) / c.time()
}

// derivation of the demands, one line for each resource and its parts.
func (c *center) derivation() []string {
	slots := c.slots * c.servers
	head := fmt.Sprintf("%s: %.4g ms per request, %d slots: ceiling %d / %.4g ms = %.4g/s",
		c.name(), c.time()*1e3, slots, slots, c.time()*1e3, c.ceiling())
	out := []string{head}
	for _, x := range c.items {
		out = append(out, "  "+x.String())
	}
	return out
}

// load is a center at one rate of requests.
type load struct {
	center *center
	// full says that the work is more than the slots can do.
	full bool
	// wait of short work, whatever long work is there: from outside, and
	// right from a slot of the same center.
	wait, again Wait
	// long work, when there is any.
	long *population
	// stays are moments already worked out, by slot time.
	stays map[float64]stay
	// stream of applied batches, where there is one.
	stream stream
}

// stay is how long work of that slot time stays.
func (l load) stay(work float64) stay {
	known, ok := l.stays[work]
	if !ok {
		known = l.long.stay(work)
		l.stays[work] = known
	}
	return known
}

// queues is how many lines the group's servers make, and the slots at each.
// A balancer that counts connections sends a request where a slot is likely
// to be free, which comes near one line for all. One that goes round gives
// short work to all alike, but scatters long work as chance would. The worst,
// chance itself, makes a line of its own at each server.
func (c *center) queues() (queues, slots int) {
	switch c.policy {
	case targets.PolicyLeastConnections, targets.PolicyRandomTwo:
		return 1, c.slots * c.servers
	case targets.PolicyRoundRobin:
		if c.long.pieces == 0 {
			return 1, c.slots * c.servers
		}
	}
	return c.servers, c.slots
}

// at returns the center's load when requests arrive at rate lambda.
func (c *center) at(lambda float64) load {
	l := load{center: c, stays: map[float64]stay{}}
	queues, slots := c.queues()
	each := lambda / float64(queues)
	short, long := c.short.times(each), c.long.times(each)
	switch {
	case slots == 0 || each == 0:
	case short.time+long.time >= float64(slots):
		l.full = true
	case c.long.pieces > 0:
		p := populate(slots, short, long, c.longs*each)
		l.long, l.wait, l.again = &p, p.mixed(p.wait), p.mixed(p.again)
	case c.short.pieces > 0:
		mean := c.short.time / c.short.pieces
		l.wait = WaitOf(slots, short.pieces, mean, max(0, c.short.square/c.short.pieces/(mean*mean)-1))
		l.again = l.wait
	}
	if c.applied != nil && !l.full {
		l.stream = c.applied.at(lambda, l.wait)
		l.wait = c.disturbed(l.wait, l.stream)
		l.again = l.wait
	}
	return l
}

// describe words the load for a derivation.
func (l load) describe(lambda float64) string {
	c := l.center
	text := fmt.Sprintf("%s at %.4g/s: use %.3g%%", c.name(), lambda, 100*lambda/c.ceiling())
	if l.full {
		return text + ": the queue grows without end"
	}
	text += fmt.Sprintf(", P(wait) %.3g, mean wait of one piece %.4g ms", l.wait.Busy, l.wait.Mean*1e3)
	if l.stream.batches > 0 {
		text += fmt.Sprintf("; besides, each replica applies %.4g writes per second in %.4g batches", l.stream.writes, l.stream.batches)
	}
	if l.long != nil {
		text += fmt.Sprintf("; %.3g long jobs there on average, each for %.4g ms = %.3g / %.3g per second",
			l.long.present, l.stay(l.long.work).mean*1e3, l.long.present, l.long.arrivals)
	}
	return text
}
