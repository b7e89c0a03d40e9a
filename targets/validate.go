package targets

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Bounds of a topology: enough for 60 nodes on a laptop, small enough that a
// mistake in a file cannot take the machine down.
const (
	MaxNodes = 200
	MaxSlots = 1024
	MaxQueue = 100_000
)

var nodeName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`)

// Validate reports everything that makes the topology impossible to run, in
// the order of the file. An empty result means that it can be launched.
func (t Topology) Validate() []Problem {
	var ps problems
	if len(t.Nodes) == 0 {
		ps.add("nodes", "at least one node", "there are none")
	}
	if len(t.Nodes) > MaxNodes {
		ps.add("nodes", fmt.Sprintf("at most %d", MaxNodes), "there are %d", len(t.Nodes))
	}
	if t.TimeScale < 1 || t.TimeScale > 1000 {
		ps.add("time_scale", "allowed is 1 to 1000", "is %v", t.TimeScale)
	}
	t.checkNames(&ps)
	t.checkRoles(&ps)
	t.checkLinks(&ps)
	t.checkEntry(&ps)
	t.checkCycles(&ps)
	return ps
}

func (t Topology) checkNames(ps *problems) {
	nodes, roles := map[string]string{Clients: "the name of the users"}, map[string]string{}
	for i, n := range t.Nodes {
		at := fmt.Sprintf("nodes[%d]", i)
		checkName(ps, at+".name", n.Name, nodes)
		n.Machine.check(ps, at+".machine")
		if len(n.Roles) == 0 {
			ps.add(at+".roles", "at least one role", "node %q has none", n.Name)
		}
		for j, r := range n.Roles {
			checkName(ps, fmt.Sprintf("%s.roles[%d].name", at, j), r.Name, roles)
		}
	}
}

func checkName(ps *problems, field, name string, taken map[string]string) {
	switch by, dup := taken[name]; {
	case !nodeName.MatchString(name):
		ps.add(field, "a lower-case letter, then up to 39 of a-z 0-9 -", "%q is not a name", name)
	case dup:
		ps.add(field, "a name that is not taken", "%q is already %s", name, by)
	default:
		taken[name] = "taken by " + strings.TrimSuffix(field, ".name")
	}
}

func (m Machine) check(ps *problems, at string) {
	m.CPU.check(ps, at+".cpu")
	m.Disk.check(ps, at+".disk")
	if m.Quantum < 0 {
		ps.add(at+".quantum", "zero or a positive duration", "is %v", m.Quantum)
	}
}

func (r Resource) check(ps *problems, at string) {
	if r.Slots < 0 || r.Slots > MaxSlots {
		ps.add(at+".slots", fmt.Sprintf("allowed is 0 (not emulated) to %d", MaxSlots), "is %d", r.Slots)
	}
	if r.Queue < 0 || r.Queue > MaxQueue {
		ps.add(at+".queue", fmt.Sprintf("allowed is 0 to %d", MaxQueue), "is %d", r.Queue)
	}
}

func (t Topology) checkRoles(ps *problems) {
	for i, n := range t.Nodes {
		for j, r := range n.Roles {
			at := fmt.Sprintf("nodes[%d].roles[%d]", i, j)
			if r.Port < 0 || r.Port > 65535 {
				ps.add(at+".port", "allowed is 0 (any free port) to 65535", "is %d", r.Port)
			}
			t.checkSettings(ps, at, r)
		}
	}
}

func (t Topology) checkSettings(ps *problems, at string, r Role) {
	set := map[Kind]bool{
		KindWeb: r.Web != nil, KindDatabase: r.Database != nil, KindKeyValue: r.KeyValue != nil,
		KindBalancer: r.Balancer != nil, KindNameserver: r.Nameserver != nil, KindResolver: r.Resolver != nil,
	}
	has, known := set[r.Kind]
	if !known {
		ps.add(at+".kind", oneOf(Kinds()), "%q is not a kind", r.Kind)
		return
	}
	if !has {
		ps.add(at+"."+string(r.Kind), "", "a role of kind %s needs its settings", r.Kind)
		return
	}
	for kind, is := range set {
		if is && kind != r.Kind {
			ps.add(at+"."+string(kind), "", "settings of another kind than %s", r.Kind)
		}
	}
	at += "." + string(r.Kind)
	switch r.Kind {
	case KindWeb:
		t.checkWeb(ps, at, *r.Web)
	case KindDatabase:
		checkStore(ps, at, KeyValue(*r.Database), []Statement{StatementRead, StatementJoin, StatementWrite})
	case KindKeyValue:
		checkStore(ps, at, *r.KeyValue, []Statement{StatementGet, StatementSet})
	case KindBalancer:
		t.checkBalancer(ps, at, *r.Balancer)
	case KindNameserver:
		t.checkNameserver(ps, at, *r.Nameserver)
	case KindResolver:
		t.checkResolver(ps, at, *r.Resolver)
	}
}

// wantRole checks that a name is a role of one of the kinds.
func (t Topology) wantRole(ps *problems, field, name string, kinds ...Kind) {
	role, _, ok := t.Role(name)
	switch {
	case !ok:
		ps.add(field, oneOf(t.roleNames(kinds)), "there is no role %q", name)
	case !slices.Contains(kinds, role.Kind):
		ps.add(field, oneOf(t.roleNames(kinds)), "role %q is a %s", name, role.Kind)
	}
}

func (t Topology) roleNames(kinds []Kind) []string {
	var names []string
	for _, k := range kinds {
		for _, r := range t.RolesOf(k) {
			names = append(names, r.Name)
		}
	}
	return names
}

func (t Topology) checkWeb(ps *problems, at string, w Web) {
	t.wantRole(ps, at+".store", w.Store, KindDatabase, KindKeyValue)
	for op, law := range w.Demand {
		if !slices.Contains(Operations(), op) {
			ps.add(at+".demand", oneOf(Operations()), "%q is not an operation", op)
		}
		checkLaw(ps, fmt.Sprintf("%s.demand.%s", at, op), law)
	}
	checkRange(ps, at+".connections", w.Connections, 1, 10_000)
	checkSizes(ps, at, w.AssetSizes)
	if w.SessionTTL <= 0 {
		ps.add(at+".session_ttl", "a positive duration", "is %v", w.SessionTTL)
	}
}

func checkSizes(ps *problems, at string, sizes []int) {
	for i, size := range sizes {
		checkRange(ps, fmt.Sprintf("%s.asset_sizes[%d]", at, i), size, 1, 16<<20)
	}
	checkRange(ps, at+".asset_sizes (how many)", len(sizes), 0, 1000)
}

func checkStore(ps *problems, at string, s KeyValue, classes []Statement) {
	for class, law := range s.Demand {
		if !slices.Contains(classes, class) {
			ps.add(at+".demand", oneOf(classes), "%q is not a statement of this kind", class)
		}
		checkLaw(ps, fmt.Sprintf("%s.demand.%s", at, class), law)
	}
	checkLaw(ps, at+".access", s.Access)
	checkRange(ps, at+".data.users", s.Data.Users, 1, 1_000_000)
	checkRange(ps, at+".data.orders_per_user", s.Data.OrdersPerUser, 0, 100)
	checkRange(ps, at+".pool_pages", s.PoolPages, 0, 10_000_000)
	checkRange(ps, at+".connections", s.Connections, 1, 100_000)
	if s.Fsync != FsyncFull && s.Fsync != FsyncOff {
		ps.add(at+".fsync", "allowed is full, off", "is %q", s.Fsync)
	}
}

func (t Topology) checkBalancer(ps *problems, at string, b Balancer) {
	if len(b.Servers) == 0 {
		ps.add(at+".servers", "at least one web role", "there are none")
	}
	seen := map[string]bool{}
	for i, s := range b.Servers {
		field := fmt.Sprintf("%s.servers[%d]", at, i)
		t.wantRole(ps, field, s, KindWeb)
		if seen[s] {
			ps.add(field, "each server once", "%q is there twice", s)
		}
		seen[s] = true
	}
	if !slices.Contains(Policies(), b.Policy) {
		ps.add(at+".policy", oneOf(Policies()), "%q is not a policy", b.Policy)
	}
	checkRange(ps, at+".retries", b.Retries, 0, 10)
	checkLaw(ps, at+".demand", b.Demand)
	checkSizes(ps, at, b.AssetSizes)
	if b.Timeout <= 0 || b.Timeout > 5*time.Minute {
		ps.add(at+".timeout", "more than 0, at most 5m", "is %v", b.Timeout)
	}
	h := b.Health
	if h.Interval < 0 || h.Timeout < 0 || (h.Interval > 0 && (h.Timeout == 0 || h.Fall < 1 || h.Rise < 1)) {
		ps.add(at+".health", "interval and timeout positive, fall and rise at least 1; or interval 0 for no active checks",
			"interval %v, timeout %v, fall %d, rise %d", h.Interval, h.Timeout, h.Fall, h.Rise)
	}
	if b.Limit.Rate < 0 || (b.Limit.Rate > 0 && b.Limit.Burst < 1) {
		ps.add(at+".limit", "rate zero (no limit) or positive with a burst of at least 1",
			"rate %v, burst %d", b.Limit.Rate, b.Limit.Burst)
	}
}

func (t Topology) checkNameserver(ps *problems, at string, n Nameserver) {
	checkDomain(ps, at+".zone", n.Zone)
	for i, r := range n.Records {
		field := fmt.Sprintf("%s.records[%d]", at, i)
		checkDomain(ps, field+".name", r.Name)
		if !strings.HasSuffix("."+r.Name, "."+strings.TrimPrefix(n.Zone, ".")) {
			ps.add(field+".name", "a name inside "+n.Zone, "%q lies outside the zone", r.Name)
		}
		if _, _, ok := t.Role(r.Role); !ok {
			ps.add(field+".role", "", "there is no role %q", r.Role)
		}
		checkTTL(ps, field+".ttl", r.TTL)
	}
	for i, d := range n.Delegations {
		field := fmt.Sprintf("%s.delegations[%d]", at, i)
		checkDomain(ps, field+".zone", d.Zone)
		t.wantRole(ps, field+".role", d.Role, KindNameserver)
		checkTTL(ps, field+".ttl", d.TTL)
	}
}

func (t Topology) checkResolver(ps *problems, at string, r Resolver) {
	t.wantRole(ps, at+".root", r.Root, KindNameserver)
	for i, name := range r.Reaches {
		t.wantRole(ps, fmt.Sprintf("%s.reaches[%d]", at, i), name, KindNameserver)
	}
	if !slices.Contains(r.Reaches, r.Root) {
		ps.add(at+".reaches", "must hold the root", "root %q is not in it", r.Root)
	}
	if r.MaxTTL < 0 || r.Timeout <= 0 {
		ps.add(at, "timeout positive, max_ttl zero or positive", "timeout %v, max_ttl %v", r.Timeout, r.MaxTTL)
	}
}

func checkTTL(ps *problems, field string, ttl time.Duration) {
	if ttl <= 0 || ttl > 7*24*time.Hour {
		ps.add(field, "more than 0, at most 168h", "is %v", ttl)
	}
}

func checkDomain(ps *problems, field, name string) {
	if !strings.HasSuffix(name, ".") || len(name) > 253 || strings.ContainsAny(name, " /\\\"'") {
		ps.add(field, `a fully qualified name with its last dot, like "www.shop.example."`, "%q is none", name)
	}
}

func checkLaw(ps *problems, field string, law Law) {
	if err := law.Check(); err != nil {
		ps.add(field, "", "%v", err)
	}
}

func checkRange(ps *problems, field string, value, low, high int) {
	if value < low || value > high {
		ps.add(field, fmt.Sprintf("allowed is %d to %d", low, high), "is %d", value)
	}
}
