package estimate

import "rung/targets"

// replicate adds what a write costs each replica, and waits for those that
// the mode wants.
func (m *model) replicate(r *route, s *tier, class targets.Statement) {
	if len(s.replicas) == 0 || r.share < negligible {
		return
	}
	m.applyWrites(r.operation, r.share, s, class)
	r.took(m.ship(s, class)...)
	if mode := s.mode(); mode != targets.ModeAsynchronous {
		if s.acks == nil {
			s.acks = s.acknowledgement(mode)
		}
		r.floor += s.acks.base
		r.last = nil
		r.visits = append(r.visits, visit{fan: s.acks})
	}
}

func (s *tier) mode() targets.Mode { return s.store.Database.Replication.Mode }

// applyWrites adds a share of the requests, of writes that each replica
// applies.
func (m *model) applyWrites(op targets.Operation, share float64, s *tier, class targets.Statement) {
	for _, x := range s.parts {
		if x.primary {
			continue
		}
		demand, n := s.settings().Demand[class], float64(len(x.names))
		if x.applied == nil {
			x.applied = &applied{trip: m.trip(s.primary().node.Name, x.node.Name)}
		}
		a := x.applied
		a.writes += share
		if x.node.Machine.CPU.Slots > 0 && demand.Mean > 0 {
			a.demand, a.cpu = demand.Mean.Seconds(), m.center(x.place, "cpu")
			cv := demand.Variation()
			each := flow{1, a.demand, a.demand * a.demand * (1 + cv*cv)}
			a.cpu.short = a.cpu.short.plus(each.times(share * n)) // every replica does it
			a.cpu.note(item{op, "applied", demand.Mean, len(x.names), share})
			if cut(a.demand, x.node.Machine.Quantum) {
				m.coarse("an applied write of %v is longer than the quantum of the CPU", demand.Mean)
			}
		}
		a.disk = m.center(x.place, "disk")
		a.disk.applied = a
		if access := s.settings().Access; a.disk.slots > 0 {
			a.access, a.spread = access.Mean.Seconds(), access.Variation()*access.Variation()
		}
	}
}

// least is the time of a write that nothing keeps waiting: its way to the
// replica and back, CPU and disk.
func (a *applied) least() float64 { return a.trip + a.demand + a.access }

// acknowledgement is what a write waits for by a mode other than asynchronous:
// the first replica that has it, or the last.
func (s *tier) acknowledgement(mode targets.Mode) *fan {
	f := &fan{first: mode == targets.ModeSemiSynchronous}
	for _, x := range s.parts {
		if x.applied != nil {
			f.branches = append(f.branches, branch{floor: x.applied.least(), share: 1, count: len(x.names), applied: x.applied})
		}
	}
	f.settle()
	return f
}
