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

func predict(t *testing.T, topology targets.Topology, w bench.Workload, rate float64, hop time.Duration) bench.Prediction {
	t.Helper()
	p, err := estimate.Predict(topology, w, rate, hop)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// change calls f with every role of a topology.
func change(t *targets.Topology, f func(*targets.Role)) {
	for i := range t.Nodes {
		for j := range t.Nodes[i].Roles {
			f(&t.Nodes[i].Roles[j])
		}
	}
}

func allInMemory(t targets.Topology) targets.Topology {
	change(&t, func(r *targets.Role) {
		if r.Database != nil {
			r.Database.PoolPages = 0
		}
	})
	return t
}

// By hand, per request: web CPU 0.6x3 + 0.1x6 + 0.15x2 + 0.08x5 + 0.05x2 +
// 0.02x200 = 7.2 ms; database CPU 0.6x1 + 0.1x4 + (0.08+0.02)x2 = 1.2 ms;
// disk (0.08+0.02)x10 = 1 ms, and where pages miss 0.6x0.1912x10 +
// 0.1x0.3665x10 = 1.514 ms more.
func TestDemandsOfTheStages(t *testing.T) {
	type row struct {
		name    string
		slots   int
		timeMs  float64
		ceiling float64
	}
	balanced := allInMemory(shopTopology(3, 2, false))
	change(&balanced, func(r *targets.Role) {
		if r.Balancer != nil {
			r.Balancer.Demand = constant(0.05)
		}
	})
	for _, stage := range []struct {
		name     string
		topology targets.Topology
		rows     []row
		limit    string
	}{
		{"01", allInMemory(shopTopology(1, 2, true)), []row{{"web/cpu", 2, 8.4, 238.095}, {"web/disk", 1, 1, 1000}}, "web/cpu"},
		{"02", allInMemory(shopTopology(1, 2, false)), []row{{"web/cpu", 2, 7.2, 277.778}, {"db/cpu", 2, 1.2, 1666.667}, {"db/disk", 1, 1, 1000}}, "web/cpu"},
		{"02 with a pool", shopTopology(1, 2, false), []row{{"web/cpu", 2, 7.2, 277.778}, {"db/cpu", 2, 1.2, 1666.667}, {"db/disk", 1, 2.514, 397.8}}, "web/cpu"},
		{"03", shopTopology(1, 8, false), []row{{"web/cpu", 8, 7.2, 1111.111}, {"db/cpu", 8, 1.2, 6666.667}, {"db/disk", 1, 2.514, 397.8}}, "db/disk"},
		{"04", balanced, []row{{"lb/cpu", 2, 0.05, 40_000}, {"web/cpu", 6, 7.2, 833.333}, {"db/cpu", 2, 1.2, 1666.667}, {"db/disk", 1, 1, 1000}}, "web/cpu"},
	} {
		t.Run(stage.name, func(t *testing.T) {
			p := predict(t, stage.topology, shopWorkload(), 100, 0)
			if len(p.Demands) != len(stage.rows) || p.Bottleneck.String() != stage.limit {
				t.Fatalf("demands are %+v, the limit is %s", p.Demands, p.Bottleneck)
			}
			for i, want := range stage.rows {
				got := p.Demands[i]
				if got.Node+"/"+got.Resource != want.name || got.Slots != want.slots {
					t.Errorf("demand %d is %+v, want %+v", i, got, want)
				}
				near(t, want.name+" time in ms", got.TimeNs/1e6, want.timeMs, 1e-3)
				near(t, want.name+" ceiling", got.Ceiling/want.ceiling, 1, 1e-3)
			}
			capacity, _ := p.Estimate("capacity_per_s")
			near(t, "use at capacity", p.Bottleneck.Use, capacity.Value*p.Demands[indexOf(stage.rows, func(r row) bool { return r.name == stage.limit })].TimeNs/1e9/
				float64(p.Demands[indexOf(stage.rows, func(r row) bool { return r.name == stage.limit })].Slots), 1e-9)
		})
	}
}

func indexOf[T any](rows []T, is func(T) bool) int {
	for i, r := range rows {
		if is(r) {
			return i
		}
	}
	return -1
}

// Without load a request takes its floor: wires of 0.5 ms there and back, and
// work.
func TestFloors(t *testing.T) {
	one := allInMemory(shopTopology(1, 2, true))
	two := allInMemory(shopTopology(1, 2, false))
	kv := allInMemory(shopTopology(1, 2, false))
	change(&kv, func(r *targets.Role) {
		if r.Database != nil {
			r.KeyValue = &targets.KeyValue{Data: r.Database.Data, Access: r.Database.Access, Fsync: targets.FsyncOff, Connections: 1000,
				Demand: map[targets.Statement]targets.Law{targets.StatementGet: constant(0.5), targets.StatementSet: constant(1)}}
			r.Kind, r.Database = targets.KindKeyValue, nil
		}
	})
	four := allInMemory(shopTopology(3, 2, false))
	static := allInMemory(shopTopology(3, 2, false))
	change(&static, func(r *targets.Role) {
		if r.Balancer != nil {
			r.Balancer.Static, r.Balancer.AssetSizes = true, []int{1}
		}
	})
	wide := allInMemory(shopTopology(1, 2, false))
	for i := range wide.Links {
		wide.Links[i].Bandwidth = 1_000_000
	}
	change(&wide, func(r *targets.Role) {
		if r.Web != nil {
			r.Web.AssetSizes = []int{1000, 5000}
		}
	})
	for _, row := range []struct {
		name     string
		topology targets.Topology
		op       targets.Operation
		hop      time.Duration
		want     float64 // ms
	}{
		{"one machine", one, targets.OpUser, 0, 0.5 + 3 + 1},
		{"one machine, two hops of real time", one, targets.OpUser, 100 * time.Microsecond, 0.5 + 3 + 1 + 0.2},
		{"one machine, a session", one, targets.OpMe, 100 * time.Microsecond, 0.5 + 2 + 0.1},
		{"two machines", two, targets.OpUser, 0, 0.5 + 3 + 0.5 + 1},
		{"two machines, a join", two, targets.OpOrders, 0, 0.5 + 6 + 0.5 + 4},
		{"two machines, a commit", two, targets.OpPost, 0, 0.5 + 5 + 0.5 + 2 + 10},
		{"two machines, a photo", two, targets.OpPhoto, 0, 0.5 + 200 + 0.5 + 2 + 10},
		{"a key-value store", kv, targets.OpUser, 0, 0.5 + 3 + 0.5 + 0.5},
		{"a key-value store, N+1 lookups", kv, targets.OpOrders, 0, 0.5 + 6 + 7*(0.5+0.5)},
		{"a key-value store, a write", kv, targets.OpPost, 0, 0.5 + 5 + 0.5 + 1 + 10},
		{"behind a balancer", four, targets.OpUser, 0, 0.5 + 0.5 + 3 + 0.5 + 1},
		{"behind a balancer, real time", four, targets.OpUser, 100 * time.Microsecond, 0.5 + 0.5 + 3 + 0.5 + 1 + 0.3},
		{"a file from the balancer", static, targets.OpAsset, 0, 0.5},
		{"a file from behind it", four, targets.OpAsset, 0, 0.5 + 0.5 + 2},
		{"a file over a thin wire", wide, targets.OpAsset, 0, 0.5 + 2 + 3},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := shopWorkload()
			w.Mix = []bench.Share{{Operation: row.op, Ratio: 1}}
			p := predict(t, row.topology, w, 0, row.hop)
			for _, fact := range []string{"common.p50_ns", "common.p99_ns"} {
				e, _ := p.Estimate(fact)
				near(t, fact+" in ms", e.Value/1e6, row.want, 1e-6)
			}
		})
	}
}

// One server program and nothing else is M/M/c: the published quantiles of
// its response time, in service times.
func TestModelOfExponentialWork(t *testing.T) {
	for _, row := range []struct {
		servers        int
		rho, p50, p99  float64
		within50, in99 float64
	}{
		{1, 0.8, 3.465736, 23.025851, 0.005, 0.03},
		{4, 0.8, 1.346199, 6.893204, 0.005, 0.005},
		{8, 0.9, 1.489355, 7.087347, 0.005, 0.005},
	} {
		topology := allInMemory(shopTopology(1, row.servers, false))
		onlyWeb(&topology, 20, 20)
		topology.Links[1].OneWay = 0
		for i := range topology.Nodes {
			topology.Nodes[i].Machine.Quantum = 0
		}
		change(&topology, func(r *targets.Role) {
			if r.Web != nil {
				r.Web.Demand[targets.OpMe] = targets.Law{Shape: targets.ShapeExponential, Mean: 20 * time.Millisecond}
			}
		})
		w := shopWorkload()
		w.Mix = []bench.Share{{Operation: targets.OpMe, Ratio: 1}}
		p := predict(t, topology, w, row.rho*float64(row.servers)*50, 0)
		p50, _ := p.Estimate("common.p50_ns")
		p99, _ := p.Estimate("common.p99_ns")
		t.Logf("M/M/%d at %v: p50 %.4f of %.4f, p99 %.4f of %.4f", row.servers, row.rho, p50.Value/20e6, row.p50, p99.Value/20e6, row.p99)
		near(t, "p50 ratio", p50.Value/20e6/row.p50, 1, row.within50)
		near(t, "p99 ratio", p99.Value/20e6/row.p99, 1, row.in99)
	}
}

func TestWhereTheModelEnds(t *testing.T) {
	t.Parallel()
	topology := allInMemory(shopTopology(1, 2, false)) // ceiling 277.8/s
	for _, row := range []struct {
		name    string
		rate    float64
		change  func(*bench.Workload, *targets.Topology)
		fact    string
		outside string
		value   bool
	}{
		{"moderate use", 150, nil, "common.p99_ns", "", true},
		{"high use", 255, nil, "common.p99_ns", "the busiest resource is 91.8% used", true},
		{"beyond saturation", 300, nil, "common.p99_ns", "there is no steady state", false},
		{"beyond saturation, p50", 300, nil, "common.p50_ns", "there is no steady state", false},
		{"capacity does not depend on the rate", 300, nil, "capacity_per_s", "", true},
		{"constant gaps", 150, func(w *bench.Workload, _ *targets.Topology) { w.Arrivals = bench.ArrivalsConstant }, "common.p50_ns", "constant gaps", true},
		{"work that varies much", 150, func(_ *bench.Workload, s *targets.Topology) {
			*s = shopTopology(1, 2, false)
			change(s, func(r *targets.Role) {
				if r.Database != nil {
					r.Database.Access = targets.Law{Shape: targets.ShapeLognormal, Mean: 10 * time.Millisecond, CV: 3}
				}
			})
		}, "common.p99_ns", "cv 3 is above 1", true},
		{"an SLO below the floor", 150, func(w *bench.Workload, _ *targets.Topology) { w.SLO.Latency = 100 * time.Millisecond }, "capacity_per_s", "no rate is low enough", false},
		{"unequal servers", 150, func(_ *bench.Workload, s *targets.Topology) {
			*s = shopTopology(3, 2, false)
			s.Nodes[1].Machine.CPU.Slots = 8
		}, "common.p50_ns", "web servers web-1 and web-2 differ", true},
		{"unequal wires", 150, func(_ *bench.Workload, s *targets.Topology) {
			*s = shopTopology(3, 2, false)
			s.Links[1].OneWay = time.Second
		}, "capacity_per_s", "the wires of web-1 and web-2 differ", true},
		{"ip-hash", 150, func(_ *bench.Workload, s *targets.Topology) {
			*s = shopTopology(3, 2, false)
			balance(s, targets.PolicyIPHash)
		}, "capacity_per_s", "ip-hash gives each client address one server", true},
		{"servers that share a node", 150, func(_ *bench.Workload, s *targets.Topology) {
			*s = shopTopology(3, 2, false)
			s.Nodes[0].Roles = append(s.Nodes[0].Roles, targets.Role{Name: "more", Kind: targets.KindWeb})
		}, "common.p99_ns", "web server web-1 shares its node", true},
	} {
		t.Run(row.name, func(t *testing.T) {
			w, s := shopWorkload(), topology
			if row.change != nil {
				row.change(&w, &s)
			}
			e, ok := predict(t, s, w, row.rate, 0).Estimate(row.fact)
			if !ok || (e.Outside == "") != (row.outside == "") || !strings.Contains(e.Outside, row.outside) {
				t.Errorf("outside is %q, want %q", e.Outside, row.outside)
			}
			if (e.Value > 0) != row.value || e.Limits == "" || e.Model == "" || len(e.Derivation) == 0 {
				t.Errorf("estimate is %+v", e)
			}
		})
	}
}

func TestNothingEmulated(t *testing.T) {
	bare := allInMemory(shopTopology(3, 2, false))
	for i := range bare.Nodes {
		bare.Nodes[i].Machine = targets.Machine{}
	}
	for i := range bare.Links {
		bare.Links[i].OneWay = 0
	}
	p := predict(t, bare, shopWorkload(), 150, 100*time.Microsecond)
	if len(p.Demands) != 0 || p.Bottleneck.String() != "" {
		t.Errorf("demands are %+v, the limit %v", p.Demands, p.Bottleneck)
	}
	if _, ok := p.Estimate("capacity_per_s"); ok {
		t.Error("a capacity was estimated of nothing")
	}
	if e, ok := p.Estimate("common.p50_ns"); !ok || math.Abs(e.Value-300e3) > 1 {
		t.Errorf("three hops of 0.1 ms are %+v", e)
	}
}

func TestPredictRefuses(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(*targets.Topology)
		rate   float64
		want   string
	}{
		{"no entry", func(t *targets.Topology) { t.Entry = "x" }, 1, `there is no entry "x"`},
		{"no servers", func(t *targets.Topology) {
			change(t, func(r *targets.Role) {
				if r.Balancer != nil {
					r.Balancer.Servers = nil
				}
			})
		}, 1, "has no servers"},
		{"entry that serves nothing", func(t *targets.Topology) { t.Entry = "db" }, 1, `"db" is not a web role`},
		{"store that is none", func(t *targets.Topology) {
			change(t, func(r *targets.Role) {
				if r.Web != nil {
					r.Web.Store = "lb"
				}
			})
		}, 1, `"lb" is not a store`},
		{"negative rate", func(*targets.Topology) {}, -1, "rate -1"},
		{"no rate", func(*targets.Topology) {}, math.NaN(), "rate NaN"},
		{"endless rate", func(*targets.Topology) {}, math.Inf(1), "rate +Inf"},
	} {
		topology := shopTopology(2, 2, false)
		row.change(&topology)
		if _, err := estimate.Predict(topology, shopWorkload(), row.rate, 0); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: got %v, want …%s…", row.name, err, row.want)
		}
	}
}

func TestRoundTrips(t *testing.T) {
	topology := shopTopology(1, 2, false)
	if trips, lines := estimate.RoundTrips(topology); trips != 0 || lines != nil {
		t.Errorf("without a resolver: %v, %v", trips, lines)
	}
	if _, ok := predict(t, topology, shopWorkload(), 1, 0).Estimate("lookup.cold_ns"); ok {
		t.Error("a lookup was estimated without a resolver")
	}
	topology.Resolver = "resolver"
	topology.Nodes = append(topology.Nodes, targets.Node{Name: "near", Roles: []targets.Role{{Name: "resolver", Kind: targets.KindResolver,
		Resolver: &targets.Resolver{Root: "root", Reaches: []string{"root", "tld", "own"}}}}})
	for _, name := range []string{"root", "tld"} {
		topology.Nodes = append(topology.Nodes, targets.Node{Name: name + "-node", Roles: []targets.Role{{Name: name, Kind: targets.KindNameserver}}})
		topology.Links = append(topology.Links, targets.Link{From: "near", To: name + "-node", OneWay: 75 * time.Millisecond})
	}
	topology.Nodes[2].Roles = append(topology.Nodes[2].Roles, targets.Role{Name: "own", Kind: targets.KindNameserver}) // on the resolver's node
	topology.Links = append(topology.Links, targets.Link{From: targets.Clients, To: "near", OneWay: 250 * time.Microsecond})
	trips, lines := estimate.RoundTrips(topology)
	if want := 300*time.Millisecond + 500*time.Microsecond; trips != want || len(lines) != 4 {
		t.Errorf("round trips are %v by %q, want %v", trips, lines, want)
	}
	e, ok := predict(t, topology, shopWorkload(), 1, 0).Estimate("lookup.cold_ns")
	if !ok || e.Value != float64(trips) || len(e.Derivation) != 4 {
		t.Errorf("lookup is estimated as %+v", e)
	}
}

func TestGroup(t *testing.T) {
	for node, want := range map[string]string{"web-1": "web", "web-12": "web", "web": "web", "db-a": "db-a", "eu-1-web-2": "eu-1-web", "x1": "x1"} {
		if got := estimate.Group(node); got != want {
			t.Errorf("group of %s is %s, want %s", node, got, want)
		}
	}
}
