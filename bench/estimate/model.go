package estimate

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"

	"rung/bench"
	"rung/targets"
)

// conditions are what a prediction is for besides topology and workload.
type conditions struct {
	// rate in requests per second.
	rate float64
	// length of the attack; zero means the steady state.
	length time.Duration
	// hop is the real time of one hop's software.
	hop time.Duration
	// regions that the users are spread over alike; none means that they have
	// no region.
	regions []string
	// hot is one user who gets more.
	hot bench.Hot
	// users says who has a rank of popularity; nil means that it is not known.
	users func(rank int) int64
	// audience that is known already; nil before.
	audience *audience
	// replicas is how many the first group has in place of its own; 0 leaves
	// it.
	replicas int
}

// model is a topology with a workload, ready for arithmetic.
type model struct {
	conditions
	topology targets.Topology
	workload bench.Workload
	paths    []*path
	// path is the one that routes are made for at the moment.
	path *path
	// tiers are the stores of all paths, each once.
	tiers   []*tier
	centers []*center
	owners  map[string]string // of nodes, by the key of their place
	routes  []*route
	draft   draft
	// missRatio of the stores' buffer pools over all page reads; -1 when
	// nothing is read.
	missRatio float64
	// constant says that requests come at constant gaps, and scattered that some
	// ask several shards at once.
	constant, scattered bool
	// outside says why the model does not fit the topology, and strange why its
	// routes are not even those of the topology; empty when they do and are.
	outside, strange string
}

// newModel adds up what each operation asks of each resource.
func newModel(t targets.Topology, w bench.Workload, c conditions) (*model, error) {
	w.Mix = slices.DeleteFunc(slices.Clone(w.Mix), func(s bench.Share) bool { return s.Ratio < negligible })
	m := &model{conditions: c, topology: t, workload: w, missRatio: -1, constant: w.Arrivals == bench.ArrivalsConstant, owners: map[string]string{}}
	regions := c.regions
	if len(regions) == 0 {
		regions = []string{""}
	}
	for _, region := range regions {
		p, err := pathOf(t, region)
		if err != nil {
			return nil, err
		}
		p.share = 1 / float64(len(regions))
		m.paths = append(m.paths, p)
		m.unfit("%s", p.unequal)
	}
	return m, m.build()
}

// unfit notes the first reason why the model does not fit.
func (m *model) unfit(format string, args ...any) {
	m.coarse(format, args...)
	if m.strange == "" {
		m.strange = fmt.Sprintf(format, args...)
	}
}

// coarse notes a reason that is one for the closed formulas only.
func (m *model) coarse(format string, args ...any) {
	if m.outside == "" {
		m.outside = fmt.Sprintf(format, args...)
	}
}

// build works everything out along the paths.
func (m *model) build() (err error) {
	if err := m.join(); err != nil {
		return err
	}
	if m.audience == nil {
		if m.audience, err = m.newAudience(); err != nil {
			return err
		}
	}
	m.stock()
	if err := m.findEdgeHits(); err != nil {
		return err
	}
	m.poolMisses()
	for _, m.path = range m.paths {
		for _, share := range m.workload.Mix {
			m.operate(&route{operation: share.Operation, place: m.path.place, share: share.Ratio * m.path.share})
		}
	}
	for _, p := range m.paths {
		if p.balancer != nil {
			m.spread(p.group(p.webs), p.balancer.Balancer.Policy)
		}
	}
	for _, s := range m.tiers {
		for _, x := range s.parts {
			if x.label == replicaPart {
				m.spread(x.place, targets.PolicyRandomTwo)
			}
		}
	}
	m.tellApart()
	return nil
}

// join makes paths with one store share its tier, and finds the parts.
func (m *model) join() error {
	known := map[string]*tier{}
	for _, p := range m.paths {
		for i, s := range p.tiers {
			if known[s.store.Name] == nil {
				known[s.store.Name] = s
				m.tiers = append(m.tiers, s)
			}
			p.tiers[i] = known[s.store.Name]
		}
		if !reflect.DeepEqual(p.web().Web.Sharding, m.paths[0].web().Web.Sharding) {
			return fmt.Errorf("topology %s: web servers %q and %q have their data on different shards", m.topology.Name, m.paths[0].web().Name, p.web().Name)
		}
	}
	if first := m.tiers[0]; m.replicas > 0 && len(first.replicas) > 0 {
		one := first.replicas[0]
		first.replicas = nil
		for range m.replicas {
			first.replicas = append(first.replicas, one)
		}
	}
	for _, s := range m.tiers {
		s.divide(m.topology, m.paths)
	}
	return nil
}

// stock finds the cache tiers. Paths with the same nodes share one, which sees
// the requests of them all.
func (m *model) stock() {
	known := map[string]*shelves{}
	for _, p := range m.paths {
		spec := p.web().Web.Cache
		if spec == nil {
			continue
		}
		key := strings.Join(spec.Nodes, " ")
		if _, ok := known[key]; !ok {
			share := 0.0
			for _, other := range m.paths {
				if o := other.web().Web.Cache; o != nil && slices.Equal(o.Nodes, spec.Nodes) {
					share += other.share
					if o.TTL != spec.TTL || o.Jitter != spec.Jitter || o.VirtualNodes != spec.VirtualNodes || o.Invalidate != spec.Invalidate {
						m.unfit("web servers use one cache in different ways")
					}
				}
			}
			known[key] = m.newShelves(*spec, *p.caches[0].Cache, share)
		}
		p.shelves = known[key]
		if p.shelves != nil && p.tiers[0].store.Kind == targets.KindKeyValue {
			m.unfit("which pages of a key-value store a cache's misses touch is not known")
		}
	}
}

// place is where work is done: on one of some equal nodes.
type place struct {
	// node is the first of them, and names are all.
	node  targets.Node
	names []string
	// label of the place, where not all nodes of the group do the same.
	label string
	// member is set for the members of a store.
	member *part
}

func (at place) key() string { return strings.Join(at.names, " ") }

// group is the place that equal roles make.
func (p *path) group(roles []targets.Role) place {
	if len(roles) == 0 {
		return place{}
	}
	at := place{node: p.nodes[roles[0].Name]}
	for _, r := range roles {
		at.names = append(at.names, p.nodes[r.Name].Name)
	}
	return at
}

func (p *path) at(r targets.Role) place {
	node := p.nodes[r.Name]
	return place{node: node, names: []string{node.Name}}
}

// spread notes how work is spread over the CPUs of a place.
func (m *model) spread(at place, policy targets.Policy) {
	for _, c := range m.centers {
		if c.key == at.key() && c.servers > 1 && (at.member == nil || c.resource == "cpu") {
			c.policy = policy
		}
	}
}

// center is the resource of a place.
func (m *model) center(at place, resource string) *center {
	key := at.key()
	for _, name := range at.names {
		if owner, ok := m.owners[name]; ok && owner != key {
			m.unfit("node %s works for two tiers that are not the same nodes", name)
		}
		m.owners[name] = key
	}
	for _, c := range m.centers {
		if c.key == key && c.resource == resource {
			if at.member != nil {
				c.member = at.member
			}
			return c
		}
	}
	slots := at.node.Machine.CPU.Slots
	if resource == "disk" {
		slots = at.node.Machine.Disk.Slots
	}
	c := &center{node: Group(at.node.Name), key: key, part: at.label, member: at.member, resource: resource, servers: len(at.names), slots: slots}
	m.centers = append(m.centers, c)
	return c
}

// tellApart gives centers that would have one name the name of a node.
func (m *model) tellApart() {
	first := map[string]*center{}
	same := map[*center]bool{}
	for _, c := range m.centers {
		if other := first[c.name()]; other != nil && other.key != c.key {
			same[c], same[other] = true, true
		}
		first[c.name()] = c
	}
	for c := range same {
		node, _, _ := strings.Cut(c.key, " ")
		c.part = strings.TrimSpace(c.part + " " + node)
	}
}

// bottleneck is the resource with the lowest ceiling.
func (m *model) bottleneck() *center {
	var lowest *center
	for _, c := range m.centers {
		if c.time() > 0 && (lowest == nil || c.ceiling() < lowest.ceiling()) {
			lowest = c
		}
	}
	return lowest
}

// pace is the rate that entries age by; without load any is as good.
func (m *model) pace() float64 {
	if m.rate > negligible {
		return m.rate
	}
	return 1
}

// tierCeiling is the lowest ceiling of a tier, infinite when nothing there is
// emulated.
func (m *model) tierCeiling(s *tier) float64 {
	lowest := math.Inf(1)
	for _, c := range m.centers {
		if c.member != nil && c.member.tier == s {
			lowest = min(lowest, c.ceiling())
		}
	}
	return lowest
}
