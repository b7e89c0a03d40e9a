package estimate

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"rung/bench"
	"rung/targets"
)

// center is one resource of one group of equal nodes.
type center struct {
	node     string // group name
	resource string // "cpu" or "disk"
	servers  int    // nodes in the group
	slots    int    // of one node

	// Per request of the mix: pieces of work, their summed time and summed
	// square, in seconds and square seconds.
	pieces, time, square float64
	lines                []string // how the time came about
}

// wait before one piece of work when requests arrive at rate lambda. A
// balancer splits the work evenly: the group is that many queues of its own.
func (c *center) wait(lambda float64) Wait {
	if c.slots == 0 || c.pieces == 0 {
		return Wait{}
	}
	mean := c.time / c.pieces
	cs2 := max(0, c.square/c.pieces/(mean*mean)-1)
	return WaitOf(c.slots, lambda*c.pieces/float64(c.servers), mean, cs2)
}

func (c *center) ceiling() float64 {
	if c.slots == 0 || c.time == 0 {
		return math.Inf(1)
	}
	return float64(c.slots*c.servers) / c.time
}

// visit is how many pieces of work a route queues at a center.
type visit struct {
	center *center
	pieces float64
}

// route is one way that an operation can go: with or without a page miss.
type route struct {
	operation targets.Operation
	// share of all requests.
	share float64
	// floor is the time without any wait, in seconds.
	floor  float64
	visits []visit
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
}

var numbered = regexp.MustCompile(`-[0-9]+$`)

// Group is the name that equal nodes share: "web-1" and "web-2" are "web".
func Group(node string) string { return numbered.ReplaceAllString(node, "") }

// path is the way of a request through a topology.
type path struct {
	balancer *targets.Role
	webs     []targets.Role
	store    targets.Role
	nodes    map[string]targets.Node // by role
}

func pathOf(t targets.Topology) (path, error) {
	p := path{nodes: map[string]targets.Node{}}
	entry, node, ok := t.Role(t.Entry)
	if !ok {
		return p, fmt.Errorf("topology %s: there is no entry %q", t.Name, t.Entry)
	}
	p.nodes[entry.Name] = node
	names := []string{entry.Name}
	if entry.Balancer != nil {
		p.balancer = &entry
		names = entry.Balancer.Servers
	}
	for _, name := range names {
		web, node, ok := t.Role(name)
		if !ok || web.Web == nil {
			return p, fmt.Errorf("topology %s: %q is not a web role", t.Name, name)
		}
		p.webs = append(p.webs, web)
		p.nodes[name] = node
	}
	store, node, ok := t.Role(p.webs[0].Web.Store)
	if !ok || (store.Database == nil && store.KeyValue == nil) {
		return p, fmt.Errorf("topology %s: %q is not a store", t.Name, p.webs[0].Web.Store)
	}
	p.store = store
	p.nodes[store.Name] = node
	return p, nil
}

// newModel adds up what each operation asks of each resource.
func newModel(t targets.Topology, w bench.Workload, hop time.Duration) (*model, error) {
	p, err := pathOf(t)
	if err != nil {
		return nil, err
	}
	m := &model{hop: hop, missRatio: -1}
	settings := storeOf(p.store)
	misses := m.poolMisses(p.store.Kind, settings, w)
	for _, share := range w.Mix {
		r := &route{operation: share.Operation, share: share.Ratio}
		m.travel(r, t, targets.Clients, p.nodes[t.Entry].Name, 1)
		if p.balancer != nil {
			lb := p.nodes[p.balancer.Name]
			m.work(r, lb, 1, "cpu", lb.Machine.CPU, p.balancer.Balancer.Demand, 0, "balance")
			m.travel(r, t, lb.Name, p.nodes[p.webs[0].Name].Name, 1)
		}
		web := p.nodes[p.webs[0].Name]
		m.work(r, web, len(p.webs), "cpu", web.Machine.CPU, p.webs[0].Web.Demand[share.Operation], web.Machine.Quantum, "web")
		if share.Operation == targets.OpAsset {
			r.floor += m.transfer(t, p, w)
		}
		m.routes = append(m.routes, m.query(r, t, p, settings, misses, w.Data)...)
	}
	return m, nil
}

func storeOf(r targets.Role) targets.KeyValue {
	if r.Database != nil {
		return targets.KeyValue(*r.Database)
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
	}
}

// transfer is the mean time that a static file's bytes take over the slowest
// wire of the path, beyond the first byte.
func (m *model) transfer(t targets.Topology, p path, w bench.Workload) float64 {
	sizes := p.webs[0].Web.AssetSizes
	link, ok := t.Link(targets.Clients, p.nodes[t.Entry].Name)
	if len(sizes) == 0 || !ok || link.Bandwidth == 0 {
		return 0
	}
	total := 0.0
	for _, size := range sizes {
		total += float64(size)
	}
	return total / float64(len(sizes)) / float64(link.Bandwidth)
}

// work adds pieces of work at a resource. Work longer than the quantum is cut
// into pieces that queue one after another.
func (m *model) work(r *route, n targets.Node, servers int, resource string, spec targets.Resource, law targets.Law, quantum time.Duration, label string) {
	if spec.Slots == 0 || law.Mean == 0 || r.share == 0 {
		return
	}
	c := m.center(Group(n.Name), resource, servers, spec.Slots)
	mean := law.Mean.Seconds()
	pieces, square := 1.0, mean*mean*(1+law.Variation()*law.Variation())
	if q := quantum.Seconds(); q > 0 && mean > q {
		whole := math.Floor(mean / q)
		rest := mean - whole*q
		pieces, square = whole, whole*q*q+rest*rest
		if rest > 1e-12 {
			pieces++
		}
	}
	c.pieces += r.share * pieces
	c.time += r.share * mean
	c.square += r.share * square
	c.lines = append(c.lines, fmt.Sprintf("%s: %.3g%% x %v (%s) = %.3g ms", r.operation, r.share*100, law.Mean, label, r.share*mean*1e3))
	r.floor += mean
	r.visits = append(r.visits, visit{c, pieces})
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

// poolMisses predicts the miss probability of a page read by table. One LRU
// pool holds the pages of all tables.
func (m *model) poolMisses(kind targets.Kind, s targets.KeyValue, w bench.Workload) map[string]float64 {
	m.poolPages = s.PoolPages
	touches := map[string]float64{} // by table, per request
	var tables []string
	for _, share := range w.Mix {
		seen := map[string]bool{}
		for _, v := range targets.Visits(share.Operation, kind, w.Data) {
			if v.Page == "" || seen[v.Page] {
				continue
			}
			if touches[v.Page] == 0 {
				tables = append(tables, v.Page)
			}
			seen[v.Page] = true
			touches[v.Page] += share.Ratio
		}
	}
	out := map[string]float64{}
	if s.PoolPages == 0 || len(tables) == 0 {
		return out
	}
	popularity := Zipf(w.Data.Users, w.Exponent)
	var rates []float64
	for _, table := range tables {
		for _, p := range popularity {
			rates = append(rates, touches[table]*p)
		}
	}
	life := lifetime(rates, s.PoolPages)
	missed, read := 0.0, 0.0
	for _, table := range tables {
		misses := 0.0
		for _, p := range popularity {
			misses += p * math.Exp(-touches[table]*p*life)
		}
		out[table] = misses
		missed += touches[table] * misses
		read += touches[table]
	}
	m.missRatio = missed / read
	return out
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

// derivation of the demands, one line for each resource and its parts.
func (c *center) derivation() []string {
	head := fmt.Sprintf("%s %s: %.4g ms per request, %d slots: ceiling %d / %.4g ms = %.4g/s",
		c.node, c.resource, c.time*1e3, c.slots*c.servers, c.slots*c.servers, c.time*1e3, c.ceiling())
	return append([]string{head}, indent(c.lines)...)
}

func indent(lines []string) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = "  " + strings.TrimSpace(l)
	}
	return out
}
