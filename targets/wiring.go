package targets

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// checkLinks makes sure that every wire has two ends.
func (t Topology) checkLinks(ps *problems) {
	seen := map[[2]string]bool{}
	for i, l := range t.Links {
		at := fmt.Sprintf("links[%d]", i)
		if _, ok := t.Node(l.From); !ok && !slices.Contains(t.clientNames(), l.From) {
			ps.add(at+".from", oneOf(append(t.nodeNames(), t.clientNames()...)), "there is no node %q", l.From)
		}
		if _, ok := t.Node(l.To); !ok {
			ps.add(at+".to", oneOf(t.nodeNames()), "the link leads nowhere: there is no node %q", l.To)
		}
		switch pair := [2]string{l.From, l.To}; {
		case l.From == l.To:
			ps.add(at, "two nodes; roles of one node need no link", "%q is both ends", l.From)
		case seen[pair]:
			ps.add(at, "one link for each pair", "%q to %q is there twice", l.From, l.To)
		default:
			seen[pair] = true
		}
		if l.OneWay < 0 || l.OneWay > 10*time.Second {
			ps.add(at+".delay", "0 to 10s one way", "is %v", l.OneWay)
		}
		if l.Jitter < 0 || l.Jitter > max(0, l.OneWay) {
			ps.add(at+".jitter", fmt.Sprintf("0 to the delay of %v", max(0, l.OneWay)), "is %v", l.Jitter)
		}
		if l.Bandwidth < 0 {
			ps.add(at+".bandwidth", "0 (unlimited) or more bytes per second", "is %d", l.Bandwidth)
		}
	}
}

// checkUses makes sure that whoever uses a role has a wire to it.
func (t Topology) checkUses(ps *problems) {
	for i, n := range t.Nodes {
		for j, r := range n.Roles {
			for _, used := range r.Dials() {
				_, other, ok := t.Role(used)
				if !ok {
					continue // reported with the role's settings
				}
				if _, wired := t.Link(n.Name, other.Name); !wired {
					ps.add(fmt.Sprintf("nodes[%d].roles[%d]", i, j), "add it to links",
						"role %q uses %q, but no link goes from %q to %q", r.Name, used, n.Name, other.Name)
				}
			}
		}
	}
}

func (t Topology) nodeNames() []string {
	var names []string
	for _, n := range t.Nodes {
		if nodeName.MatchString(n.Name) {
			names = append(names, n.Name)
		}
	}
	return names
}

// checkEntry makes sure that clients can reach the site.
func (t Topology) checkEntry(ps *problems) {
	if checkDomain(ps, "site", t.Site); t.Site == "." {
		ps.add("site", `a name below the root, like "www.shop.example."`, "is the root")
	}
	t.checkOpen(ps, "entry", t.Entry, KindWeb, KindBalancer)
	if t.Resolver == "" {
		return
	}
	t.checkOpen(ps, "resolver", t.Resolver, KindResolver)
	if !t.hasAddress(t.Site) {
		ps.add("site", "add a record for it to a nameserver", "no nameserver knows the address of %q", t.Site)
	}
}

// checkOpen makes sure that a field names a role that clients can connect to.
func (t Topology) checkOpen(ps *problems, field, name string, kinds ...Kind) {
	if !t.wantRole(ps, field, name, kinds...) {
		return
	}
	role, node, _ := t.Role(name)
	if _, wired := t.Link(Clients, node.Name); !wired {
		ps.add("links", "add one from clients", "no link goes from clients to %q, where the %s %q runs", node.Name, field, name)
	}
	if role.Private {
		ps.add(field, "a role that is not private", "role %q refuses clients", name)
	}
}

// checkNameservers refuses two DNS roles on one node: they all listen on one
// port number, because a referral has no room for a port.
func (t Topology) checkNameservers(ps *problems) {
	for i, n := range t.Nodes {
		first := ""
		for j, r := range n.Roles {
			if r.Kind != KindNameserver && r.Kind != KindResolver {
				continue
			}
			if first != "" {
				ps.add(fmt.Sprintf("nodes[%d].roles[%d]", i, j), "one nameserver or resolver for each node",
					"roles %q and %q would need the same port of node %q", first, r.Name, n.Name)
			}
			first = r.Name
		}
	}
}

// checkCycles refuses roles that need each other to answer: a request would
// go round for ever. DNS delegations are not needs.
func (t Topology) checkCycles(ps *problems) {
	const (
		open = 1
		done = 2
	)
	state := map[string]int{}
	var path []string
	var visit func(role string) bool
	visit = func(role string) bool {
		switch state[role] {
		case done:
			return false
		case open:
			from := slices.Index(path, role)
			ps.add("nodes", "roles that use one another in one direction only",
				"roles use each other in a circle: %q", strings.Join(append(path[from:], role), " -> "))
			return true
		}
		state[role] = open
		path = append(path, role)
		if r, _, ok := t.Role(role); ok {
			for _, used := range r.Uses() {
				if visit(used) {
					return true
				}
			}
		}
		path = path[:len(path)-1]
		state[role] = done
		return false
	}
	for _, n := range t.Nodes {
		for _, r := range n.Roles {
			if visit(r.Name) {
				return
			}
		}
	}
}

// Callers returns the nodes that may connect to a role: those with a role
// that dials it, and its own node; all nodes for the role that gathers logs.
func (t Topology) Callers(role string) []string {
	var callers []string
	for _, n := range t.Nodes {
		if t.Telemetry != nil && t.Telemetry.Logs == role {
			callers = append(callers, n.Name)
			continue
		}
		for _, r := range n.Roles {
			if (r.Name == role || slices.Contains(r.Dials(), role)) && !slices.Contains(callers, n.Name) {
				callers = append(callers, n.Name)
			}
		}
	}
	return callers
}
