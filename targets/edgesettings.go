package targets

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"
)

func index(field string, i int) string { return fmt.Sprintf("%s[%d]", field, i) }

// checkNames checks the length of a list of names, and that each is there
// once.
func checkNames(ps *problems, field string, names []string, low, high int) {
	if len(names) < low || len(names) > high {
		ps.add(field, fmt.Sprintf("allowed are %d to %d", low, high), "there are %d", len(names))
	}
	for i, n := range names {
		if slices.Contains(names[:i], n) {
			ps.add(index(field, i), "each once", "%q is there twice", n)
		}
	}
}

func checkPeriod(ps *problems, field string, d, low, high time.Duration) {
	if d < low || d > high {
		ps.add(field, fmt.Sprintf("allowed is %v to %v", low, high), "is %v", d)
	}
}

func checkRatio(ps *problems, field string, r float64) {
	if !(r >= 0 && r <= 1) { // false for NaN too
		ps.add(field, "allowed is 0 to 1", "is %v", r)
	}
}

func (t Topology) checkEdge(ps *problems, at string, e Edge) {
	t.wantRole(ps, at+".origin", e.Origin, KindBalancer, KindWeb)
	for i, b := range e.Backups {
		t.wantRole(ps, fmt.Sprintf("%s.backups[%d]", at, i), b, KindBalancer, KindWeb)
	}
	if !nodeName.MatchString(e.Provider) {
		ps.add(at+".provider", "a name", "%q is not a name", e.Provider)
	}
	if _, ok := t.Region(e.Region); !ok {
		ps.add(at+".region", oneOf(t.regionNames()), "there is no region %q", e.Region)
	}
	for i, p := range e.Peers {
		if !t.wantRole(ps, index(at+".peers", i), p, KindEdge) {
			continue
		}
		if peer, _, _ := t.Role(p); peer.Edge != nil && peer.Edge.Provider != e.Provider {
			ps.add(index(at+".peers", i), "edges of the same provider", "%q belongs to %q", p, peer.Edge.Provider)
		}
	}
	checkNames(ps, at+".peers", e.Peers, 0, 100)
	if e.Bytes < 1024 || e.Bytes > 1<<40 {
		ps.add(at+".bytes", "allowed is 1024 to 1 TiB", "is %d", e.Bytes)
	}
	checkPeriod(ps, at+".ttl", e.TTL, 0, 365*24*time.Hour)
	checkPeriod(ps, at+".stale_if_error", e.StaleIfError, 0, 365*24*time.Hour)
	checkPeriod(ps, at+".timeout", e.Timeout, time.Millisecond, 5*time.Minute)
	checkRange(ps, at+".connections", e.Connections, 1, 10_000)
	checkLaw(ps, at+".demand", e.Demand)
}

func (t Topology) regionNames() []string {
	var names []string
	for _, r := range t.Regions {
		names = append(names, r.Name)
	}
	return names
}

// clientNames are what stands for users in links.
func (t Topology) clientNames() []string {
	names := []string{Clients}
	for _, r := range t.Regions {
		names = append(names, r.Clients())
	}
	return names
}

// loopback is where everything of a site runs, and machines is the part of it
// that the nodes have.
var (
	loopback = netip.MustParsePrefix("127.0.0.0/8")
	machines = netip.MustParsePrefix("127.64.0.0/10")
)

func (t Topology) checkRegions(ps *problems) {
	if len(t.Regions) > 50 {
		ps.add("regions", "at most 50", "there are %d", len(t.Regions))
		return
	}
	seen, taken := map[string]string{}, []netip.Prefix{}
	for i, r := range t.Regions {
		at := index("regions", i)
		checkName(ps, at+".name", r.Name, seen)
		p, err := netip.ParsePrefix(r.Subnet)
		switch {
		case err != nil || p != p.Masked() || !loopback.Contains(p.Addr()) || p.Bits() < 8 || p.Overlaps(machines):
			ps.add(at+".subnet", "a subnet of 127.0.0.0/8 outside 127.64.0.0/10, like 127.33.0.0/16", "%q is not such a subnet", r.Subnet)
		case slices.ContainsFunc(taken, p.Overlaps):
			ps.add(at+".subnet", "a subnet of its own", "%q overlaps another region's", r.Subnet)
		default:
			taken = append(taken, p)
		}
	}
}

// checkStatic makes sure that clients can find and reach the static files.
func (t Topology) checkStatic(ps *problems) {
	if t.Static == "" {
		return
	}
	checkDomain(ps, "static", t.Static)
	if !t.hasAddress(t.Static) {
		ps.add("static", "add a record for it to a nameserver", "no nameserver knows the address of %q", t.Static)
	}
	if t.Resolver == "" {
		ps.add("static", "a resolver", "clients cannot look %q up", t.Static)
	}
}

// checkRecord checks who is answered for a name.
func (t Topology) checkRecord(ps *problems, field string, r Record) {
	for i, role := range r.Backup {
		t.wantRole(ps, index(field+".backup", i), role, Kinds()...)
	}
	for _, region := range slices.Sorted(maps.Keys(r.Regions)) {
		at := field + ".regions." + region
		if _, ok := t.Region(region); !ok {
			ps.add(at, oneOf(t.regionNames()), "there is no region %q", region)
		}
		checkNames(ps, at, r.Regions[region], 1, 100)
		for i, role := range r.Regions[region] {
			t.wantRole(ps, index(at, i), role, Kinds()...)
		}
	}
}

func (t Topology) checkAutoscale(ps *problems) {
	a := t.Autoscale
	for i, n := range t.Nodes {
		if n.Standby && (a == nil || !slices.Contains(a.Nodes, n.Name)) {
			ps.add(fmt.Sprintf("nodes[%d].standby", i), "only nodes of autoscale", "nothing would start %q", n.Name)
		}
	}
	if a == nil {
		return
	}
	checkNames(ps, "autoscale.nodes", a.Nodes, 1, MaxNodes)
	checkRange(ps, "autoscale.min", a.Min, 1, len(a.Nodes))
	checkRange(ps, "autoscale.max", a.Max, max(a.Min, 1), len(a.Nodes))
	for i, name := range a.Nodes {
		n, ok := t.Node(name)
		if !ok {
			ps.add(index("autoscale.nodes", i), oneOf(t.nodeNames()), "there is no node %q", name)
		} else if n.Standby != (i >= a.Min) {
			ps.add(index("autoscale.nodes", i), "the first min nodes run from the start, the others are on standby", "node %q: standby is %v", name, n.Standby)
		}
	}
	if a.Backlog != 0 {
		checkRange(ps, "autoscale.backlog", a.Backlog, 1, 1_000_000)
	} else {
		t.checkTarget(ps, *a)
	}
	checkPeriod(ps, "autoscale.interval", a.Interval, 10*time.Millisecond, time.Hour)
	checkPeriod(ps, "autoscale.up_after", a.UpAfter, 0, time.Hour)
	checkPeriod(ps, "autoscale.down_after", a.DownAfter, 0, time.Hour)
	checkPeriod(ps, "autoscale.drain", a.Drain, 0, time.Hour)
}

// checkTarget checks what an autoscaler by use needs.
func (t Topology) checkTarget(ps *problems, a Autoscale) {
	t.wantRole(ps, "autoscale.balancer", a.Balancer, KindBalancer)
	if !(a.Target > 0 && a.Target <= 1) {
		ps.add("autoscale.target", "above 0, at most 1", "is %v", a.Target)
	}
	checkRatio(ps, "autoscale.tolerance", a.Tolerance)
	if a.Target*(1+a.Tolerance) >= 1 {
		ps.add("autoscale.target", "target * (1 + tolerance) below 1: use is never more than 1", "no use of the servers could ever add one")
	}
}
