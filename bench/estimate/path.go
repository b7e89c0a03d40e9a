package estimate

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"rung/targets"
)

var numbered = regexp.MustCompile(`-[0-9]+$`)

// Group is the name that equal nodes share: "web-1" and "web-2" are "web".
func Group(node string) string { return numbered.ReplaceAllString(node, "") }

// path is the way of a request through a topology: users, a balancer if there
// is one, one of equal web servers, and what that asks. Users are those of
// the one place that has no name.
type path struct {
	balancer *targets.Role
	webs     []targets.Role
	// store is the primary when there is a group, and replicas its others.
	store    targets.Role
	replicas []targets.Role
	// caches are those that reads go through, keepers those that hold
	// sessions, volume the one that does.
	caches, keepers []targets.Role
	volume          *targets.Role
	// edge that static files are asked of; nil when it is the site itself.
	edge  *targets.Role
	nodes map[string]targets.Node // by role
	// unequal says why roles that share work do not count as equal, or what
	// else the model does not know; empty when all is well.
	unequal string
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
		if node.Standby {
			p.unfit("servers join and leave with the load: this is for those that run from the start")
			continue
		}
		p.webs = append(p.webs, web)
		p.nodes[name] = node
	}
	if len(p.webs) == 0 {
		return p, fmt.Errorf("topology %s: balancer %q has no servers", t.Name, entry.Name)
	}
	if err := p.findStore(t); err != nil {
		return p, err
	}
	if err := p.findKeepers(t); err != nil {
		return p, err
	}
	p.findEdge(t)
	p.unfit(p.compare(t))
	return p, nil
}

// unfit notes the first reason why the model does not fit.
func (p *path) unfit(why string) {
	if p.unequal == "" {
		p.unequal = why
	}
}

func (p *path) web() targets.Role { return p.webs[0] }

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

func (p *path) findStore(t targets.Topology) error {
	name := p.web().Web.Store
	store, ok := p.find(t, name)
	if !ok || (store.Database == nil && store.KeyValue == nil) {
		return fmt.Errorf("topology %s: %q is not a store", t.Name, name)
	}
	p.store = store
	if store.Database == nil || store.Database.Replication == nil {
		return nil
	}
	group := store.Database.Replication
	for _, name := range group.Members {
		member, ok := p.find(t, name)
		if !ok || member.Database == nil {
			return fmt.Errorf("topology %s: member %q is not a database", t.Name, name)
		}
		if name == group.Primary {
			p.store = member
		} else {
			p.replicas = append(p.replicas, member)
		}
	}
	if p.store.Name != group.Primary {
		return fmt.Errorf("topology %s: primary %q is not a member of its group", t.Name, group.Primary)
	}
	return nil
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
		if p.store.Database == nil {
			p.unfit("a key-value store has no table of sessions")
		}
	}
	return err
}

// findEdge finds who answers for static files where users have no region: the
// role of the record.
func (p *path) findEdge(t targets.Topology) {
	if t.Static == "" {
		return
	}
	record, ok := staticRecord(t)
	role, found := p.find(t, record.Role)
	switch {
	case !ok || !found:
		p.unfit(fmt.Sprintf("no nameserver says who answers for %q", t.Static))
	case role.Edge != nil:
		p.edge = &role
	case role.Name != t.Entry:
		p.unfit(fmt.Sprintf("static files come from %q, which is neither the entry nor an edge", role.Name))
	}
}

func staticRecord(t targets.Topology) (targets.Record, bool) {
	for _, role := range t.RolesOf(targets.KindNameserver) {
		if role.Nameserver == nil {
			continue
		}
		for _, r := range role.Nameserver.Records {
			if strings.EqualFold(r.Name, t.Static) {
				return r, true
			}
		}
	}
	return targets.Record{}, false
}

// compare finds what makes several roles of a tier more than copies of the
// first.
func (p *path) compare(t targets.Topology) string {
	if p.balancer != nil && len(p.webs) > 1 {
		if p.balancer.Balancer.Policy == targets.PolicyIPHash {
			return "ip-hash gives each client address one server"
		}
		if why := p.compareWebs(t); why != "" {
			return why
		}
	}
	for _, tier := range []struct {
		what  string
		roles []targets.Role
		from  []string
	}{
		{"replicas", p.replicas, []string{p.home().Name, p.nodes[p.store.Name].Name}},
		{"caches", p.caches, []string{p.home().Name}},
		{"caches", p.keepers, []string{p.home().Name}},
	} {
		if why := p.compareTier(t, tier.what, tier.roles, tier.from); why != "" {
			return why
		}
	}
	if len(p.replicas) > 0 && len(p.nodes[p.store.Name].Roles) != 1 {
		return "the primary shares its node"
	}
	return ""
}

func (p *path) compareWebs(t targets.Topology) string {
	first, home := p.web(), p.home()
	for _, web := range p.webs {
		node := p.nodes[web.Name]
		switch {
		case len(node.Roles) != 1:
			return fmt.Sprintf("web server %s shares its node", web.Name)
		case node.Machine != home.Machine || !sameWork(web.Web, first.Web):
			return fmt.Sprintf("web servers %s and %s differ", first.Name, web.Name)
		}
		same := oneWay(t, p.nodes[p.balancer.Name].Name, home.Name) == oneWay(t, p.nodes[p.balancer.Name].Name, node.Name)
		for _, used := range web.Uses() {
			_, other, ok := t.Role(used)
			same = same && (!ok || oneWay(t, home.Name, other.Name) == oneWay(t, node.Name, other.Name))
		}
		if !same {
			return fmt.Sprintf("the wires of %s and %s differ", first.Name, web.Name)
		}
	}
	return ""
}

// sameWork says that two web servers do the same, and ask the same.
func sameWork(a, b *targets.Web) bool {
	return a.Store == b.Store && a.Reads == b.Reads && reflect.DeepEqual(a.Demand, b.Demand) && reflect.DeepEqual(a.Members, b.Members) &&
		reflect.DeepEqual(a.Cache, b.Cache) && reflect.DeepEqual(a.Sessions, b.Sessions)
}

// compareTier finds what makes the roles of a tier unequal, as seen from some
// nodes.
func (p *path) compareTier(t targets.Topology, what string, roles []targets.Role, from []string) string {
	for _, r := range roles {
		first, node := p.nodes[roles[0].Name], p.nodes[r.Name]
		switch {
		case len(node.Roles) != 1:
			return fmt.Sprintf("%s %s shares its node", what, r.Name)
		case node.Machine != first.Machine || !sameStore(r, roles[0]):
			return fmt.Sprintf("%s %s and %s differ", what, roles[0].Name, r.Name)
		}
		for _, caller := range from {
			if oneWay(t, caller, first.Name) != oneWay(t, caller, node.Name) {
				return fmt.Sprintf("the wires from %s to %s and %s differ", caller, first.Name, node.Name)
			}
		}
	}
	return ""
}

func sameStore(a, b targets.Role) bool {
	if a.Database != nil && b.Database != nil {
		return reflect.DeepEqual(a.Database.Storage(), b.Database.Storage())
	}
	return reflect.DeepEqual(a.Cache, b.Cache)
}

func oneWay(t targets.Topology, from, to string) float64 {
	l, _ := t.Link(from, to)
	return l.OneWay.Seconds()
}
