package estimate

import (
	"fmt"

	"rung/targets"
)

// The parts of a replicated store, whose nodes do not do the same. A store
// that stands alone has no parts.
const (
	primaryPart = "primary"
	replicaPart = "replicas"
)

func (m *model) primary() place {
	at := m.at(m.path.store)
	if len(m.path.replicas) > 0 {
		at.part = primaryPart
	}
	return at
}

// settings of the store; those of its replicas are the same.
func (m *model) settings() targets.KeyValue {
	if d := m.path.store.Database; d != nil {
		return d.Storage()
	}
	return *m.path.store.KeyValue
}

// replicaReads is the share of reads that replicas answer.
func (m *model) replicaReads() float64 {
	n := float64(len(m.path.replicas))
	switch {
	case n == 0:
		return 0
	case m.path.web().Web.Reads == targets.ReadsReplicas:
		return 1
	case m.path.web().Web.Reads == targets.ReadsAll:
		return n / (n + 1)
	}
	return 0 // from the primary, which is also the default
}

func writes(v targets.Visit) bool {
	return v.Statement == targets.StatementWrite || v.Statement == targets.StatementSet
}

// query adds an operation's statements. Where a page may miss, the route
// forks: one branch finds it in memory, the other waits for the disk.
func (m *model) query(r *route) []*route {
	routes := []*route{r}
	seen := map[string]bool{}
	for _, v := range targets.Visits(r.operation, m.path.store.Kind, m.workload.Data) {
		page := v.Page
		if seen[page] { // the second look at a page finds it in memory
			page = ""
		}
		seen[v.Page] = true
		var next []*route
		for _, r := range routes {
			next = append(next, m.statement(r, v.Statement, page, writes(v))...)
		}
		routes = next
	}
	return routes
}

// statement sends one statement to the member that answers it.
func (m *model) statement(r *route, class targets.Statement, page string, write bool) []*route {
	if write {
		return m.write(r, class, page)
	}
	var routes []*route
	switch share := m.replicaReads(); share {
	case 0:
	case 1:
		return m.ask(r, m.tier(m.path.replicas, replicaPart), class, page)
	default:
		routes = m.ask(r.fork(share), m.tier(m.path.replicas, replicaPart), class, page)
	}
	return append(routes, m.ask(r, m.primary(), class, page)...)
}

// ask adds a statement's round trip, its CPU time and, where it misses, the
// page's disk access.
func (m *model) ask(r *route, at place, class targets.Statement, page string) []*route {
	s := m.settings()
	m.travel(r, m.path.home().Name, at.node.Name, 1)
	m.work(r, at, "cpu", s.Demand[class], string(class))
	if page == "" {
		return []*route{r}
	}
	routes := []*route{r}
	if miss := r.fork(m.misses[at.part][page]); miss != nil {
		m.work(miss, at, "disk", s.Access, "page miss")
		routes = append(routes, miss)
	}
	return routes
}

// write adds a write at the primary, its commit, and what its replicas do.
func (m *model) write(r *route, class targets.Statement, page string) []*route {
	at := m.primary()
	routes := m.ask(r, at, class, page)
	for _, r := range routes {
		m.work(r, at, "disk", m.settings().Access, "commit")
		m.replicate(r, class)
	}
	return routes
}

// replicate adds what a write costs each replica, and waits for those that
// the mode wants.
func (m *model) replicate(r *route, class targets.Statement) {
	n := len(m.path.replicas)
	if n == 0 || r.share <= 0 {
		return
	}
	s, at := m.settings(), m.tier(m.path.replicas, replicaPart)
	demand, access := s.Demand[class], s.Access
	primary := m.path.nodes[m.path.store.Name].Name
	link, _ := m.topology.Link(primary, at.node.Name)
	if m.applied == nil {
		m.applied = &applied{trip: 2*link.OneWay.Seconds() + m.hop.Seconds(), replicas: n, mode: m.path.store.Database.Replication.Mode}
	}
	a := m.applied
	a.writes += r.share
	if at.node.Machine.CPU.Slots > 0 && demand.Mean > 0 {
		a.demand, a.cpu = demand.Mean.Seconds(), m.center(at, "cpu")
		cv := demand.Variation()
		each := flow{1, a.demand, a.demand * a.demand * (1 + cv*cv)}
		a.cpu.short = a.cpu.short.plus(each.times(r.share * float64(n))) // every replica does it
		a.cpu.lines = append(a.cpu.lines, fmt.Sprintf("%s: %.3g%% x %d x %v (applied) = %.3g ms", r.operation, r.share*100, n, demand.Mean, r.share*float64(n)*a.demand*1e3))
		if cut(a.demand, at.node.Machine.Quantum) {
			m.unfit("an applied write of %v is longer than the quantum of the CPU", demand.Mean)
		}
	}
	a.disk = m.center(at, "disk")
	a.disk.applied = a
	if a.disk.slots > 0 {
		a.access, a.spread = access.Mean.Seconds(), access.Variation()*access.Variation()
	}
	if a.mode != targets.ModeAsynchronous {
		r.floor += a.trip + a.demand + a.access
		r.last = nil
		r.visits = append(r.visits, visit{center: a.disk, acknowledged: true})
	}
}
