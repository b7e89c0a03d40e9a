package html

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rung/bench"
	"rung/reports/reportstest"
	"rung/targets"
)

func TestColumnsFollowTheTiers(t *testing.T) {
	stages := reportstest.Run().Stages
	cases := []struct {
		stage int
		names map[string][2]int // column and lane
	}{
		{0, map[string][2]int{"clients": {0, laneSite}, "resolver": {1, laneNames}, "root": {2, laneNames}, "server": {1, laneSite}}},
		{3, map[string][2]int{"clients": {0, laneSite}, "balancer": {1, laneSite}, "web-2": {2, laneSite}, "db": {3, laneSite}}},
		{7, map[string][2]int{"clients-eu": {0, laneSite}, "edge-eu": {1, laneSite}, "balancer": {2, laneSite},
			"authority": {2, laneNames}, "web ×3": {3, laneSite}, "web ×2": {3, laneSite}, "cache ×2": {4, laneSite},
			"files": {4, laneSite}, "db-1": {5, laneSite}, "db ×2": {5, laneSite}, "watcher": {0, laneWatch}}},
	}
	for _, c := range cases {
		top := stages[c.stage].Stage.Topology
		d := draw(top, nil)
		found := map[string][2]int{}
		for _, b := range d.Boxes {
			found[b.Name] = [2]int{b.column, b.lane}
		}
		for name, want := range c.names {
			if got, ok := found[name]; !ok || got != want {
				t.Errorf("%s: %s stands at %v (there: %v), want %v", top.Name, name, got, ok, want)
			}
		}
	}
}

func TestDrawingSaysWhatRolesPlay(t *testing.T) {
	stages := reportstest.Run().Stages
	texts := func(stage int) map[string]string {
		out := map[string]string{}
		for _, b := range draw(stages[stage].Stage.Topology, nil).Boxes {
			out[b.Name] = strings.Join(lineTexts(b), "; ")
		}
		return out
	}
	for name, want := range map[string]string{"db-1": "primary", "db-2": "replica"} {
		if got := texts(4)[name]; !strings.Contains(got, want) {
			t.Errorf("%s says %q, want %q", name, got, want)
		}
	}
	for name, want := range map[string]string{"web ×2": "standby", "edge-eu": "edge in eu", "watcher": "monitor"} {
		if got := texts(7)[name]; !strings.Contains(got, want) {
			t.Errorf("%s says %q, want %q", name, got, want)
		}
	}
	for _, b := range draw(stages[7].Stage.Topology, nil).Boxes {
		if b.Standby != (b.Name == "web ×2") {
			t.Errorf("%s: standby is %v", b.Name, b.Standby)
		}
	}
}

// Three members that replicate to one another are six links: one dashed line.
func TestReplicationIsOneLine(t *testing.T) {
	top := reportstest.Run().Stages[4].Stage.Topology
	var lines []wire
	for _, w := range draw(top, nil).Wires {
		if w.Peer {
			lines = append(lines, w)
		}
	}
	if len(lines) != 1 || !strings.HasPrefix(lines[0].Label, "replication ") {
		t.Errorf("got %+v, want one line that says replication", lines)
	}
}

func TestManyNodesShareBoxes(t *testing.T) {
	top := reportstest.Wide()
	d := draw(top, nil)
	members := 0
	for _, b := range d.Boxes {
		if !b.Clients {
			members += len(b.Members)
		}
	}
	if members != len(top.Nodes) || len(d.Boxes) > 20 || !d.Shared {
		t.Errorf("%d nodes in %d boxes, want all %d in at most 20", members, len(d.Boxes), len(top.Nodes))
	}
	if len(d.Wires) > 30 {
		t.Errorf("%d wires are drawn", len(d.Wires))
	}
}

func TestDrawingMarksWhatIsNew(t *testing.T) {
	stages := reportstest.Run().Stages
	cases := []struct {
		name  string
		stage int
		tags  map[string]string
		fresh int
	}{
		{"nodes that were not there", 3, map[string]string{"balancer": "new", "web-1": "new", "db": "", "root": ""}, 7},
		{"nodes of another size", 2, map[string]string{"web": "changed", "db": "changed", "root": ""}, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			d := draw(stages[c.stage].Stage.Topology, &stages[c.stage-1].Stage.Topology)
			for _, b := range d.Boxes {
				if want, ok := c.tags[b.Name]; ok && b.Tag != want {
					t.Errorf("%s is %q, want %q", b.Name, b.Tag, want)
				}
			}
			fresh := 0
			for _, w := range d.Wires {
				if w.New {
					fresh++
				}
			}
			if fresh != c.fresh {
				t.Errorf("%d wires are new, want %d", fresh, c.fresh)
			}
		})
	}
	first := draw(stages[0].Stage.Topology, nil)
	for _, b := range first.Boxes {
		if b.Tag != "" || b.Entry != (b.Name == "server") {
			t.Errorf("without a stage before, %s is %q; entry %v", b.Name, b.Tag, b.Entry)
		}
	}
}

// roles draws up to four roles of any kind, one of them unknown.
func roles(t *rapid.T) []targets.Role {
	kinds := append(targets.Kinds(), "unknown")
	out := make([]targets.Role, rapid.IntRange(0, 4).Draw(t, "roles"))
	for i := range out {
		out[i].Kind = rapid.SampledFrom(kinds).Draw(t, "kind")
	}
	return out
}

func TestDrawingHasEveryNodeAndNoOverlap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var top targets.Topology
		n := rapid.IntRange(1, 30).Draw(t, "nodes")
		names := []string{targets.Clients, "nowhere"}
		for i := range n {
			name := fmt.Sprintf("node-%d", i)
			names = append(names, name)
			top.Nodes = append(top.Nodes, targets.Node{Name: name, Roles: roles(t),
				DataCenter: rapid.SampledFrom([]string{"", "", "us", "eu", "a third place with a long name"}).Draw(t, "data centre")})
		}
		if rapid.Bool().Draw(t, "supervised") {
			top.Supervisor = &targets.Supervisor{Nodes: names[2:]}
		}
		for range rapid.IntRange(0, 60).Draw(t, "links") {
			top.Links = append(top.Links, targets.Link{From: rapid.SampledFrom(names).Draw(t, "from"),
				To: rapid.SampledFrom(names).Draw(t, "to")})
		}
		d := draw(top, nil)
		seen := map[string]bool{}
		members := 0
		for i, b := range d.Boxes {
			for _, name := range b.Members {
				if seen[name] {
					t.Fatalf("%s is drawn twice", name)
				}
				seen[name] = true
			}
			if b.X < 0 || b.Y < 0 || b.X+b.W > d.Width || b.Y+b.H > d.Height {
				t.Fatalf("%s lies outside: %+v in %d x %d", b.Name, b, d.Width, d.Height)
			}
			for _, o := range d.Boxes[:i] {
				if b.X < o.X+o.W && o.X < b.X+b.W && b.Y < o.Y+o.H && o.Y < b.Y+b.H {
					t.Fatalf("%s and %s overlap", b.Name, o.Name)
				}
			}
			members += len(b.Members)
			for _, l := range b.Lines {
				if l.Y <= b.Y || l.Y >= b.Y+b.H {
					t.Fatalf("a line of %s lies outside its box", b.Name)
				}
			}
		}
		if len(seen) != n+1 || members != n+1 {
			t.Fatalf("%d names, %d members for %d nodes and the clients", len(seen), members, n)
		}
		for _, w := range d.Wires {
			if w.X > d.Width || w.Y < 0 || w.Y > d.Height {
				t.Fatalf("a label lies outside: %+v in %d x %d", w, d.Width, d.Height)
			}
		}
		checkPanels(t, d)
	})
}

// checkPanels says that a panel holds what is in its data centre, nothing else,
// and overlaps no other.
func checkPanels(t *rapid.T, d *drawing) {
	for i, p := range d.Panels {
		if p.X < 0 || p.Y < 0 || p.X+p.W > d.Width || p.Y+p.H > d.Height {
			t.Fatalf("%s lies outside: %+v in %d x %d", p.Name, p, d.Width, d.Height)
		}
		for _, o := range d.Panels[:i] {
			if p.X < o.X+o.W && o.X < p.X+p.W && p.Y < o.Y+o.H && o.Y < p.Y+p.H {
				t.Fatalf("%s and %s overlap", p.Name, o.Name)
			}
		}
		for _, b := range d.Boxes {
			inside := b.X >= p.X && b.X+b.W <= p.X+p.W && b.Y >= p.Y && b.Y+b.H <= p.Y+p.H
			if mine := b.site == p.site && b.lane > laneSite; mine != inside {
				t.Fatalf("%s of data centre %q is in the panel of %q: %v", b.Name, b.site, p.site, inside)
			}
		}
	}
}

func TestTooLargeATopologyIsNotDrawn(t *testing.T) {
	if d := draw(targets.Topology{Nodes: make([]targets.Node, maxNodes+1)}, nil); d != nil {
		t.Error("a topology of too many nodes was drawn")
	}
}

func TestMergedSlicesKeepCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var in []bench.Interval
		var planned uint64
		var slowest time.Duration
		for i := range rapid.IntRange(0, 300).Draw(t, "slices") {
			p := uint64(rapid.IntRange(0, 50).Draw(t, "planned"))
			d := time.Duration(rapid.IntRange(1, 1e6).Draw(t, "max"))
			in = append(in, bench.Interval{Start: time.Duration(i) * time.Second, Length: time.Second,
				Planned: p, Max: &d})
			planned, slowest = planned+p, max(slowest, d)
		}
		most := rapid.IntRange(1, 100).Draw(t, "most")
		out := merged(in, most)
		var sum uint64
		var length, top time.Duration
		for _, i := range out {
			if i.Start != length {
				t.Fatalf("a slice starts at %v, the one before ends at %v", i.Start, length)
			}
			sum, length, top = sum+i.Planned, length+i.Length, max(top, *i.Max)
		}
		if len(out) > most || sum != planned || length != time.Duration(len(in))*time.Second || top != slowest {
			t.Fatalf("%d slices became %d of at most %d; planned %d, now %d; slowest %v, now %v", len(in),
				len(out), most, planned, sum, slowest, top)
		}
	})
}

func TestTailIsHonest(t *testing.T) {
	d := reportstest.Run().Stages[0].Common.Total.Response
	solid, dashed := points(d, 70)
	if len(solid) == 0 || len(dashed) < 2 {
		t.Fatalf("%d solid and %d dashed points", len(solid), len(dashed))
	}
	for _, p := range solid {
		if p[2].(uint64) < enough {
			t.Errorf("a solid point has %v samples beyond", p[2])
		}
	}
	if !reflect.DeepEqual(dashed[0], solid[len(solid)-1]) {
		t.Error("the dashed tail does not start where the solid curve ends")
	}
	for _, p := range dashed[1 : len(dashed)-1] {
		if p.([]any)[2].(uint64) >= enough {
			t.Errorf("a dashed point has %v samples beyond", p)
		}
	}
	last := dashed[len(dashed)-1].(item)
	if last.Symbol != "circle" || last.Value[0] != float64(d.Count) || last.Value[1] != float64(d.Max) {
		t.Errorf("the curve ends at %+v, want the maximum at x = n", last)
	}
}

func TestThinnedKeepsTheEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 2000).Draw(t, "points")
		in := make([]bench.Point, n)
		for i := range in {
			in[i].Value = time.Duration(i)
		}
		out := thinned(in, 70)
		if len(out) > 70+1 || out[0] != in[0] || out[len(out)-1] != in[n-1] {
			t.Fatalf("%d points became %d, from %v to %v", n, len(out), out[0].Value, out[len(out)-1].Value)
		}
	})
}
