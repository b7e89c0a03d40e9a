package estimate_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"rung/bench"
	"rung/bench/estimate"
	"rung/targets"
)

// Without load a request takes its floor, of wires of 0.5 ms there and back,
// and work; on the rungs of the data tier it may go one of two ways.
func TestFloorsOfTheDataStages(t *testing.T) {
	base := func(then ...func(*targets.Topology)) targets.Topology {
		s := allInMemory(shopTopology(1, 2, false))
		for _, f := range then {
			f(&s)
		}
		return s
	}
	mode := func(m targets.Mode) func(*targets.Topology) {
		return func(s *targets.Topology) { replicate(s, 2, m, targets.ReadsReplicas, time.Millisecond) }
	}
	caches := func(bytes int64, ttl time.Duration) func(*targets.Topology) {
		return func(s *targets.Topology) { cacheTier(s, 3, bytes, targets.EvictionLRU, ttl) }
	}
	store := func(kind targets.SessionStore, pool int) func(*targets.Topology) {
		return func(s *targets.Topology) { keepSessions(s, kind, pool) }
	}
	edge := func(maxAge time.Duration) func(*targets.Topology) {
		return func(s *targets.Topology) { edges(s, maxAge) }
	}
	const all, none = 1 << 30, 1
	for _, row := range []struct {
		name     string
		topology targets.Topology
		op       targets.Operation
		want     float64 // ms
	}{
		{"a read of a replica", base(mode(targets.ModeSynchronous)), targets.OpUser, 0.5 + 3 + 0.5 + 1},
		{"a write, asynchronous", base(mode(targets.ModeAsynchronous)), targets.OpPost, 0.5 + 5 + 0.5 + 2 + 10},
		{"a write, semi-synchronous", base(mode(targets.ModeSemiSynchronous)), targets.OpPost, 0.5 + 5 + 0.5 + 2 + 10 + (2 + 2 + 10)},
		{"a write, synchronous", base(mode(targets.ModeSynchronous)), targets.OpPost, 0.5 + 5 + 0.5 + 2 + 10 + (2 + 2 + 10)},
		{"an edit commits", base(), targets.OpEdit, 0.5 + 0.5 + 2 + 10},
		{"a hit", base(caches(all, 0)), targets.OpUser, 0.5 + 3 + (0.5 + 0.1)},
		{"a miss", base(caches(none, 0)), targets.OpUser, 0.5 + 3 + (0.5 + 0.1) + (0.5 + 1) + (0.5 + 0.1)},
		{"a miss of orders", base(caches(none, 0)), targets.OpOrders, 0.5 + 6 + (0.5 + 0.1) + (0.5 + 4) + (0.5 + 0.1)},
		{"an edit forgets two entries", base(caches(all, 0)), targets.OpEdit, 0.5 + 0.5 + 2 + 10 + 2*(0.5+0.1)},
		{"a post is not cached", base(caches(all, 0)), targets.OpPost, 0.5 + 5 + 0.5 + 2 + 10},
		{"session in memory", base(store(targets.SessionsMemory, 0)), targets.OpMe, 0.5 + 2},
		{"session in a cookie", base(store(targets.SessionsCookie, 0)), targets.OpMe, 0.5 + 2},
		{"session in a cache", base(store(targets.SessionsCache, 0)), targets.OpMe, 0.5 + 2 + (0.5 + 0.1)},
		{"login in a cache", base(store(targets.SessionsCache, 0)), targets.OpLogin, 0.5 + 2 + (0.5 + 0.1)},
		{"session in the database", base(store(targets.SessionsDatabase, 0)), targets.OpMe, 0.5 + 2 + (0.5 + 1)},
		{"login in the database", base(store(targets.SessionsDatabase, 0)), targets.OpLogin, 0.5 + 2 + (0.5 + 2 + 10)},
		{"login in a synchronous group", base(mode(targets.ModeSynchronous), store(targets.SessionsDatabase, 0)), targets.OpLogin,
			0.5 + 2 + (0.5 + 2 + 10) + (2 + 2 + 10)},
		{"session on a volume, in memory", base(store(targets.SessionsVolume, 60)), targets.OpMe, 0.5 + 2 + (0.5 + 0.2)},
		{"login on a volume", base(store(targets.SessionsVolume, 60)), targets.OpLogin, 0.5 + 2 + (0.5 + 0.2 + 10)},
		{"a file that the edge has", base(edge(24 * 300 * time.Hour)), targets.OpAsset, 0.5 + 0.5},
		{"a file that the edge must ask for", base(edge(0)), targets.OpAsset, 0.5 + 0.5 + 0.5 + 2},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := shopWorkload()
			w.Mix = []bench.Share{{Operation: row.op, Ratio: 1}}
			e, _ := predict(t, row.topology, w, 0, 0).Estimate("common.p50_ns")
			near(t, "p50 in ms", e.Value/1e6, row.want, 1e-6)
			if e.Outside != "" {
				t.Errorf("outside: %s", e.Outside)
			}
		})
	}
}

// By hand: reads are 0.6x1 + 0.1x4 = 1 ms a request, writes 0.1x2 = 0.2 ms on
// the primary and on each replica, and commits 0.1x10 = 1 ms.
func TestDemandsOfTheDataStages(t *testing.T) {
	type row struct {
		slots   int
		timeMs  float64
		ceiling float64
	}
	group := func(reads targets.Reads, replicas int) targets.Topology {
		s := allInMemory(shopTopology(3, 2, false))
		replicate(&s, replicas, targets.ModeAsynchronous, reads, 250*time.Microsecond)
		return s
	}
	hits := group(targets.ReadsReplicas, 2)
	cacheTier(&hits, 3, 1<<30, targets.EvictionLRU, 0)
	edge := group(targets.ReadsReplicas, 2)
	edges(&edge, 24*300*time.Hour)
	for _, stage := range []struct {
		name     string
		topology targets.Topology
		rows     map[string]row
		limit    string
	}{
		{"05", group(targets.ReadsReplicas, 2), map[string]row{"web/cpu": {6, 7.2, 833.333}, "db/cpu": {4, 1.4, 2857.143}, "db/disk": {1, 1, 1000}}, "web/cpu"},
		{"05, one replica", group(targets.ReadsReplicas, 1), map[string]row{"db/cpu": {2, 1.2, 1666.667}}, "web/cpu"},
		{"05, all members", group(targets.ReadsAll, 2), map[string]row{"db/cpu": {4, 2.0/3 + 0.4, 3750}, "db/disk": {1, 1, 1000}}, "web/cpu"},
		{"05, reads of the primary", group(targets.ReadsPrimary, 2), map[string]row{"db/cpu": {2, 1.2, 1666.667}}, "web/cpu"},
		{"06, all hits", hits, map[string]row{"web/cpu": {6, 7.2, 833.333}, "cache/cpu": {6, 0.07, 85714.3}, "db/cpu": {2, 0.2, 10_000}}, "web/cpu"},
		{"07", edge, map[string]row{"web/cpu": {6, 6.9, 869.565}, "edge-na/cpu": {2, 0.075, 26666.7}}, "web/cpu"},
	} {
		t.Run(stage.name, func(t *testing.T) {
			p := predict(t, stage.topology, shopWorkload(), 100, 0)
			if p.Bottleneck.String() != stage.limit {
				t.Errorf("the limit is %s", p.Bottleneck)
			}
			found := 0
			for _, d := range p.Demands {
				if want, ok := stage.rows[d.Node+"/"+d.Resource]; ok {
					found++
					near(t, d.Node+"/"+d.Resource+" time in ms", d.TimeNs/1e6, want.timeMs, 1e-3)
					near(t, d.Node+"/"+d.Resource+" ceiling", d.Ceiling/want.ceiling, 1, 1e-3)
					if d.Slots != want.slots {
						t.Errorf("%s has %d slots, want %d", d.Node, d.Slots, want.slots)
					}
				}
			}
			if found != len(stage.rows) {
				t.Errorf("demands are %+v", p.Demands)
			}
		})
	}
}

func TestWhereTheModelOfTheDataStagesEnds(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name    string
		fact    string
		outside string
		damage  func(*targets.Topology)
	}{
		{"nothing", "common.p99_ns", "", func(*targets.Topology) {}},
		{"unequal replicas", "common.p99_ns", "replicas db-2 and db-3 differ", func(s *targets.Topology) { node(s, "db-3").Machine.CPU.Slots = 4 }},
		{"replicas with other disks", "capacity_per_s", "replicas db-2 and db-3 differ", func(s *targets.Topology) { node(s, "db-3").Roles[0].Database.PoolPages = 7 }},
		{"replicas far away", "common.p99_ns", "the wires from web-1 to db-2 and db-3 differ", func(s *targets.Topology) {
			for _, web := range webNodes(*s) {
				link(s, web, "db-3").OneWay = time.Second
			}
		}},
		{"unequal caches", "common.cache.hit_ratio", "caches cache-1 and cache-2 differ", func(s *targets.Topology) { node(s, "cache-2").Roles[0].Cache.Bytes = 5000 }},
		{"a cache that shares its node", "common.cache.hit_ratio", "caches cache-1 shares its node", func(s *targets.Topology) {
			n := node(s, "cache-1")
			n.Roles = append(n.Roles, targets.Role{Name: "more"})
		}},
		{"servers that come and go", "capacity_per_s", "servers join and leave with the load", standby},
		{"LFU that forgets", "common.cache.hit_ratio", "LFU forgets its counts", func(s *targets.Topology) {
			for _, name := range []string{"cache-1", "cache-2"} {
				node(s, name).Roles[0].Cache.Policy = targets.EvictionLFU
			}
			change(s, func(r *targets.Role) {
				if r.Web != nil {
					r.Web.Cache.TTL = time.Second
				}
			})
		}},
		{"a pool behind a cache", "pool_miss_ratio", "a cache in front keeps the repeated reads", func(*targets.Topology) {}},
		{"static files from nobody", "common.p99_ns", "no nameserver says who answers", func(s *targets.Topology) { s.Static = "other.shop.example." }},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := shopTopology(3, 2, false)
			replicate(&s, 2, targets.ModeAsynchronous, targets.ReadsReplicas, 250*time.Microsecond)
			cacheTier(&s, 2, 1<<18, targets.EvictionLRU, 0)
			edges(&s, time.Minute)
			row.damage(&s)
			e, ok := predict(t, s, shopWorkload(), 100, 0).Estimate(row.fact)
			if !ok || (e.Outside == "") != (row.outside == "") || !strings.Contains(e.Outside, row.outside) {
				t.Errorf("outside is %q, want %q", e.Outside, row.outside)
			}
		})
	}
}

func node(s *targets.Topology, name string) *targets.Node {
	for i := range s.Nodes {
		if s.Nodes[i].Name == name {
			return &s.Nodes[i]
		}
	}
	return nil
}

func link(s *targets.Topology, from, to string) *targets.Link {
	for i := range s.Links {
		if s.Links[i].From == from && s.Links[i].To == to {
			return &s.Links[i]
		}
	}
	return nil
}

// A warm tier whose entries outlive the attack hits as if there were no TTL;
// in the long run it does not.
func TestTTLAndTheLengthOfAnAttack(t *testing.T) {
	s := shopTopology(1, 2, false)
	cacheTier(&s, 1, 1<<18, targets.EvictionLRU, 10*time.Second)
	hit := func(length time.Duration) bench.Estimate {
		p, err := estimate.PredictAttack(s, shopWorkload(), 100, length, 0)
		if err != nil {
			t.Fatal(err)
		}
		e, ok := p.Estimate("common.cache.hit_ratio")
		if !ok || len(e.Derivation) < 3 {
			t.Fatalf("no estimate of the hits: %+v", e)
		}
		return e
	}
	short, between, long := hit(5*time.Second), hit(20*time.Second), hit(time.Minute)
	if short.Outside != "" || long.Outside != "" || between.Outside == "" {
		t.Errorf("outside: %q, %q, %q", short.Outside, between.Outside, long.Outside)
	}
	if long.Value >= short.Value {
		t.Errorf("with the TTL %v hit, without %v", long.Value, short.Value)
	}
	want, _ := predict(t, s, shopWorkload(), 100, 0).Estimate("common.cache.hit_ratio")
	near(t, "in the long run", long.Value, want.Value, 1e-12)
	saved, _ := predict(t, s, shopWorkload(), 100, 0).Estimate("common.cache.database_reads_saved_ratio")
	near(t, "reads saved", saved.Value, want.Value, 1e-12)
}

// Three nodes hold what one of their size together holds, but for the arcs of
// the ring, which differ.
func TestTierOfCaches(t *testing.T) {
	ratio := func(nodes int, bytes int64) float64 {
		s := shopTopology(1, 2, false)
		cacheTier(&s, nodes, bytes, targets.EvictionLRU, 0)
		e, _ := predict(t, s, shopWorkload(), 100, 0).Estimate("common.cache.hit_ratio")
		return e.Value
	}
	one, three, third := ratio(1, 3<<17), ratio(3, 1<<17), ratio(1, 1<<17)
	if math.Abs(one-three) > 0.01 || third > three-0.05 {
		t.Errorf("one node hits %v, three of a third of its size %v, one of these %v", one, three, third)
	}
}

// A median that lies near a gap is not held to the model's own tolerance.
func TestMedianInAGap(t *testing.T) {
	s := allInMemory(shopTopology(1, 2, false))
	cacheTier(&s, 1, 1<<17, targets.EvictionLRU, 0)
	w := shopWorkload()
	w.Mix = []bench.Share{{Operation: targets.OpUser, Ratio: 1}}
	for bytes := int64(1 << 15); bytes < 1<<20; bytes += 1 << 12 { // up to where half of the reads hit
		node(&s, "cache-1").Roles[0].Cache.Bytes = bytes
		p := predict(t, s, w, 1, 0)
		if hit, _ := p.Estimate("common.cache.hit_ratio"); hit.Value < 0.5 {
			continue
		}
		e, _ := p.Estimate("common.p50_ns")
		if e.Value/1e6 > 4.2 || e.Value*(1+e.Tolerance)/1e6 < 6.1 {
			t.Errorf("p50 is %v within %v: a hit takes 4.1 ms, a miss 6.2 ms", e.Value, e.Tolerance)
		}
		return
	}
	t.Error("no cache hits half of the reads")
}
