package html

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"

	"rung/bench"
)

func TestGroupsOfNumbers(t *testing.T) {
	groups := numberGroups()
	for id, want := range map[string]string{
		"l1_ref": "cpu", "mem_seq_mt_1m": "cpu", "mutex_contended": "software", "syscall": "software", "sqlite_read": "software",
		"sqlite_commit": "disk", "page_cache_8k": "disk", "hdd_rand_8k": "disk", "fsync": "disk", "dc_rtt": "network", "net_same_region_1m": "network",
		"net_regions_1m": "wide", "net_region_any": "wide", "aws_in_region": "network", "aws_hk_jp": "wide", "azure_small_same_az": "network",
		"azure_small_uk_s_w": "wide", "ibm_inter_az": "network", "wan_ca_nl_ca": "wide", "eu_w_sg": "wide", "": "other", "abacus": "other", "syscalls": "other",
	} {
		if got := groups[groupOf(groups, id)].ID; got != want {
			t.Errorf("%q is in %q, want %q", id, got, want)
		}
	}
}

func TestRatioOfNumbers(t *testing.T) {
	of := func(v float64, bytes int64, pattern, durability string) *bench.Number {
		return &bench.Number{Value: v, Bytes: bytes, Pattern: pattern, Durability: durability}
	}
	for _, c := range []struct {
		m, p  *bench.Number
		ratio float64
		said  string
	}{
		{of(145, 64, "dependent", ""), of(100, 0, "dependent", ""), 1.45, "1.45×"},
		{of(100e3, 1<<20, "sequential", ""), of(250e3, 1e6, "sequential", ""), 0.4 / 1.048576, "0.381× per byte"},
		{of(100e3, 8192, "", ""), of(250e3, 4096, "", ""), 0, "not alike: size"},
		{of(12, 64, "independent", ""), of(100, 64, "dependent", ""), 0, "not alike: access"},
		{of(12, 0, "", "none"), of(100, 0, "", "fsync"), 0, "not alike: durability"},
		{of(12, 0, "", ""), of(0, 0, "", ""), 0, ""},
		{nil, of(1, 0, "", ""), 0, ""},
		{of(math.MaxFloat64, 0, "", ""), of(math.SmallestNonzeroFloat64, 0, "", ""), 0, "too far apart"},
		{of(math.SmallestNonzeroFloat64, 0, "", ""), of(math.MaxFloat64, 0, "", ""), 0, "too far apart"},
	} {
		ratio, said := numberRatio(c.m, c.p)
		if math.Abs(ratio-c.ratio) > 1e-12 || said != c.said {
			t.Errorf("got %v, %q, want %v, %q", ratio, said, c.ratio, c.said)
		}
	}
}

// Marks of one operation never share a lane, lanes are numbered without gaps,
// and every figure is drawn once, at its value.
func TestMarksOfAnySets(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := &numbersPage{ids: anchors{}}
		figures := 0
		for k := range rapid.IntRange(1, 7).Draw(rt, "sets") {
			set := bench.NumberSet{Name: "s", Year: 2000 + k}
			for id := range 6 {
				if rapid.Bool().Draw(rt, "has") {
					v := rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(1e-12, 1e15)).Draw(rt, "value")
					set.Rows = append(set.Rows, bench.Number{ID: fmt.Sprint(id), Value: v, Low: v / 2, High: v * 2})
					figures++
				}
			}
			n.sets = append(n.sets, set)
		}
		n.names = setNames(n.sets)
		var err error
		if n.lines, err = numberLines(n.sets); err != nil {
			rt.Fatal(err)
		}
		sets := n.present(n.lines)
		lane, count := n.lanes(n.lines, sets)
		for _, l := range n.lines {
			used := map[int]bool{}
			for _, k := range sets {
				if l.in[k] == nil {
					continue
				}
				if used[lane[k]] || lane[k] >= count {
					rt.Fatalf("two figures of %s share lane %d of %d", l.id, lane[k], count)
				}
				used[lane[k]] = true
			}
		}
		p := n.plot(n.lines, sets)
		drawn := 0
		low, high := n.limits()
		for _, s := range p.chart.MultiSeries {
			dots, ok := s.Data.([]item)
			if !ok || s.Type != "scatter" {
				continue
			}
			drawn += len(dots)
			for _, d := range dots {
				if v, ok := d.Value[0].(float64); ok && (v > high*(1+1e-5)) {
					rt.Fatalf("%v lies outside %v to %v", v, low, high)
				}
			}
		}
		if drawn != figures {
			rt.Fatalf("%d of %d figures are drawn", drawn, figures)
		}
		if _, err := p.block(); figures > 0 && err != nil {
			rt.Fatal(err)
		}
	})
}
