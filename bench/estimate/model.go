package estimate

import (
	"fmt"
	"slices"
	"time"

	"rung/bench"
	"rung/targets"
)

// visit is work that a route queues at a center: short work, or long work of
// that slot time and variance.
type visit struct {
	center       *center
	long, spread float64
	// again says that it comes right from a slot of the same center.
	again bool
	// acknowledged says that nothing is queued, but replicas are waited for.
	acknowledged bool
}

// route is one way that an operation can go: with or without a page miss, or
// an entry in the cache.
type route struct {
	operation targets.Operation
	// share of all requests.
	share float64
	// floor is the constant time of the route without any wait, in seconds;
	// served and spread the mean and variance of its random service times.
	floor          float64
	served, spread float64
	visits         []visit
	// last is the center that the route has just left, until it travels.
	last *center
}

// conditions are what a prediction is for besides topology and workload.
type conditions struct {
	// rate in requests per second.
	rate float64
	// length of the attack; zero means the steady state.
	length time.Duration
	// hop is the real time of one hop's software.
	hop time.Duration
}

// model is a topology with a workload, ready for arithmetic.
type model struct {
	conditions
	topology targets.Topology
	workload bench.Workload
	path     path
	centers  []*center
	routes   []*route
	// shelves are what reads go through first; nil without.
	shelves *shelves
	// applied is the writes that replicas apply; nil without replicas.
	applied *applied
	// edgeHits is the hit ratio of the edge; its lines say how.
	edgeHits  float64
	edgeLines []string
	// misses of the store's buffer pools by part of the tier and by table,
	// and missRatio over all page reads; -1 when nothing is read.
	misses    map[string]map[string]float64
	missRatio float64
	poolPages int
	// constant says that requests come at constant gaps.
	constant bool
	// outside says why the model does not fit the topology; empty when it
	// does.
	outside string
}

// newModel adds up what each operation asks of each resource.
func newModel(t targets.Topology, w bench.Workload, c conditions) (*model, error) {
	p, err := pathOf(t)
	if err != nil {
		return nil, err
	}
	m := &model{conditions: c, topology: t, workload: w, path: p, missRatio: -1, outside: p.unequal,
		constant: w.Arrivals == bench.ArrivalsConstant}
	return m, m.build()
}

// build works everything out along the path.
func (m *model) build() (err error) {
	p := m.path
	if web := p.web().Web; web.Cache != nil {
		m.shelves = m.newShelves(*web.Cache)
	}
	if m.shelves != nil && p.store.Kind == targets.KindKeyValue {
		m.unfit("which pages of a key-value store a cache's misses touch is not known")
	}
	if p.edge != nil {
		if m.edgeHits, m.edgeLines, err = edgeHits(m.topology, m.workload, *p.edge, m.assetRate()); err != nil {
			return err
		}
	}
	m.poolMisses()
	for _, share := range m.workload.Mix {
		m.operate(&route{operation: share.Operation, share: share.Ratio})
	}
	m.spread(m.tier(p.webs, ""), m.policy())
	m.spread(m.tier(p.replicas, replicaPart), targets.PolicyRandomTwo)
	return nil
}

func (m *model) policy() targets.Policy {
	if m.path.balancer == nil {
		return ""
	}
	return m.path.balancer.Balancer.Policy
}

// unfit notes the first reason why the model does not fit.
func (m *model) unfit(format string, args ...any) {
	if m.outside == "" {
		m.outside = fmt.Sprintf(format, args...)
	}
}

// place is where work is done: on one of some equal nodes.
type place struct {
	node    targets.Node
	servers int
	part    string
}

// tier is the place that equal roles make.
func (m *model) tier(roles []targets.Role, part string) place {
	if len(roles) == 0 {
		return place{}
	}
	return place{m.path.nodes[roles[0].Name], len(roles), part}
}

func (m *model) at(r targets.Role) place { return place{node: m.path.nodes[r.Name], servers: 1} }

// spread notes how work is spread over the CPUs of a tier.
func (m *model) spread(at place, policy targets.Policy) {
	for _, c := range m.centers {
		if c.node == Group(at.node.Name) && c.part == at.part && c.servers > 1 && (at.part == "" || c.resource == "cpu") {
			c.policy = policy
		}
	}
}

// operate takes an operation on its way through the topology.
func (m *model) operate(r *route) {
	p := m.path
	if r.operation == targets.OpAsset && p.edge != nil {
		m.routes = append(m.routes, m.viaEdge(r)...)
		return
	}
	if m.enter(r, targets.Clients) {
		if r.operation == targets.OpAsset {
			r.floor += m.transfer(m.ways()...)
		}
		m.routes = append(m.routes, r)
		return
	}
	switch r.operation {
	case targets.OpAsset:
		r.floor += m.transfer(m.ways()...)
		m.routes = append(m.routes, r)
	case targets.OpMe, targets.OpLogin:
		m.routes = append(m.routes, m.session(r)...)
	case targets.OpEdit:
		routes := m.query(r)
		for _, r := range routes {
			m.forget(r)
		}
		m.routes = append(m.routes, routes...)
	default:
		m.routes = append(m.routes, m.lookUp(r)...)
	}
}

// enter takes a route from some node to the web server and through it. It
// reports whether the balancer answered by itself.
func (m *model) enter(r *route, from string) (done bool) {
	p := m.path
	m.travel(r, from, p.nodes[m.topology.Entry].Name, 1)
	if p.balancer != nil {
		m.work(r, m.at(*p.balancer), "cpu", p.balancer.Balancer.Demand, "balance")
		if r.operation == targets.OpAsset && p.balancer.Balancer.Static {
			return true // from its own copy
		}
		m.travel(r, p.nodes[p.balancer.Name].Name, p.home().Name, 1)
	}
	m.work(r, m.tier(p.webs, ""), "cpu", p.web().Web.Demand[r.operation], "web")
	return false
}

// fork splits off the part of a route that happens with probability p.
func (r *route) fork(p float64) *route {
	if p <= 0 {
		return nil
	}
	branch := *r
	branch.visits = slices.Clone(r.visits)
	branch.share = r.share * p
	r.share -= branch.share
	return &branch
}

// travel adds round trips over a wire, and the real cost of the software at
// its ends.
func (m *model) travel(r *route, from, to string, trips float64) {
	r.floor += trips * m.hop.Seconds()
	if l, ok := m.topology.Link(from, to); ok {
		r.floor += trips * 2 * l.OneWay.Seconds()
		if l.OneWay > 0 {
			r.last = nil
		}
	}
}

// ways are the wires of a static file from the site.
func (m *model) ways() [][2]string {
	p := m.path
	entry := p.nodes[m.topology.Entry].Name
	ways := [][2]string{{targets.Clients, entry}}
	if p.balancer != nil && !p.balancer.Balancer.Static {
		ways = append(ways, [2]string{entry, p.home().Name})
	}
	return ways
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
