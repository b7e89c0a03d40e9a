package estimate

import (
	"fmt"
	"reflect"
	"regexp"

	"rung/targets"
)

var numbered = regexp.MustCompile(`-[0-9]+$`)

// Group is the name that equal nodes share: "web-1" and "web-2" are "web".
func Group(node string) string { return numbered.ReplaceAllString(node, "") }

// path is the way of a request through a topology: users, a balancer if there
// is one, one of equal web servers, the store.
type path struct {
	balancer *targets.Role
	webs     []targets.Role
	store    targets.Role
	nodes    map[string]targets.Node // by role
	// unequal says why the web servers do not count as equal; empty when
	// they do.
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
		p.webs = append(p.webs, web)
		p.nodes[name] = node
	}
	if len(p.webs) == 0 {
		return p, fmt.Errorf("topology %s: balancer %q has no servers", t.Name, entry.Name)
	}
	store, node, ok := t.Role(p.webs[0].Web.Store)
	if !ok || (store.Database == nil && store.KeyValue == nil) {
		return p, fmt.Errorf("topology %s: %q is not a store", t.Name, p.webs[0].Web.Store)
	}
	p.store = store
	p.nodes[store.Name] = node
	p.unequal = p.compare(t)
	return p, nil
}

// compare finds what makes several web servers more than copies of the first.
func (p path) compare(t targets.Topology) string {
	if len(p.webs) < 2 {
		return ""
	}
	if p.balancer.Balancer.Policy == targets.PolicyIPHash {
		return "ip-hash gives each client address one server"
	}
	first, home := p.webs[0], p.nodes[p.webs[0].Name]
	for _, web := range p.webs {
		node := p.nodes[web.Name]
		switch {
		case len(node.Roles) != 1:
			return fmt.Sprintf("web server %s shares its node", web.Name)
		case node.Machine != home.Machine || web.Web.Store != first.Web.Store || !reflect.DeepEqual(web.Web.Demand, first.Web.Demand):
			return fmt.Sprintf("web servers %s and %s differ", first.Name, web.Name)
		}
		for _, way := range [][2]string{{p.nodes[p.balancer.Name].Name, ""}, {"", p.nodes[p.store.Name].Name}} {
			a, b := way, way
			if way[0] == "" {
				a[0], b[0] = home.Name, node.Name
			} else {
				a[1], b[1] = home.Name, node.Name
			}
			one, _ := t.Link(a[0], a[1])
			other, _ := t.Link(b[0], b[1])
			if one.OneWay != other.OneWay {
				return fmt.Sprintf("the wires of %s and %s differ", first.Name, web.Name)
			}
		}
	}
	return ""
}
