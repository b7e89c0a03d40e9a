package targets

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// checkLinks makes sure that every wire has two ends and that whoever uses a
// role has a wire to it.
func (t Topology) checkLinks(ps *problems) {
	seen := map[[2]string]bool{}
	for i, l := range t.Links {
		at := fmt.Sprintf("links[%d]", i)
		if _, ok := t.Node(l.From); !ok && l.From != Clients {
			ps.add(at+".from", oneOf(append(t.nodeNames(), Clients)), "there is no node %q", l.From)
		}
		if _, ok := t.Node(l.To); !ok {
			ps.add(at+".to", oneOf(t.nodeNames()), "the link leads nowhere: there is no node %q", l.To)
		}
		if seen[[2]string{l.From, l.To}] {
			ps.add(at, "one link for each pair", "%s to %s is there twice", l.From, l.To)
		}
		seen[[2]string{l.From, l.To}] = true
		if l.OneWay < 0 || l.OneWay > 10*time.Second || l.Jitter < 0 || l.Jitter > l.OneWay || l.Bandwidth < 0 {
			ps.add(at, "delay 0 to 10s one way, jitter at most the delay, bandwidth not negative",
				"one way %v, jitter %v, bandwidth %d", l.OneWay, l.Jitter, l.Bandwidth)
		}
	}
	for i, n := range t.Nodes {
		for j, r := range n.Roles {
			for _, used := range r.Uses() {
				_, other, ok := t.Role(used)
				if !ok {
					continue // reported with the role's settings
				}
				if _, wired := t.Link(n.Name, other.Name); !wired {
					ps.add(fmt.Sprintf("nodes[%d].roles[%d]", i, j), "add it to links",
						"role %s uses %s, but no link goes from %s to %s", r.Name, used, n.Name, other.Name)
				}
			}
		}
	}
}

func (t Topology) nodeNames() []string {
	names := make([]string, len(t.Nodes))
	for i, n := range t.Nodes {
		names[i] = n.Name
	}
	return names
}

// checkEntry makes sure that clients can reach the site.
func (t Topology) checkEntry(ps *problems) {
	t.wantRole(ps, "entry", t.Entry, KindWeb, KindBalancer)
	checkDomain(ps, "site", t.Site)
	entry, node, ok := t.Role(t.Entry)
	if ok {
		if _, wired := t.Link(Clients, node.Name); !wired {
			ps.add("links", "add one from clients", "no link goes from clients to %s, where the entry %s runs", node.Name, t.Entry)
		}
		if entry.Private {
			ps.add("entry", "a role that is not private", "role %q refuses clients", t.Entry)
		}
	}
	if t.Resolver == "" {
		return
	}
	t.wantRole(ps, "resolver", t.Resolver, KindResolver)
	if _, node, ok := t.Role(t.Resolver); ok {
		if _, wired := t.Link(Clients, node.Name); !wired {
			ps.add("links", "add one from clients", "no link goes from clients to %s, where the resolver runs", node.Name)
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
				"roles use each other in a circle: %s", strings.Join(append(path[from:], role), " -> "))
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
// that uses it, and its own node.
func (t Topology) Callers(role string) []string {
	var callers []string
	for _, n := range t.Nodes {
		for _, r := range n.Roles {
			if (r.Name == role || slices.Contains(r.Uses(), role)) && !slices.Contains(callers, n.Name) {
				callers = append(callers, n.Name)
			}
		}
	}
	return callers
}
