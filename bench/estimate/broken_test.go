package estimate_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"rung/bench"
	"rung/bench/estimate"
	"rung/targets"
)

// web changes all web servers.
func web(t *targets.Topology, f func(*targets.Web)) {
	change(t, func(r *targets.Role) {
		if r.Web != nil {
			f(r.Web)
		}
	})
}

// What is not there is named.
func TestBrokenTopologies(t *testing.T) {
	for want, broken := range map[string]func(*targets.Topology){
		`"db-nowhere" is not a store`: func(t *targets.Topology) { web(t, func(w *targets.Web) { w.Store = "db-nowhere" }) },
		`"web-1" is not a store`:      func(t *targets.Topology) { web(t, func(w *targets.Web) { w.Store = "web-1" }) },
		`"nowhere" is not a queue`:    func(t *targets.Topology) { web(t, func(w *targets.Web) { w.Queues = []string{"nowhere"} }) },
		`"db" is not a queue`:         func(t *targets.Topology) { web(t, func(w *targets.Web) { w.Queues = []string{"db"} }) },
		`"db" is not a cache`: func(t *targets.Topology) {
			web(t, func(w *targets.Web) { w.Cache = &targets.ReadThrough{Nodes: []string{"db"}} })
		},
		`there is no entry "nowhere"`: func(t *targets.Topology) { t.Entry = "nowhere" },
		`there are no shards`: func(t *targets.Topology) {
			web(t, func(w *targets.Web) { w.Sharding = &targets.Sharding{Method: targets.ShardModulo} })
		},
		`shard "s1" has no members`: func(t *targets.Topology) { s := shards(t, 2, targets.ShardModulo, 0); s.Shards[1].Members = nil },
		`member "web-1" is not a database`: func(t *targets.Topology) {
			replicate(t, 1, targets.ModeAsynchronous, targets.ReadsAll, 0)
			member(t, "web-1")
		},
	} {
		s := shopTopology(1, 2, false)
		broken(&s)
		if _, err := estimate.PredictAttack(s, shopWorkload(), 1, 0, 0); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// member makes the last member of every group another role.
func member(t *targets.Topology, name string) {
	change(t, func(r *targets.Role) {
		if r.Database != nil && r.Database.Replication != nil {
			members := r.Database.Replication.Members
			members[len(members)-1] = name
		}
	})
}

// Where the model ends it says so.
func TestWhereTheModelOfTheWideStagesEnds(t *testing.T) {
	t.Parallel()
	with := func(t targets.Topology, f func(*targets.Topology)) targets.Topology { f(&t); return t }
	edits, follows := only(targets.OpEdit), only(targets.OpFollowing)
	for _, row := range []struct {
		want     string
		topology targets.Topology
		workload bench.Workload
		crowd    estimate.Crowd
	}{
		{"several shards at once", with(shopTopology(1, 2, false), func(t *targets.Topology) {
			shards(t, 2, targets.ShardModulo, 3)
			replicateShards(t, targets.ModeSynchronous)
			web(t, func(w *targets.Web) { w.Denormalised = true })
		}), edits, estimate.Crowd{}},
		{"longer than the quantum", with(shopTopology(1, 2, false), func(t *targets.Topology) {
			shards(t, 2, targets.ShardModulo, 3)
			change(t, func(r *targets.Role) {
				if r.Database != nil {
					r.Database.Demand = map[targets.Statement]targets.Law{targets.StatementRead: constant(30)}
				}
			})
		}), follows, estimate.Crowd{}},
		{"at several shards at once varies", with(shopTopology(1, 2, false), func(t *targets.Topology) {
			shards(t, 2, targets.ShardModulo, 3)
			change(t, func(r *targets.Role) {
				if r.Database != nil {
					r.Database.Demand = map[targets.Statement]targets.Law{targets.StatementRead: {Shape: targets.ShapeExponential, Mean: time.Millisecond}}
				}
			})
		}), follows, estimate.Crowd{}},
		{"two tiers that are not the same nodes", with(shopTopology(1, 2, false), func(t *targets.Topology) {
			cacheTier(t, 2, 1<<18, targets.EvictionLRU, 0)
			web(t, func(w *targets.Web) {
				w.Sessions = targets.Sessions{Store: targets.SessionsCache, Roles: []string{"cache-1"}}
			})
		}), shopWorkload(), estimate.Crowd{}},
	} {
		p, err := estimate.PredictCrowd(row.topology, row.workload, row.crowd, 1, 0, 0)
		if err != nil {
			t.Errorf("%s: %v", row.want, err)
			continue
		}
		if e, _ := p.Estimate("common.p50_ns"); !strings.Contains(e.Outside, row.want) {
			t.Errorf("outside is %q, want %q", e.Outside, row.want)
		}
	}
}

// Data centres with data of their own: each has its store, but shards are of
// one sharding.
func TestDataCentresApart(t *testing.T) {
	s := allInMemory(twoCentres(1, targets.ModeAsynchronous))
	change(&s, func(r *targets.Role) {
		switch {
		case r.Web != nil:
			r.Web.Members, r.Web.Reads, r.Web.Store = nil, "", "db-"+r.Name[4:6]
		case r.Database != nil:
			r.Database.Replication = nil
		}
	})
	for _, region := range []string{"na", "eu"} {
		near(t, "a post in "+region, median(t, regional(t, s, only(targets.OpPost), 0, region)), 3*0.5+17, 1e-3)
	}
	both, _ := regional(t, s, only(targets.OpPost), 1, "na", "eu").Estimate("capacity_per_s")
	one, _ := regional(t, s, only(targets.OpPost), 1, "na").Estimate("capacity_per_s")
	near(t, "two disks to one", both.Value/one.Value, 2, 0.02)
	web(&s, func(w *targets.Web) {
		w.Sharding = &targets.Sharding{Method: targets.ShardModulo, Shards: []targets.Shard{{Name: "only", Members: []string{w.Store}}}}
		w.Store = ""
	})
	if _, err := estimate.PredictRegions(s, shopWorkload(), []string{"na", "eu"}, 1, 0, 0); err == nil || !strings.Contains(err.Error(), "different shards") {
		t.Errorf("two shardings: %v", err)
	}
}

// replicateShards gives each shard one replica.
func replicateShards(t *targets.Topology, mode targets.Mode) {
	for _, n := range slices.Clone(t.Nodes) {
		db := n.Roles[0].Database
		if db == nil {
			continue
		}
		group := &targets.Replication{Members: []string{n.Name, n.Name + "-b"}, Primary: n.Name, Mode: mode, Lease: time.Second, Heartbeat: 100 * time.Millisecond}
		db.Replication = group
		copied := *db
		t.Nodes = append(t.Nodes, targets.Node{Name: n.Name + "-b", Machine: n.Machine,
			Roles: []targets.Role{{Name: n.Name + "-b", Kind: targets.KindDatabase, Database: &copied}}})
		t.Links = append(t.Links, targets.Link{From: n.Name, To: n.Name + "-b", OneWay: 250 * time.Microsecond})
	}
}

// Shards that replicate: each commits its own writes, and waits for its own
// replica.
func TestShardsThatReplicate(t *testing.T) {
	t.Parallel()
	for mode, want := range map[targets.Mode]float64{targets.ModeAsynchronous: 12, targets.ModeSynchronous: 12 + 12.5} {
		s := shardedTier(2, 0, false)
		replicateShards(&s, mode)
		near(t, "a post in ms, "+string(mode), median(t, regional(t, s, alike(targets.OpPost), 0)), want, 1e-3)
		lag, err := estimate.ReplicationLag(s, alike(targets.OpPost), 50, 0)
		if err != nil || lag.Outside != "" {
			t.Fatalf("%+v, %v", lag, err)
		}
		near(t, "writes at each replica", lag.Writes, 25, 1e-6)
		if _, _, err := estimate.ReadCapacity(s, alike(targets.OpPost), 2); err == nil {
			t.Error("several groups have one read capacity")
		}
	}
}

// The lag says where it depends on what the wire can take.
func TestLagOfThinWires(t *testing.T) {
	t.Parallel()
	s, w := farTier(2, targets.ModeAsynchronous, targets.ReadsReplicas, 1, 400*time.Millisecond), readsAndPosts(0.5)
	if l, err := estimate.ReplicationLag(s, w, 400, 0); err != nil || !strings.Contains(l.Outside, "waits for answers") {
		t.Errorf("200 writes/s over 0.8 s: %q, %v", l.Outside, err)
	}
	if l, err := estimate.ReplicationLag(s, w, 50, 0); err != nil || l.Outside != "" {
		t.Errorf("25 writes/s over 0.8 s: %q, %v", l.Outside, err)
	}
	for i := range s.Links {
		s.Links[i].Bandwidth = 24_000
	}
	if l, err := estimate.ReplicationLag(s, w, 50, 0); err != nil || !strings.Contains(l.Outside, "thin") {
		t.Errorf("a thin wire: %q, %v", l.Outside, err)
	}
}

// With one cache for both data centres the users of the far one wait for the
// wide-area link, with one in each they do not.
func TestLocalAndGlobalCache(t *testing.T) {
	s := allInMemory(twoCentres(1, targets.ModeAsynchronous))
	for _, center := range []string{"us", "eu"} {
		add(&s, small(), targets.Role{Name: "cache-" + center, Kind: targets.KindCache,
			Cache: &targets.Cache{Bytes: 1 << 30, Policy: targets.EvictionLRU, Demand: constant(0.1), Connections: 100}}, "web-"+center+"-1")
	}
	s.Links = append(s.Links, targets.Link{From: "web-eu-1", To: "cache-us", OneWay: wide})
	// All fits and nothing expires, so that all reads hit: balancer, 3 ms of the
	// web server, and 0.1 ms of the cache.
	for global, want := range map[bool]float64{false: 3*0.5 + 3.1, true: 2*0.5 + 80 + 3.1} {
		change(&s, func(r *targets.Role) {
			if r.Web != nil {
				node := "cache-" + r.Name[4:6]
				if global {
					node = "cache-us"
				}
				r.Web.Cache = &targets.ReadThrough{Nodes: []string{node}, VirtualNodes: 1, Connections: 8, Timeout: time.Second}
			}
		})
		near(t, "a user's read in eu, in ms", median(t, regional(t, s, only(targets.OpUser), 0, "eu")), want, 1e-3)
		near(t, "a user's read in na, in ms", median(t, regional(t, s, only(targets.OpUser), 0, "na")), 3*0.5+3.1, 1e-3)
	}
}

// Of five members the one with two others beside it needs no wide-area link to
// be elected; for the others it is the longest round trip.
func TestFailoverNearAndFar(t *testing.T) {
	p := ladder(t)
	i := slices.IndexFunc(p.Stages, func(s bench.Stage) bool { return s.ID == "09-multi-datacenter" })
	s := p.Stages[i].Topology
	s.Links = slices.Clone(s.Links)
	near, far := time.Duration(0), time.Duration(0)
	for i, l := range s.Links {
		eu := strings.HasPrefix(l.From, "db-eu") || strings.HasPrefix(l.To, "db-eu")
		if eu && (l.From == "db-witness" || l.To == "db-witness") {
			s.Links[i].OneWay, near = time.Millisecond, 2*time.Millisecond
		}
		if l.From == "db-us-2" && l.To == "db-eu-1" {
			far = 2 * l.OneWay
		}
	}
	r, err := estimate.FailoverOfGroup(s, "db-witness", time.Second)
	if err != nil || near == 0 || far == 0 {
		t.Fatalf("%v, %v, %v", err, near, far)
	}
	commit := 10 * time.Millisecond
	if r.Decision.Low != 2*near+commit || r.Decision.High < 2*far+2*commit {
		t.Errorf("the decision takes %v; round trips are %v and %v", r.Decision, near, far)
	}
}
