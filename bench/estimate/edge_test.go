package estimate_test

import (
	"testing"
	"time"

	"rung/bench/estimate"
	"rung/targets"
)

// By hand, round trips: users to their edge 0.5 ms, eu to the site 80 ms, the
// edge of na to the site 0.5 ms; work: edge 0.5 ms, web 2 ms.
func TestRegions(t *testing.T) {
	s := shopTopology(1, 2, false)
	edges(&s, 1500*time.Millisecond)
	w := shopWorkload()
	w.Assets = 4
	got, err := estimate.Regions(s, w, 2, 100*time.Microsecond)
	if err != nil || len(got) != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	const hop = 0.1
	for i, want := range []struct {
		region, edge      string
		hit, miss, direct float64 // ms
	}{
		{"na", "edge-na", 0.5 + 0.5 + hop, 0.5 + 0.5 + 0.5 + 2 + 2*hop, 0.5 + 2 + hop},
		{"eu", "edge-eu", 0.5 + 0.5 + hop, 0.5 + 0.5 + 80 + 2 + 2*hop, 80 + 2 + hop},
	} {
		l := got[i]
		if l.Region != want.region || l.Edge != want.edge || len(l.Derivation) == 0 {
			t.Errorf("region %d is %+v", i, l)
		}
		near(t, "hit", l.Hit.Seconds()*1e3, want.hit, 1e-4)
		near(t, "miss", l.Miss.Seconds()*1e3, want.miss, 1e-4)
		near(t, "direct", l.Direct.Seconds()*1e3, want.direct, 1e-4)
		// Each of 4 files is asked for at 0.5/s and stays fresh for 2 whole
		// seconds: 1/(1+1).
		near(t, "hit ratio", l.HitRatio, 0.5, 1e-9)
	}
}

func TestRegionsWithoutEdges(t *testing.T) {
	got, err := estimate.Regions(shopTopology(1, 2, false), shopWorkload(), 2, 0)
	if err != nil || len(got) != 1 || got[0].Region != "" || got[0].Edge != "web-1" || got[0].Hit != got[0].Direct || got[0].HitRatio != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

// An edge that may keep nothing asks each time, and one that has no room
// evicts.
func TestEdgesThatKeepLittle(t *testing.T) {
	ratio := func(maxAge time.Duration, bytes int64) float64 {
		s := shopTopology(1, 2, false)
		edges(&s, maxAge)
		change(&s, func(r *targets.Role) {
			if r.Edge != nil {
				r.Edge.Bytes = bytes
			}
			if r.Web != nil {
				r.Web.AssetSizes = []int{1000}
			}
		})
		w := shopWorkload()
		w.Assets = 10
		got, err := estimate.Regions(s, w, 100, 0)
		if err != nil {
			t.Fatal(err)
		}
		return got[0].HitRatio
	}
	near(t, "no max-age", ratio(0, 1<<20), 0, 0)
	near(t, "room for half of ten files alike", ratio(24*300*time.Hour, 5000), 0.5, 1e-6)
	near(t, "room for all", ratio(time.Minute, 1<<20), 600.0/601, 1e-9)
}

func TestPublication(t *testing.T) {
	s := shopTopology(1, 2, false)
	if c, err := estimate.Publication(s); err != nil || c.Waiting.High != 0 {
		t.Errorf("without edges a change takes %+v (%v)", c, err)
	}
	edges(&s, 1500*time.Millisecond)
	c, err := estimate.Publication(s)
	if err != nil || len(c.Derivation) == 0 {
		t.Fatalf("%+v, %v", c, err)
	}
	for what, row := range map[string][2]time.Duration{
		"waiting":    {c.Waiting.High, 2080 * time.Millisecond}, // whole seconds, and the way to the site
		"purging":    {c.Purging.High, 160 * time.Millisecond},
		"versioning": {c.Versioning.High, 80 * time.Millisecond},
	} {
		if row[0] != row[1] {
			t.Errorf("%s takes at most %v, want %v", what, row[0], row[1])
		}
	}
}

func TestTransferCost(t *testing.T) {
	with, direct := estimate.Transfer{Edge: 0.05, Site: 0.10}.Cost(100e9, 10e9)
	near(t, "with edges", with, 6, 1e-12)
	near(t, "from the site", direct, 10, 1e-12)
}
