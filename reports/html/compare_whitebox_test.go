package html

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rung/bench"
)

// Any comparison is drawn within its axes, and its table has every row.
func TestAnyComparisonIsDrawn(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		ratio := rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(1e-9, 1e9), rapid.Float64Range(0.9, 1.1))
		rows := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) bench.Delta {
			return bench.Delta{Fact: rapid.SampledFrom([]string{"capacity_per_s", "common.p50_ns", "common.failed_ratio", "", "x"}).Draw(rt, "fact"),
				Before: ratio.Draw(rt, "before"), After: ratio.Draw(rt, "after"), Ratio: ratio.Draw(rt, "ratio"), Low: ratio.Draw(rt, "low"), High: ratio.Draw(rt, "high"),
				Word: bench.DeltaWord(rapid.SampledFrom([]string{"same", "within noise", "better", "worse", "unknown", "", "odd"}).Draw(rt, "word"))}
		}), 1, 12).Draw(rt, "rows")
		p := &comparison{ids: anchors{}, c: bench.Comparison{Level: 0.95, Noise: rapid.Float64Range(0, 0.99).Draw(rt, "noise"),
			Stages: []bench.StageComparison{{ID: "s", Rows: rows}}}}
		s, err := p.changes()
		if err != nil {
			rt.Fatal(err)
		}
		if len(s.Panels) == 0 {
			if len(s.Tables) != 1 || len(s.Tables[0].Rows) != len(rows) {
				rt.Fatal("neither a chart nor a table")
			}
			return
		}
		f := s.Panels[0]
		if len(f.Table.Rows) != len(rows) {
			rt.Fatalf("the table has %d rows for %d numbers", len(f.Table.Rows), len(rows))
		}
		checkForest(rt, f.Block)
	})
}

// checkForest holds every point of a chart between the ends of its axis.
func checkForest(rt *rapid.T, block []byte) {
	var d struct {
		Option struct {
			Series []struct {
				Name string
				Data []struct{ Value []float64 }
			}
			XAxis []struct{ Min, Max float64 }
		}
	}
	if err := json.Unmarshal(block, &d); err != nil {
		rt.Fatal(err)
	}
	end := d.Option.XAxis[0].Max
	for _, s := range d.Option.Series {
		for _, p := range s.Data {
			for _, at := range p.Value[:len(p.Value)-1] {
				if math.Abs(at) > end+1e-5 {
					rt.Fatalf("%s: %v lies beyond %v", s.Name, at, end)
				}
			}
		}
	}
}

func TestTextOfChanges(t *testing.T) {
	for _, c := range []struct {
		d                      bench.Delta
		change, interval, side string
	}{
		{bench.Delta{Fact: "common.p99_ns", Before: 0, After: 5e6}, "–", "", "–"},
		{bench.Delta{Fact: "common.p99_ns", Before: 1e6, After: 1.0214e6, Ratio: 1.0214, Low: 1.0021, High: 1.04}, "1.021×", "1.002–1.040", "1.00 ms"},
		{bench.Delta{Fact: "capacity_per_s", Before: 100, After: 1234, Ratio: 12.34, Low: 10.1}, "12.3×", "10.1–…", "100/s"},
		{bench.Delta{Fact: "capacity_per_s", Before: 100, After: 5, Ratio: 0.05, High: 0.9}, "0.0500×", "…–0.900", "100/s"},
		{bench.Delta{Fact: "common.failed_ratio", Before: 0.01, After: 0.0075, Ratio: 0.75}, "−0.250 pp", "", "1.00%"},
		{bench.Delta{Fact: "common.failed_ratio"}, "0 pp", "", "0%"},
		{bench.Delta{Fact: "memory_bytes", After: 4096}, "–", "", "–"},
	} {
		plain := func(s string) string { return strings.ReplaceAll(s, "\u202f", " ") }
		if got := plain(deltaText(c.d)); got != c.change {
			t.Errorf("%s: change %q, want %q", c.d.Fact, got, c.change)
		}
		if got := deltaInterval(c.d); got != c.interval {
			t.Errorf("%s: interval %q, want %q", c.d.Fact, got, c.interval)
		}
		if got := plain(sideText(c.d.Fact, c.d.Before)); got != c.side {
			t.Errorf("%s: before %q, want %q", c.d.Fact, got, c.side)
		}
	}
}

func TestLabelsOfCapacities(t *testing.T) {
	for _, c := range []struct {
		capacity *bench.Capacity
		want     string
	}{
		{nil, "not searched"}, {&bench.Capacity{}, "none"}, {&bench.Capacity{Failed: 50}, "none passed, <50.0/s"},
		{&bench.Capacity{Passed: 200}, "≥200/s"}, {&bench.Capacity{Passed: 200, Failed: 220}, "200–220/s"},
	} {
		said, at := searched{capacity: c.capacity}.label(400)
		if said != c.want {
			t.Errorf("got %q, want %q", said, c.want)
		}
		if c.capacity != nil && at < max(c.capacity.Passed, 0) || at > 400 {
			t.Errorf("%s stands at %v", said, at)
		}
	}
}
