package configs_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"rung/bench"
	"rung/configs"
	"rung/targets"
)

func TestEverythingEmbeddedLoads(t *testing.T) {
	l := configs.Library{}
	if len(l.Stages()) < 4 || len(l.Profiles()) < 3 || len(l.Hardware()) < 3 || len(l.Workloads()) < 1 {
		t.Fatalf("too little is embedded: %v, %v, %v, %v", l.Stages(), l.Profiles(), l.Hardware(), l.Workloads())
	}
	for _, hardware := range l.Hardware() {
		for _, profile := range l.Profiles() {
			for _, workload := range l.Workloads() {
				t.Run(fmt.Sprintf("%s %s %s", hardware, profile, workload), func(t *testing.T) {
					s := configs.Settings{Profile: profile, Workload: workload, Hardware: hardware}
					p, err := s.Load(nil)
					if err != nil {
						t.Fatal(err)
					}
					checkPlan(t, p)
				})
			}
		}
	}
}

func checkPlan(t *testing.T, p configs.Plan) {
	t.Helper()
	if len(p.Stages) != len(configs.Library{}.Stages()) {
		t.Errorf("%d stages", len(p.Stages))
	}
	for _, s := range p.Stages {
		topologies := []targets.Topology{s.Topology}
		for _, v := range s.Variants {
			topologies = append(topologies, v.Topology)
		}
		for _, topology := range topologies {
			for _, problem := range topology.Validate() {
				t.Errorf("%s: %s", topology.Name, problem.Error())
			}
			checkEmulation(t, topology, p.Hardware.Bare)
		}
		if s.PricePerHour <= 0 || s.Title == "" || s.Adds == "" || len(s.Claims) == 0 || len(s.Kills) == 0 {
			t.Errorf("stage %s is not whole: price %v, %d claims, %d kills", s.ID, s.PricePerHour, len(s.Claims), len(s.Kills))
		}
	}
}

// checkEmulation makes sure that bare means bare, and that everything else
// has a source for its delay.
func checkEmulation(t *testing.T, topology targets.Topology, bare bool) {
	t.Helper()
	for _, l := range topology.Links {
		if bare != (l.OneWay == 0 && l.Bandwidth == 0) || bare == (l.Source != "") {
			t.Errorf("%s: link %+v with bare=%v", topology.Name, l, bare)
		}
	}
	for _, n := range topology.Nodes {
		if bare && n.Machine != (targets.Machine{}) {
			t.Errorf("%s: node %s has a machine on bare hardware", topology.Name, n.Name)
		}
	}
}

func TestLadderOfTheBook(t *testing.T) {
	p, err := configs.Settings{Profile: "quick", Workload: "shop", Hardware: "book"}.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	first := p.Stages[0]
	if link, ok := first.Topology.Link(targets.Clients, "app"); !ok || link.OneWay != 250*time.Microsecond || link.Source != "dc_rtt" || link.Bandwidth != 100_000_000 {
		t.Errorf("users' link is %+v", link)
	}
	if link, ok := first.Topology.Link("resolver", "root"); !ok || link.OneWay != 75*time.Millisecond {
		t.Errorf("wide-area link is %+v", link)
	}
	db, node, _ := first.Topology.Role("db")
	if db.Database.Access != targets.Constant(10*time.Millisecond) || db.Database.Demand[targets.StatementJoin].Mean != 4*time.Millisecond {
		t.Errorf("database is %+v", db.Database)
	}
	if node.Machine.CPU.Slots != 2 || node.Machine.Disk.Slots != 1 || node.Machine.Quantum != 10*time.Millisecond {
		t.Errorf("machine is %+v", node.Machine)
	}
	period := slices.IndexFunc(first.Periods, func(p bench.Period) bool { return p.Name == "TTL of www.shop.example." })
	if period < 0 || first.Periods[period].Scaled != first.Periods[period].Published/20 || first.Topology.TimeScale != 20 {
		t.Fatalf("periods are %+v, the time scale %v", first.Periods, first.Topology.TimeScale)
	}
	down := slices.IndexFunc(first.Periods, func(p bench.Period) bool { return p.Name == "down time of app" })
	if down < 0 || first.Kills[0].Node != "app" || first.Kills[0].Down != first.Periods[down].Scaled {
		t.Errorf("kills are %+v, periods %+v", first.Kills, first.Periods)
	}
	auth, _, _ := first.Topology.Role("authoritative")
	if r := auth.Nameserver.Records[0]; r.Role != "web" || r.TTL != first.Periods[period].Scaled {
		t.Errorf("record %+v does not point to the entry", r)
	}
	if price := first.PricePerHour; price < 0.0520 || price > 0.0521 { // (2 x 15 + 4 x 2) / 730
		t.Errorf("price is %v", price)
	}
	if compare := p.Stages[3].Compare; compare != "02-separate-database" {
		t.Errorf("stage 04 is compared with %q", compare)
	}
	if compare := p.Stages[1].Compare; compare != "01-single-server" {
		t.Errorf("stage 02 is compared with %q", compare)
	}
}

func TestVariantsChangeOnlyThemselves(t *testing.T) {
	p, err := configs.Settings{Profile: "quick", Workload: "shop", Hardware: "book"}.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	kv := p.Stages[1].Variants[0]
	if r, _, _ := kv.Topology.Role("db"); r.Kind != targets.KindKeyValue || r.Database != nil || r.KeyValue.Demand[targets.StatementGet].Mean != 500*time.Microsecond {
		t.Errorf("the store of %s is %+v", kv.Topology.Name, r)
	}
	if r, _, _ := p.Stages[1].Topology.Role("db"); r.Kind != targets.KindDatabase || r.KeyValue != nil {
		t.Errorf("the stage's own store is %+v", r)
	}
	half := p.Stages[2].Variants[0]
	if _, n, _ := half.Topology.Role("web"); n.Machine.CPU.Slots != 4 || len(n.Roles) != 1 {
		t.Errorf("half a machine is %+v", n)
	}
	one, limited := p.Stages[3].Variants[0], p.Stages[3].Variants[1]
	if lb, _, _ := one.Topology.Role("lb"); !slices.Equal(lb.Balancer.Servers, []string{"web-1"}) || !lb.Balancer.Sticky || lb.Balancer.Retries != 2 {
		t.Errorf("the balancer of one is %+v", lb.Balancer)
	}
	if _, ok := one.Topology.Node("web-2"); ok || len(one.Topology.Links) != len(p.Stages[3].Topology.Links)-4 {
		t.Errorf("variant one has %d links of %d", len(one.Topology.Links), len(p.Stages[3].Topology.Links))
	}
	for _, topology := range []targets.Topology{limited.Topology, p.Stages[3].Topology} {
		if lb, _, _ := topology.Role("lb"); len(lb.Balancer.Servers) != 3 || lb.Balancer.Policy != targets.PolicyLeastConnections {
			t.Errorf("the balancer of %s is %+v", topology.Name, lb.Balancer)
		}
	}
	if lb, _, _ := limited.Topology.Role("lb"); lb.Balancer.Limit != (targets.RateLimit{Rate: 50, Burst: 10}) {
		t.Errorf("the limit is %+v", lb.Balancer.Limit)
	}
	if one.PricePerHour >= p.Stages[3].PricePerHour {
		t.Errorf("one web server costs %v, three cost %v", one.PricePerHour, p.Stages[3].PricePerHour)
	}
}
