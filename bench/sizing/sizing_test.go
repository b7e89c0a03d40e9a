package sizing_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"rung/bench"
	"rung/bench/sizing"
	"rung/targets"
)

// site is a stage with a balancer, web servers and one database, measured at
// a rate with these uses.
func site(rate float64, lb, db float64, web ...float64) bench.StageResult {
	node := func(name string, kind targets.Kind) targets.Node {
		return targets.Node{Name: name, Machine: targets.Machine{CPU: targets.Resource{Slots: 2}}, Roles: []targets.Role{{Name: name, Kind: kind, Web: &targets.Web{}}}}
	}
	t := targets.Topology{Nodes: []targets.Node{node("lb", targets.KindBalancer), node("db", targets.KindDatabase)}}
	uses := []bench.Use{{Node: "lb", Resource: "cpu", Ratio: lb}, {Node: "db", Resource: "disk", Ratio: db}}
	for i, use := range web {
		name := "web-" + string(rune('1'+i))
		t.Nodes = append(t.Nodes, node(name, targets.KindWeb))
		uses = append(uses, bench.Use{Node: name, Resource: "cpu", Ratio: use})
	}
	return bench.StageResult{Stage: bench.Stage{ID: "site", Topology: t},
		Capacity: &bench.Capacity{Passed: rate, Failed: rate * 1.05, Probes: []bench.Probe{{Rate: rate, Word: bench.Pass, Uses: uses}}}}
}

func point(rate float64) sizing.Demand {
	return sizing.Demand{Name: "test", Peak: sizing.Rate{Low: rate, Point: rate, High: rate}}
}

func TestOnByHand(t *testing.T) {
	// 3 web servers are 60% used at 300/s: one carries 100 x 0.7 / 0.6 =
	// 116.7/s. The database is 35% used and stays alone: 600/s.
	run := bench.Run{Stages: []bench.StageResult{site(300, 0.01, 0.35, 0.6, 0.6, 0.6)}}
	p, err := sizing.On(point(500), run)
	if err != nil {
		t.Fatal(err)
	}
	s := p.Stages[0]
	if len(s.Units) != 1 || s.Units[0].Name != "web" || s.Units[0].Point != 5 || math.Abs(s.Units[0].Capacity-116.6667) > 0.001 {
		t.Errorf("web servers: %+v", s.Units)
	}
	if s.Next.Node != "db" || math.Abs(s.Next.Rate-600) > 1e-9 || !s.Carries || !s.Extrapolated {
		t.Errorf("next limit %+v, carries %v", s.Next, s.Carries)
	}
	if p.First != "site" || p.Measured != "" {
		t.Errorf("first %q, measured %q", p.First, p.Measured)
	}
	if p, err = sizing.On(point(700), run); err != nil || p.Stages[0].Carries || p.First != "" {
		t.Errorf("one database carries 600/s, but 700/s is said to be carried (%v)", err)
	}
	if p, err = sizing.On(point(200), run); err != nil || p.Measured != "site" || p.Stages[0].Extrapolated {
		t.Errorf("200/s was measured, but the answer is %+v (%v)", p, err)
	}
}

func TestShardsAreUnits(t *testing.T) {
	node := func(name string, kind targets.Kind, web *targets.Web) targets.Node {
		return targets.Node{Name: name, Roles: []targets.Role{{Name: name, Kind: kind, Web: web}}}
	}
	sharding := &targets.Sharding{Shards: []targets.Shard{{Name: "a", Members: []string{"a-1", "a-2"}}, {Name: "b", Members: []string{"b-1", "b-2"}}},
		Spare: []targets.Shard{{Name: "c", Members: []string{"c-1"}}}}
	topology := targets.Topology{Nodes: []targets.Node{node("lb", targets.KindBalancer, nil), node("web-1", targets.KindWeb, &targets.Web{Sharding: sharding}),
		node("a-1", targets.KindDatabase, nil), node("a-2", targets.KindDatabase, nil), node("b-1", targets.KindDatabase, nil), node("b-2", targets.KindDatabase, nil), node("c-1", targets.KindDatabase, nil)}}
	uses := []bench.Use{{Node: "lb", Resource: "cpu", Ratio: 0.01}, {Node: "web-1", Resource: "cpu", Ratio: 0.1},
		{Node: "a-1", Resource: "disk", Ratio: 0.7}, {Node: "a-2", Resource: "disk", Ratio: 0.2},
		{Node: "b-1", Resource: "disk", Ratio: 0.35}, {Node: "b-2", Resource: "disk", Ratio: 0.3}, {Node: "c-1", Resource: "disk"}}
	run := bench.Run{Stages: []bench.StageResult{{Stage: bench.Stage{ID: "shards", Topology: topology},
		Capacity: &bench.Capacity{Passed: 100, Failed: 110, Probes: []bench.Probe{{Rate: 100, Word: bench.Pass, Uses: uses}}}}}}
	p, err := sizing.On(point(1000), run)
	if err != nil {
		t.Fatal(err)
	}
	var shards sizing.Unit
	for _, u := range p.Stages[0].Units {
		if u.Name == "shard" {
			shards = u
		}
	}
	// The busier of two shards is 70% used at 100/s, so one carries 50/s.
	if shards.Measured != 2 || shards.Nodes != 2 || shards.Point != 20 || math.Abs(shards.Uneven-0.7/0.525) > 1e-9 {
		t.Errorf("shards: %+v", shards)
	}
}

func TestWhatCannotBeSaid(t *testing.T) {
	none := site(300, 0.01, 0.35, 0.6)
	none.Capacity = nil
	failed := site(300, 0.01, 0.35, 0.6)
	failed.Capacity.Probes[0].Word = bench.Fail
	doubtful := site(300, 0.01, 0.35, 0.6)
	doubtful.Capacity.Probes[0].Word, doubtful.Capacity.Probes[0].Why, doubtful.Capacity.Passed = bench.Unknown, "crowded", 0
	if p, err := sizing.On(point(100), bench.Run{Stages: []bench.StageResult{doubtful}}); err != nil || p.Stages[0].Doubt != "crowded" || p.Measured != "" || !p.Stages[0].Extrapolated {
		t.Errorf("demands of a probe that did not count: %+v, %v", p, err)
	}
	for name, r := range map[string]bench.StageResult{"no capacity": none, "nothing passed": failed} {
		p, err := sizing.On(point(100), bench.Run{Stages: []bench.StageResult{r}})
		if err != nil || p.Stages[0].Why == "" || p.First != "" {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
	for _, d := range []sizing.Demand{{}, point(math.Inf(1)), point(math.NaN()), {Peak: sizing.Rate{Low: 2, Point: 1, High: 3}},
		{Peak: sizing.Rate{Low: 1, Point: 1, High: 1}, Use: 1.5}} {
		if _, err := sizing.On(d, bench.Run{Stages: []bench.StageResult{site(300, 0.01, 0.35, 0.6)}}); err == nil {
			t.Errorf("a demand of %+v is accepted", d)
		}
	}
	if _, err := sizing.On(point(1), bench.Run{}); err == nil {
		t.Error("a run without stages is accepted")
	}
}

// TestNoResourceIsOverused: with as many nodes as it says, none is busier than
// asked, by the demands that were measured.
func TestNoResourceIsOverused(t *testing.T) {
	use := rapid.Float64Range(0.001, 0.95)
	rapid.Check(t, func(t *rapid.T) {
		webs := rapid.SliceOfN(use, 1, 6).Draw(t, "web")
		rate, peak := rapid.Float64Range(1, 1e4).Draw(t, "rate"), rapid.Float64Range(1, 1e6).Draw(t, "peak")
		p, err := sizing.On(point(peak), bench.Run{Stages: []bench.StageResult{site(rate, use.Draw(t, "lb"), use.Draw(t, "db"), webs...)}})
		if err != nil {
			t.Fatal(err)
		}
		u := p.Stages[0].Units[0]
		busiest := 0.0
		for _, w := range webs {
			busiest = max(busiest, w)
		}
		// Demand of one node's share, at the peak, over as many nodes.
		at := busiest * float64(len(webs)) * peak / rate / float64(u.Point)
		if at > sizing.UsualUse*(1+1e-6) {
			t.Fatalf("%d nodes would be %v used", u.Point, at)
		}
		if u.Point > 2 && busiest*float64(len(webs))*peak/rate/float64(u.Point-1) <= sizing.UsualUse*(1-1e-6) {
			t.Fatalf("%d nodes are more than needed", u.Point)
		}
	})
}
