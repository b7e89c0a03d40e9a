package html

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rung/bench"
	"rung/reports/reportstest"
	"rung/targets"
)

func TestLayersFollowTheWires(t *testing.T) {
	stages := reportstest.Run().Stages
	want := [][]string{{"clients"}, {"resolver", "balancer"},
		{"root", "tld", "authority", "web-1", "web-2", "web-3"}, {"db"}}
	if got := layers(stages[3].Stage.Topology); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
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

func TestDrawingHasEveryNodeAndNoOverlap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var top targets.Topology
		n := rapid.IntRange(1, 30).Draw(t, "nodes")
		names := []string{targets.Clients, "nowhere"}
		for i := range n {
			name := fmt.Sprintf("node-%d", i)
			names = append(names, name)
			top.Nodes = append(top.Nodes, targets.Node{Name: name, Roles: make([]targets.Role, rapid.IntRange(0,
				4).Draw(t, "roles"))})
		}
		for range rapid.IntRange(0, 60).Draw(t, "links") {
			top.Links = append(top.Links, targets.Link{From: rapid.SampledFrom(names).Draw(t, "from"),
				To: rapid.SampledFrom(names).Draw(t, "to")})
		}
		d := draw(top, nil)
		seen := map[string]bool{}
		for i, b := range d.Boxes {
			if seen[b.Name] {
				t.Fatalf("%s is drawn twice", b.Name)
			}
			seen[b.Name] = true
			if b.X < 0 || b.Y < 0 || b.X+b.W > d.Width || b.Y+b.H > d.Height {
				t.Fatalf("%s lies outside: %+v in %d x %d", b.Name, b, d.Width, d.Height)
			}
			for _, o := range d.Boxes[:i] {
				if b.X < o.X+o.W && o.X < b.X+b.W && b.Y < o.Y+o.H && o.Y < b.Y+b.H {
					t.Fatalf("%s and %s overlap", b.Name, o.Name)
				}
			}
			for _, l := range b.Lines {
				if l.Y <= b.Y || l.Y >= b.Y+b.H {
					t.Fatalf("a line of %s lies outside its box", b.Name)
				}
			}
		}
		if len(seen) != n+1 {
			t.Fatalf("%d boxes for %d nodes and the clients", len(seen), n)
		}
	})
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
	solid, dashed := points(d)
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
		out := thinned(in)
		if len(out) > maxPoints+1 || out[0] != in[0] || out[len(out)-1] != in[n-1] {
			t.Fatalf("%d points became %d, from %v to %v", n, len(out), out[0].Value, out[len(out)-1].Value)
		}
	})
}
