package estimate

import (
	"fmt"
	"reflect"

	"rung/targets"
)

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
	for _, s := range p.tiers {
		if len(s.replicas) == 0 {
			continue // one database may share its node
		}
		if len(s.nodes[s.store.Name].Roles) != 1 {
			return "the primary shares its node"
		}
		if why := p.compareTier(t, "replicas", s.readers(t, p), p.home().Name); why != "" {
			return why
		}
	}
	for _, caches := range [][]targets.Role{p.caches, p.keepers} {
		if why := p.compareTier(t, "caches", caches, p.home().Name); why != "" {
			return why
		}
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
	return a.Reads == b.Reads && a.Denormalised == b.Denormalised && reflect.DeepEqual(a.Data(), b.Data()) &&
		reflect.DeepEqual(a.Demand, b.Demand) && reflect.DeepEqual(a.Queues, b.Queues) &&
		reflect.DeepEqual(a.Cache, b.Cache) && reflect.DeepEqual(a.Sessions, b.Sessions)
}

// compareTier finds what makes the roles of a tier unequal, as seen from a
// node.
func (p *path) compareTier(t targets.Topology, what string, roles []targets.Role, from string) string {
	for _, r := range roles {
		_, first, _ := t.Role(roles[0].Name)
		_, node, _ := t.Role(r.Name)
		switch {
		case len(node.Roles) != 1:
			return fmt.Sprintf("%s %s shares its node", what, r.Name)
		case node.Machine != first.Machine || !sameStore(r, roles[0]):
			return fmt.Sprintf("%s %s and %s differ", what, roles[0].Name, r.Name)
		case oneWay(t, from, first.Name) != oneWay(t, from, node.Name):
			return fmt.Sprintf("the wires from %s to %s and %s differ", from, first.Name, node.Name)
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
