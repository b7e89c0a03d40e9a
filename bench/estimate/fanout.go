package estimate

import (
	"math"

	"rung/bench/simulate"
	"rung/targets"
)

// fanOut adds what an operation asks of several shards at the same time,
// after it has been at the user's own.
func (m *model) fanOut(r *route) {
	copied := m.path.web().Web.Denormalised
	shares := make([]float64, len(m.path.tiers))
	switch {
	case m.kind() != targets.KindDatabase:
		return
	case r.operation == targets.OpFollowing && !copied:
		for i, share := range m.audience.users {
			shares[i] = 1 - math.Pow(1-share, float64(m.data().Follows))
		}
		m.scatterReads(r, shares)
	case r.operation == targets.OpEdit:
		for i := range shares {
			shares[i] = m.audience.extra[i] // of the row
			if copied && m.audience.used[i] {
				shares[i] = 1 // of the names beside the lists
			}
		}
		m.scatterWrites(r, shares)
	}
}

// Shards is the expected number of distinct shards that some users are on, of
// n alike: n (1 - (1-1/n)^users). It is 0 unless both are positive.
func Shards(n, users int) float64 {
	if n < 1 || users < 1 {
		return 0
	}
	return float64(n) * (1 - math.Pow(1-1/float64(n), float64(users)))
}

// scatterReads looks rows up by lists of ids, of which no page is known.
func (m *model) scatterReads(r *route, shares []float64) {
	f := &fan{}
	for i, s := range m.path.tiers {
		demand := s.settings().Demand[targets.StatementRead]
		for _, x := range s.parts {
			if share := shares[i] * x.reads[m.path]; share > 0 {
				b := branch{floor: m.trip(m.path.home().Name, x.node.Name) + demand.Mean.Seconds(), share: share, count: 1}
				b.centers = m.burden(b.centers, r, share, x.place, "cpu", demand, "shard")
				f.branches = append(f.branches, b)
				f.played = append(f.played, m.asking(x, share, demand, targets.Law{}))
			}
		}
	}
	m.gather(r, f)
}

// gather has a route wait for several shards.
func (m *model) gather(r *route, f *fan) {
	m.scattered = m.scattered || len(f.branches) > 0
	r.await(f)
}

// scatterWrites changes copies.
func (m *model) scatterWrites(r *route, shares []float64) {
	f := &fan{}
	for i, s := range m.path.tiers {
		share := shares[i]
		if share <= 0 {
			continue
		}
		x, law := s.primary(), s.settings()
		demand := law.Demand[targets.StatementWrite]
		b := branch{floor: m.trip(m.path.home().Name, x.node.Name) + demand.Mean.Seconds() + law.Access.Mean.Seconds(), share: share, count: 1}
		b.centers = m.burden(b.centers, r, share, x.place, "cpu", demand, "copies")
		b.centers = m.burden(b.centers, r, share, x.place, "disk", law.Access, "commit of copies")
		var shipped []simulate.Step
		if len(s.replicas) > 0 {
			shipped = m.ship(s, targets.StatementWrite)
			m.applyWrites(r.operation, r.share*share, s, targets.StatementWrite)
			if mode := s.mode(); mode != targets.ModeAsynchronous {
				if s.acks == nil {
					s.acks = s.acknowledgement(mode)
				}
				b.floor += s.acks.base
				m.coarse("writes of copies wait for replicas at several shards at once")
			}
		}
		f.branches = append(f.branches, b)
		f.played = append(f.played, m.asking(x, share, demand, law.Access, shipped...))
	}
	m.gather(r, f)
}

// await has a route wait for a fan.
func (r *route) await(f *fan) {
	if len(f.branches) == 0 {
		return
	}
	f.settle()
	r.floor += f.base
	r.took(simulate.Fork(0, f.played...))
	r.last = nil
	r.visits = append(r.visits, visit{fan: f})
}

// burden adds work that a share of a route's requests bring to a center
// without the route itself going there.
func (m *model) burden(centers []*center, r *route, share float64, at place, resource string, law targets.Law, label string) []*center {
	machine := at.node.Machine.CPU
	if resource == "disk" {
		machine = at.node.Machine.Disk
	}
	mean, cv := law.Mean.Seconds(), law.Variation()
	if machine.Slots == 0 || r.share*share*mean < nothing {
		return centers
	}
	c := m.center(at, resource)
	c.note(item{r.operation, label, law.Mean, 1, r.share * share})
	c.short = c.short.plus(flow{1, mean, mean * mean * (1 + cv*cv)}.times(r.share * share))
	if resource == "cpu" && cut(mean, at.node.Machine.Quantum) {
		m.coarse("work at several shards at once is longer than the quantum of the CPU")
	}
	if cv > 0 {
		m.coarse("work at several shards at once varies")
	}
	return append(centers, c)
}
