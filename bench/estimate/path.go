package estimate

import (
	"fmt"
	"strings"

	"rung/targets"
)

// Group is the name that equal nodes share: "web-1" and "web-2" are "web".
func Group(node string) string { return targets.Group(node) }

// front is what answers a name: a balancer, if there is one, and one of equal
// web servers.
type front struct {
	entry    targets.Role
	balancer *targets.Role
	webs     []targets.Role
}

// path is the way of the requests of one place through a topology: users, a
// front, and what its web servers ask.
type path struct {
	front
	// place is the region's name, empty for the users that have none, clients
	// what they are called in links, and share theirs of all requests.
	place, clients string
	share          float64
	// tiers have the data: one of them all, or each a shard. Paths share them.
	tiers []*tier
	// caches are those that reads go through, keepers those that hold
	// sessions, volume the one that does, and queue the first that takes
	// photos.
	caches, keepers []targets.Role
	volume, queue   *targets.Role
	// edge that static files are asked of; nil when it is the site itself.
	// Origin is what it asks.
	edge   *targets.Role
	origin front
	nodes  map[string]targets.Node // by role
	// shelves are what reads go through first; nil without. Paths of one cache
	// tier share them.
	shelves *shelves
	// edgeHits is the hit ratio of the edge; its lines say how.
	edgeHits  float64
	edgeLines []string
	// unequal says why roles that share work do not count as equal, or what
	// else the model does not know; empty when all is well.
	unequal string
}

// pathOf is the way of the users of a region. The empty region is that of
// users who have none.
func pathOf(t targets.Topology, region string) (*path, error) {
	r, ok := t.Region(region)
	if region != "" && !ok {
		return nil, fmt.Errorf("topology %s: there is no region %q", t.Name, region)
	}
	p := &path{place: region, clients: r.Clients(), share: 1, nodes: map[string]targets.Node{}}
	var err error
	if p.front, err = p.findFront(t, entryOf(t, region)); err != nil {
		return nil, err
	}
	if err := p.findTiers(t); err != nil {
		return nil, err
	}
	if err := p.findKeepers(t); err != nil {
		return nil, err
	}
	if err := p.findQueue(t); err != nil {
		return nil, err
	}
	if err := p.findEdge(t, region); err != nil {
		return nil, err
	}
	p.unfit(p.compare(t))
	return p, nil
}

// entryOf is the role that DNS answers users of a region with, when nothing
// is down; the entry where they know its address.
func entryOf(t targets.Topology, region string) string {
	record, ok := recordOf(t, t.Site)
	if t.Resolver == "" || !ok {
		return t.Entry
	}
	return answerOf(record, region)
}

// answerOf is the first answer to users of a region.
func answerOf(r targets.Record, region string) string {
	if roles := r.Regions[region]; region != "" && len(roles) > 0 {
		return roles[0]
	}
	return r.Role
}

// recordOf is the first record of a name.
func recordOf(t targets.Topology, name string) (targets.Record, bool) {
	for _, role := range t.RolesOf(targets.KindNameserver) {
		if role.Nameserver == nil {
			continue
		}
		for _, r := range role.Nameserver.Records {
			if strings.EqualFold(r.Name, name) {
				return r, true
			}
		}
	}
	return targets.Record{}, false
}

// findFront finds the web servers behind an entry.
func (p *path) findFront(t targets.Topology, name string) (front, error) {
	entry, ok := p.find(t, name)
	if !ok {
		return front{}, fmt.Errorf("topology %s: there is no entry %q", t.Name, name)
	}
	f := front{entry: entry}
	names := []string{entry.Name}
	if entry.Balancer != nil {
		f.balancer = &entry
		names = entry.Balancer.Servers
	}
	for _, name := range names {
		web, node, ok := t.Role(name)
		if !ok || web.Web == nil {
			return f, fmt.Errorf("topology %s: %q is not a web role", t.Name, name)
		}
		if node.Standby {
			p.unfit("servers join and leave with the load: this is for those that run from the start")
			continue
		}
		f.webs = append(f.webs, web)
		p.nodes[name] = node
	}
	if len(f.webs) == 0 {
		return f, fmt.Errorf("topology %s: balancer %q has no servers", t.Name, entry.Name)
	}
	return f, nil
}

// unfit notes the first reason why the model does not fit.
func (p *path) unfit(why string) {
	if p.unequal == "" {
		p.unequal = why
	}
}

func (f front) web() targets.Role { return f.webs[0] }

// home is the node of the first web server; the others are like it.
func (p *path) home() targets.Node { return p.nodes[p.webs[0].Name] }

// find looks a role up and remembers its node.
func (p *path) find(t targets.Topology, name string) (targets.Role, bool) {
	role, node, ok := t.Role(name)
	if ok {
		p.nodes[name] = node
	}
	return role, ok
}

// findKeepers finds the caches and the volume that the web tier uses.
func (p *path) findKeepers(t targets.Topology) error {
	caches := func(names []string) (found []targets.Role, err error) {
		for _, name := range names {
			role, ok := p.find(t, name)
			if !ok || role.Cache == nil {
				return nil, fmt.Errorf("topology %s: %q is not a cache", t.Name, name)
			}
			found = append(found, role)
		}
		return found, nil
	}
	var err error
	web := p.web().Web
	if web.Cache != nil {
		if p.caches, err = caches(web.Cache.Nodes); err != nil {
			return err
		}
	}
	switch s := web.Sessions; s.Store {
	case targets.SessionsCache:
		p.keepers, err = caches(s.Roles)
	case targets.SessionsVolume:
		role, ok := p.find(t, strings.Join(s.Roles, " "))
		if !ok || role.Volume == nil {
			return fmt.Errorf("topology %s: %q is not a volume", t.Name, s.Roles)
		}
		p.volume = &role
	case targets.SessionsDatabase:
		if p.tiers[0].store.Database == nil {
			p.unfit("a key-value store has no table of sessions")
		}
		if len(p.tiers) > 1 {
			p.unfit("sessions in a sharded database have no shard key")
		}
	}
	return err
}

// findQueue finds the queue that photos go to while all queues are up.
func (p *path) findQueue(t targets.Topology) error {
	names := p.web().Web.Queues
	if len(names) == 0 {
		return nil
	}
	role, ok := p.find(t, names[0])
	if !ok || role.Queue == nil {
		return fmt.Errorf("topology %s: %q is not a queue", t.Name, names[0])
	}
	p.queue = &role
	return nil
}

// findEdge finds who answers for static files.
func (p *path) findEdge(t targets.Topology, region string) (err error) {
	if t.Static == "" {
		return nil
	}
	record, ok := recordOf(t, t.Static)
	role, found := p.find(t, answerOf(record, region))
	switch {
	case !ok || !found:
		p.unfit(fmt.Sprintf("no nameserver says who answers for %q", t.Static))
	case role.Edge != nil:
		p.edge = &role
		p.origin, err = p.findFront(t, role.Edge.Origin)
	case role.Name != p.entry.Name:
		p.unfit(fmt.Sprintf("static files come from %q, which is neither the entry nor an edge", role.Name))
	}
	return err
}
