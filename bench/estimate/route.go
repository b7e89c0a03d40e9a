package estimate

import (
	"slices"

	"rung/bench/simulate"
	"rung/targets"
)

// visit is work that a route queues at a center: short work, or long work of
// that slot time and variance.
type visit struct {
	center       *center
	long, spread float64
	// again says that it comes right from a slot of the same center.
	again bool
	// fan is set in place of a center: several things at once, of which the
	// last, or the first, is waited for.
	fan *fan
}

// route is one way that an operation can go: with or without a page miss, or
// an entry in the cache.
type route struct {
	operation targets.Operation
	// place that its users are in; empty when there is one.
	place string
	// share of all requests.
	share float64
	// floor is the constant time of the route without any wait, in seconds;
	// served and spread the mean and variance of its random service times.
	floor          float64
	served, spread float64
	visits         []visit
	// last is the center that the route has just left, until it travels.
	last *center
	// steps are what a simulation plays in place of the above; jobs are done
	// after the answer, and the rows stored by one of some routes.
	steps, jobs []simulate.Step
	stored      []*route
}

// fork splits off the part of a route that happens with probability p.
func (r *route) fork(p float64) *route {
	if p <= 0 {
		return nil
	}
	branch := *r
	branch.visits, branch.steps = slices.Clone(r.visits), slices.Clone(r.steps)
	branch.share = r.share * p
	r.share -= branch.share
	return &branch
}

// split divides a route by weights that sum to 1: as many routes, of which
// those without weight are nil. The route itself is used up.
func (r *route) split(weights []float64) []*route {
	out := make([]*route, len(weights))
	whole := *r
	for i, w := range weights {
		if w <= 0 {
			continue
		}
		branch := whole
		branch.visits, branch.steps = slices.Clone(whole.visits), slices.Clone(whole.steps)
		branch.share = whole.share * w
		out[i] = &branch
	}
	return out
}

// operate takes an operation on its way through the topology.
func (m *model) operate(r *route) {
	p := m.path
	if r.operation == targets.OpAsset && p.edge != nil {
		m.routes = append(m.routes, m.viaEdge(r)...)
		return
	}
	if m.enter(r, p.front, p.clients) {
		if r.operation == targets.OpAsset {
			m.download(r, m.ways()...)
		}
		m.routes = append(m.routes, r)
		return
	}
	switch r.operation {
	case targets.OpAsset:
		m.download(r, m.ways()...)
		m.routes = append(m.routes, r)
	case targets.OpMe, targets.OpLogin:
		m.routes = append(m.routes, m.session(r)...)
	case targets.OpEdit:
		routes := m.query(r)
		for _, r := range routes {
			m.forget(r)
		}
		m.routes = append(m.routes, routes...)
	case targets.OpPhoto:
		m.routes = append(m.routes, m.photo(r)...)
	default:
		m.routes = append(m.routes, m.lookUp(r)...)
	}
}

// enter takes a route from some node to a web server of a front and through
// it. It reports whether the balancer answered by itself.
func (m *model) enter(r *route, f front, from string) (done bool) {
	p := m.path
	home := p.nodes[f.web().Name]
	m.travel(r, from, p.nodes[f.entry.Name].Name, 1)
	if f.balancer != nil {
		m.work(r, p.at(*f.balancer), "cpu", f.balancer.Balancer.Demand, "balance")
		if r.operation == targets.OpAsset && f.balancer.Balancer.Static {
			return true // from its own copy
		}
		m.draft.balance(p.group(f.webs), *f.balancer.Balancer)
		r.took(simulate.Hold(m.draft.group(p.group(f.webs)))) // until the answer
		m.travel(r, p.nodes[f.balancer.Name].Name, home.Name, 1)
	}
	demand := f.web().Web.Demand[r.operation]
	if r.operation == targets.OpPhoto && p.queue != nil {
		demand = f.web().Web.Demand[targets.OpPost] // the job itself is the worker's
	}
	m.work(r, p.group(f.webs), "cpu", demand, "web")
	return false
}

// travel adds round trips over a wire, and the real cost of the software at
// its ends.
func (m *model) travel(r *route, from, to string, trips float64) {
	r.floor += trips * m.trip(from, to)
	r.took(simulate.Delay(seconds(trips * m.trip(from, to))))
	if oneWay(m.topology, from, to) > 0 {
		r.last = nil
	}
}

// trip is a round trip between two nodes, in seconds.
func (m *model) trip(from, to string) float64 {
	return 2*oneWay(m.topology, from, to) + m.hop.Seconds()
}

// ways are the wires of a static file from the site.
func (m *model) ways() [][2]string {
	p := m.path
	entry := p.nodes[p.entry.Name].Name
	ways := [][2]string{{p.clients, entry}}
	if p.balancer != nil && !p.balancer.Balancer.Static {
		ways = append(ways, [2]string{entry, p.home().Name})
	}
	return ways
}

// download adds the time of a static file's bytes.
func (m *model) download(r *route, ways ...[2]string) {
	r.floor += m.transfer(ways...)
	r.took(m.carry(ways...))
}

// transfer is the mean time that a static file's bytes take over the slowest
// of some wires, beyond the first byte.
func (m *model) transfer(ways ...[2]string) float64 {
	sizes := m.path.web().Web.AssetSizes
	slowest := int64(0)
	for _, way := range ways {
		if l, ok := m.topology.Link(way[0], way[1]); ok && l.Bandwidth > 0 && (slowest == 0 || l.Bandwidth < slowest) {
			slowest = l.Bandwidth
		}
	}
	if len(sizes) == 0 || slowest == 0 {
		return 0
	}
	total := 0.0
	for _, size := range sizes {
		total += float64(size)
	}
	return total / float64(len(sizes)) / float64(slowest)
}
