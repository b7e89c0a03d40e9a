package estimate

import (
	"math"
	"time"

	"rung/bench/simulate"
	"rung/targets"
)

// nothing is work, in seconds per request, that counts as none.
const nothing = 1e-15

// work adds work at a resource. Work at a CPU that is longer than the quantum
// is cut into pieces that queue one after another.
func (m *model) work(r *route, at place, resource string, law targets.Law, label string) {
	spec, quantum := at.node.Machine.CPU, at.node.Machine.Quantum
	if resource == "disk" {
		spec, quantum = at.node.Machine.Disk, 0
	}
	if spec.Slots == 0 || r.share*law.Mean.Seconds() < nothing {
		return
	}
	c := m.center(at, resource)
	c.note(item{r.operation, label, law.Mean, 1, r.share})
	r.took(simulate.Work(m.draft.station(at, resource), law))
	mean, cv := law.Mean.Seconds(), law.Variation()
	if cv > 1 {
		m.coarse("work varies more than a gamma law can say: cv %.3g is above 1", cv)
	}
	if cv > 0 {
		r.served += mean
		r.spread += cv * cv * mean * mean
	} else {
		r.floor += mean
	}
	if cut(mean, quantum) {
		c.long = c.long.plus(pieces(mean, quantum).times(r.share))
		c.longs += r.share
		r.visits = append(r.visits, visit{center: c, long: mean, spread: cv * cv * mean * mean})
		r.last = c
		return
	}
	c.short = c.short.plus(flow{1, mean, mean * mean * (1 + cv*cv)}.times(r.share))
	r.visits = append(r.visits, visit{center: c, again: r.last == c})
	r.last = c
}

func cut(mean float64, quantum time.Duration) bool {
	return quantum > 0 && mean > quantum.Seconds()
}

// pieces of one piece of work of that mean, cut by the quantum.
func pieces(mean float64, quantum time.Duration) flow {
	q := quantum.Seconds()
	whole := math.Floor(mean/q + 1e-9)
	rest := max(0, mean-whole*q)
	f := flow{whole, mean, whole*q*q + rest*rest}
	if rest > 1e-12 {
		f.pieces++
	}
	return f
}
