package html

import (
	"strings"
	"testing"

	"rung/reports/reportstest"
)

// stageAt draws a stage of the run by its place.
func stageAt(i int) *drawing { return draw(reportstest.Run().Stages[i].Stage.Topology, nil) }

func TestDataCentresArePanels(t *testing.T) {
	for _, c := range []struct {
		stage int
		names []string
		wide  []string
	}{
		{7, nil, nil},
		{8, []string{"data centre us", "data centre eu", "data centre third"}, []string{"us – eu 75\u202fms: queries, replication",
			"eu – third 75\u202fms: replication", "us – third 75\u202fms: replication"}},
		{12, []string{"data centre us", "data centre eu", "data centre third"}, []string{"us – eu 75\u202fms: jobs, queries, replication",
			"eu – third 75\u202fms: queries, replication", "us – third 75\u202fms: queries, replication"}},
	} {
		d := stageAt(c.stage)
		var names, labels []string
		for _, p := range d.Panels {
			names = append(names, p.Name)
		}
		for _, w := range d.Wires {
			if w.Wide {
				labels = append(labels, w.Label)
			}
		}
		if got, want := strings.Join(names, "; "), strings.Join(c.names, "; "); got != want {
			t.Errorf("stage %d has the panels %q, want %q", c.stage, got, want)
		}
		if got, want := strings.Join(labels, "; "), strings.Join(c.wide, "; "); got != want {
			t.Errorf("stage %d has the long wires %q, want %q", c.stage, got, want)
		}
		if len(d.Wires) > 60 {
			t.Errorf("stage %d is drawn with %d wires", c.stage, len(d.Wires))
		}
	}
}

// Users and edges stand before all data centres, in the middle.
func TestUsersStandBeforeDataCentres(t *testing.T) {
	d := stageAt(12)
	first := d.Width
	for _, p := range d.Panels {
		first = min(first, p.X)
	}
	for _, b := range d.Boxes {
		if (b.Clients || strings.HasPrefix(b.Name, "edge-")) && (b.lane != laneSite || b.X+b.W > first) {
			t.Errorf("%s is at %d in lane %d, want it before %d", b.Name, b.X, b.lane, first)
		}
	}
}

func TestShardsAreBoxes(t *testing.T) {
	found := map[string]string{}
	for _, b := range stageAt(11).Boxes {
		found[b.Name] = strings.Join(lineTexts(b), "; ")
	}
	for name, want := range map[string]string{"db-a ×3": "shard a; primary and 2 replicas", "db-d ×3": "shard d; primary and 2 replicas",
		"db-e ×3": "shard e, empty at first; primary and 2 replicas"} {
		if !strings.Contains(found[name], want) {
			t.Errorf("%s says %q, want %q", name, found[name], want)
		}
	}
	for _, b := range stageAt(12).Boxes {
		if b.Name == "db-b-eu" && !strings.Contains(strings.Join(lineTexts(b), "; "), "shard b; primary at the start") {
			t.Errorf("db-b-eu says %q", lineTexts(b))
		}
		if b.Name == "db-b-us" && !strings.Contains(strings.Join(lineTexts(b), "; "), "shard b; replica") {
			t.Errorf("db-b-us says %q", lineTexts(b))
		}
	}
}

// A monitor hears of every node: it stands apart, without a wire for each.
func TestWatchersStandApart(t *testing.T) {
	before, now := stageAt(9), draw(reportstest.Run().Stages[10].Stage.Topology, &reportstest.Run().Stages[9].Stage.Topology)
	for _, w := range now.Wires {
		if w.New {
			t.Errorf("the monitor has a wire: %+v", w)
		}
	}
	if before.Watched || !now.Watched {
		t.Error("a drawing does not say whether something watches")
	}
	foot := 0
	for _, b := range now.Boxes {
		if b.lane != laneWatch {
			foot = max(foot, b.Y+b.H)
		}
	}
	seen := map[string]string{}
	for _, b := range now.Boxes {
		if b.lane != laneWatch {
			continue
		}
		seen[b.Name] = strings.Join(lineTexts(b), "; ")
		if b.Y < foot || b.Tag != "new" {
			t.Errorf("%s is at %d, the others end at %d; it is %q", b.Name, b.Y, foot, b.Tag)
		}
	}
	if !strings.Contains(seen["monitor"], "hears of 16 nodes") || !strings.Contains(seen["supervisor"], "replaces 5 nodes") {
		t.Errorf("the watchers say %v", seen)
	}
}

// Of the wires of users only the shortest to each kind of node is drawn.
func TestUsersAreWiredToTheNearest(t *testing.T) {
	d := stageAt(12)
	if !d.Near {
		t.Error("the drawing does not say that it leaves wires out")
	}
	users := map[string]bool{}
	for _, b := range d.Boxes {
		if b.Clients {
			users[b.Name] = true
		}
	}
	home := homes(d.Boxes)
	for _, b := range d.bundles(reportstest.Run().Stages[12].Stage.Topology, nil) {
		if from := d.Boxes[b.from]; users[from.Name] && b.high > 10e6 {
			t.Errorf("%s is wired to %s over %v", from.Name, d.Boxes[b.to].Name, b.high)
		}
	}
	if len(home) == 0 || len(users) < 2 {
		t.Errorf("the drawing has %d users and %d nodes", len(users), len(home))
	}
}
