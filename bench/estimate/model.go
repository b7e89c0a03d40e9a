package estimate

import (
	"fmt"
	"math"
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
}

// route is one way that an operation can go: with or without a page miss.
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

// model is a topology with a workload, ready for arithmetic.
type model struct {
	centers []*center
	routes  []*route
	// missRatio of the store's buffer pool, over all page reads; -1 when
	// nothing is read.
	missRatio float64
	poolPages int
	hop       time.Duration
	// constant says that requests come at constant gaps.
	constant bool
	// outside says why the model does not fit the topology; empty when it
	// does.
	outside string
}

// newModel adds up what each operation asks of each resource.
func newModel(t targets.Topology, w bench.Workload, hop time.Duration) (*model, error) {
	p, err := pathOf(t)
	if err != nil {
		return nil, err
	}
	m := &model{hop: hop, missRatio: -1, outside: p.unequal, constant: w.Arrivals == bench.ArrivalsConstant}
	settings := storeOf(p.store)
	misses := m.poolMisses(p.store.Kind, settings, w)
	for _, share := range w.Mix {
		r := &route{operation: share.Operation, share: share.Ratio}
		m.travel(r, t, targets.Clients, p.nodes[t.Entry].Name, 1)
		if p.balancer != nil {
			lb := p.nodes[p.balancer.Name]
			m.work(r, lb, 1, "cpu", lb.Machine.CPU, p.balancer.Balancer.Demand, lb.Machine.Quantum, "balance")
			if share.Operation == targets.OpAsset && p.balancer.Balancer.Static {
				r.floor += m.transfer(t, p) // from the balancer's own copy
				m.routes = append(m.routes, r)
				continue
			}
			m.travel(r, t, lb.Name, p.nodes[p.webs[0].Name].Name, 1)
		}
		web := p.nodes[p.webs[0].Name]
		m.work(r, web, len(p.webs), "cpu", web.Machine.CPU, p.webs[0].Web.Demand[share.Operation], web.Machine.Quantum, "web")
		if share.Operation == targets.OpAsset {
			r.floor += m.transfer(t, p)
		}
		m.routes = append(m.routes, m.query(r, t, p, settings, misses, w.Data)...)
	}
	if p.balancer != nil {
		m.spread(Group(p.nodes[p.webs[0].Name].Name), p.balancer.Balancer.Policy)
	}
	return m, nil
}

// spread notes how a balancer spreads work over a group of servers.
func (m *model) spread(node string, policy targets.Policy) {
	for _, c := range m.centers {
		if c.node == node && c.servers > 1 {
			c.policy = policy
		}
	}
}

func storeOf(r targets.Role) targets.KeyValue {
	if r.Database != nil {
		return r.Database.Storage()
	}
	return *r.KeyValue
}

// query adds an operation's statements. Where a page may miss, the route
// forks: one branch finds it in memory, the other waits for the disk.
func (m *model) query(r *route, t targets.Topology, p path, s targets.KeyValue, misses map[string]float64, data targets.Data) []*route {
	web, store := p.nodes[p.webs[0].Name], p.nodes[p.store.Name]
	routes := []*route{r}
	seen := map[string]bool{}
	for _, v := range targets.Visits(r.operation, p.store.Kind, data) {
		for _, r := range routes {
			m.travel(r, t, web.Name, store.Name, 1)
			m.work(r, store, 1, "cpu", store.Machine.CPU, s.Demand[v.Statement], store.Machine.Quantum, string(v.Statement))
			if v.Page == "" {
				m.work(r, store, 1, "disk", store.Machine.Disk, s.Access, 0, "commit")
			}
		}
		if v.Page == "" || seen[v.Page] { // the second look at a page finds it in memory
			continue
		}
		seen[v.Page] = true
		for _, hit := range routes {
			if miss := hit.fork(misses[v.Page]); miss != nil {
				m.work(miss, store, 1, "disk", store.Machine.Disk, s.Access, 0, "page miss")
				routes = append(routes, miss)
			}
		}
	}
	return routes
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
func (m *model) travel(r *route, t targets.Topology, from, to string, trips float64) {
	r.floor += trips * m.hop.Seconds()
	if l, ok := t.Link(from, to); ok {
		r.floor += trips * 2 * l.OneWay.Seconds()
		if l.OneWay > 0 {
			r.last = nil
		}
	}
}

// transfer is the mean time that a static file's bytes take over the slowest
// wire of the path, beyond the first byte.
func (m *model) transfer(t targets.Topology, p path) float64 {
	sizes := p.webs[0].Web.AssetSizes
	ways := [][2]string{{targets.Clients, p.nodes[t.Entry].Name}}
	if p.balancer != nil && !p.balancer.Balancer.Static {
		ways = append(ways, [2]string{p.nodes[t.Entry].Name, p.nodes[p.webs[0].Name].Name})
	}
	slowest := int64(0)
	for _, way := range ways {
		if l, ok := t.Link(way[0], way[1]); ok && l.Bandwidth > 0 && (slowest == 0 || l.Bandwidth < slowest) {
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

// work adds work at a resource. Work longer than the quantum is cut into
// pieces that queue one after another.
func (m *model) work(r *route, n targets.Node, servers int, resource string, spec targets.Resource, law targets.Law, quantum time.Duration, label string) {
	const nothing = 1e-15 // seconds per request
	if spec.Slots == 0 || r.share*law.Mean.Seconds() < nothing {
		return
	}
	c := m.center(Group(n.Name), resource, servers, spec.Slots)
	c.lines = append(c.lines, fmt.Sprintf("%s: %.3g%% x %v (%s) = %.3g ms", r.operation, r.share*100, law.Mean, label, r.share*law.Mean.Seconds()*1e3))
	mean, cv := law.Mean.Seconds(), law.Variation()
	if cv > 1 {
		m.outside = fmt.Sprintf("work varies more than a gamma law can say: cv %.3g is above 1", cv)
	}
	if cv > 0 {
		r.served += mean
		r.spread += cv * cv * mean * mean
	} else {
		r.floor += mean
	}
	if q := quantum.Seconds(); q > 0 && mean > q {
		whole := math.Floor(mean/q + 1e-9)
		rest := max(0, mean-whole*q)
		f := flow{whole, mean, whole*q*q + rest*rest}
		if rest > 1e-12 {
			f.pieces++
		}
		c.long = c.long.plus(f.times(r.share))
		c.longs += r.share
		r.visits = append(r.visits, visit{center: c, long: mean, spread: cv * cv * mean * mean})
		r.last = c
		return
	}
	c.short = c.short.plus(flow{1, mean, mean * mean * (1 + cv*cv)}.times(r.share))
	r.visits = append(r.visits, visit{center: c, again: r.last == c})
	r.last = c
}

func (m *model) center(node, resource string, servers, slots int) *center {
	for _, c := range m.centers {
		if c.node == node && c.resource == resource {
			return c
		}
	}
	c := &center{node: node, resource: resource, servers: servers, slots: slots}
	m.centers = append(m.centers, c)
	return c
}

// bottleneck is the resource with the lowest ceiling.
func (m *model) bottleneck() *center {
	var lowest *center
	for _, c := range m.centers {
		if lowest == nil || c.ceiling() < lowest.ceiling() {
			lowest = c
		}
	}
	return lowest
}
