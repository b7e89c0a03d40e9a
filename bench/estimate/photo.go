package estimate

import (
	"slices"

	"rung/targets"
)

// photo works on a photo while its user waits, or puts it into a queue. Then
// the row is stored later, which costs the store the same and nobody waits
// for: a queue takes what the workers cannot do yet, so that the work of the
// store is counted as if they kept up.
func (m *model) photo(r *route) []*route {
	p := m.path
	if p.queue == nil {
		return m.query(r)
	}
	q, at := p.queue.Queue, p.at(*p.queue)
	m.travel(r, p.home().Name, at.node.Name, 1)
	m.work(r, at, "cpu", q.Demand, "publish")
	if q.Sync == targets.SyncAlways {
		m.work(r, at, "disk", q.Access, "sync")
	}
	consumed := slices.ContainsFunc(m.topology.RolesOf(targets.KindWorker), func(w targets.Role) bool {
		return w.Worker != nil && slices.Contains(w.Worker.Queues, p.queue.Name)
	})
	if consumed {
		m.workOff(r, m.query(&route{operation: targets.OpPhoto, share: r.share})) // the routes are nobody's
	}
	return []*route{r}
}
