package targets

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"time"
)

// checkSettings checks that a role has the settings of its kind and no
// others, and then those.
func (t Topology) checkSettings(ps *problems, at string, r Role) {
	set := map[Kind]bool{
		KindWeb: r.Web != nil, KindDatabase: r.Database != nil, KindKeyValue: r.KeyValue != nil,
		KindBalancer: r.Balancer != nil, KindNameserver: r.Nameserver != nil, KindResolver: r.Resolver != nil,
		KindCache: r.Cache != nil, KindEdge: r.Edge != nil, KindVolume: r.Volume != nil,
		KindQueue: r.Queue != nil, KindWorker: r.Worker != nil, KindMonitor: r.Monitor != nil,
	}
	has, known := set[r.Kind]
	if !known {
		ps.add(at+".kind", oneOf(Kinds()), "%q is not a kind", r.Kind)
		return
	}
	for _, kind := range Kinds() {
		if set[kind] && kind != r.Kind {
			ps.add(at+"."+string(kind), fmt.Sprintf("only settings of %s", r.Kind), "a role has one kind, and this one is a %s", r.Kind)
		}
	}
	at += "." + string(r.Kind)
	if !has {
		ps.add(at, "", "a role of kind %s needs its settings", r.Kind)
		return
	}
	switch r.Kind {
	case KindWeb:
		t.checkWeb(ps, at, *r.Web)
	case KindDatabase:
		t.checkDatabase(ps, at, r.Name, *r.Database)
	case KindKeyValue:
		checkStore(ps, at, *r.KeyValue, []Statement{StatementGet, StatementSet})
	case KindBalancer:
		t.checkBalancer(ps, at, *r.Balancer)
	case KindNameserver:
		t.checkNameserver(ps, at, *r.Nameserver)
	case KindResolver:
		t.checkResolver(ps, at, *r.Resolver)
	case KindCache:
		checkCache(ps, at, *r.Cache)
	case KindEdge:
		t.checkEdge(ps, at, *r.Edge)
	case KindVolume:
		checkVolume(ps, at, *r.Volume)
	case KindQueue:
		t.checkQueue(ps, at, *r.Queue)
	case KindWorker:
		t.checkWorker(ps, at, *r.Worker)
	case KindMonitor:
		checkMonitor(ps, at, *r.Monitor)
	}
}

// wantRole checks that a name is a role of one of the kinds.
func (t Topology) wantRole(ps *problems, field, name string, kinds ...Kind) bool {
	role, _, ok := t.Role(name)
	switch {
	case !ok:
		ps.add(field, oneOf(t.roleNames(kinds)), "there is no role %q", name)
	case !slices.Contains(kinds, role.Kind):
		ps.add(field, oneOf(t.roleNames(kinds)), "role %q is a %q", name, role.Kind)
	default:
		return true
	}
	return false
}

func (t Topology) roleNames(kinds []Kind) []string {
	var names []string
	for _, k := range kinds {
		for _, r := range t.RolesOf(k) {
			if nodeName.MatchString(r.Name) {
				names = append(names, r.Name)
			}
		}
	}
	return names
}

func (t Topology) checkWeb(ps *problems, at string, w Web) {
	t.checkData(ps, at, w.Data())
	w.checkReads(ps, at)
	checkNames(ps, at+".queues", w.Queues, 0, 20)
	for i, q := range w.Queues {
		t.wantRole(ps, index(at+".queues", i), q, KindQueue)
	}
	checkDemand(ps, at+".demand", w.Demand, Operations(), "an operation")
	checkSizes(ps, at, w.AssetSizes)
	if w.SessionTTL <= 0 {
		ps.add(at+".session_ttl", "a positive duration", "is %v", w.SessionTTL)
	}
	checkPeriod(ps, at+".asset_max_age", w.AssetMaxAge, 0, 365*24*time.Hour)
	if w.Cache != nil {
		t.checkReadThrough(ps, at+".cache", *w.Cache)
	}
	t.checkSessions(ps, at+".sessions", w.Sessions)
	if w.Sharding != nil && w.Sessions.Store == SessionsDatabase {
		ps.add(at+".sessions.store", "a store that is not sharded", "sessions have no shard key")
	}
}

// checkDemand checks the laws of a table by its keys.
func checkDemand[K ~string](ps *problems, at string, demand map[K]Law, allowed []K, noun string) {
	for _, key := range slices.Sorted(maps.Keys(demand)) {
		if !slices.Contains(allowed, key) {
			ps.add(at, oneOf(allowed), "%q is not %s", key, noun)
			continue
		}
		checkLaw(ps, fmt.Sprintf("%s.%s", at, key), demand[key])
	}
}

func checkSizes(ps *problems, at string, sizes []int) {
	for i, size := range sizes {
		checkRange(ps, fmt.Sprintf("%s.asset_sizes[%d]", at, i), size, 1, 16<<20)
	}
	if len(sizes) > 1000 {
		ps.add(at+".asset_sizes", "at most 1000", "there are %d", len(sizes))
	}
}

func checkStore(ps *problems, at string, s KeyValue, classes []Statement) {
	checkDemand(ps, at+".demand", s.Demand, classes, "a statement of this kind")
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
	b.Health.check(ps, at+".health")
	if l := b.Limit; l.Rate != 0 && !(l.Rate > 0 && !math.IsInf(l.Rate, 1) && l.Burst >= 1) { // NaN is refused too
		ps.add(at+".limit", "rate 0 (no limit), or positive with a burst of at least 1", "rate %v, burst %d", l.Rate, l.Burst)
	}
}

func (h Health) check(ps *problems, at string) {
	if h.Interval != 0 && (h.Interval < time.Millisecond || h.Timeout <= 0 || h.Fall < 1 || h.Rise < 1) {
		ps.add(at, "interval at least 1ms, timeout positive, fall and rise at least 1; or interval 0 for no active checks",
			"interval %v, timeout %v, fall %d, rise %d", h.Interval, h.Timeout, h.Fall, h.Rise)
	}
	if h.PassiveFails < 0 {
		ps.add(at+".passive_fails", "0 (no passive checks) or more", "is %d", h.PassiveFails)
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
