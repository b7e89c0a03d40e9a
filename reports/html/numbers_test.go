package html_test

import (
	stdhtml "html"
	"math"
	"strings"
	"testing"

	"rung/bench"
	"rung/reports/html"
)

func TestNumbersSayEveryFigure(t *testing.T) {
	data := leaves(t)["numbers"]
	page := stdhtml.UnescapeString(string(data))
	for _, want := range []string{
		// The measured set comes first, with its conditions.
		"6 latency numbers of this machine beside 2 published sets", "clock source tsc", "the directory is on overlay",
		// Each set by its name and year.
		"measured, 2026-11-20", "book, 2009", "Dean, a talk",
		// Ratios, and why there is none.
		"0.924×", "0.381× per byte", "not alike: durability", "not alike: access",
		// What is to mind, in the table that is not folded.
		"the filesystem is overlay: a sync may not reach a disk", "page cache",
		// Where each figure is from.
		"a table", "2026-03-08", "pings", "250\u202fµs", "3.37\u202fms",
		"Others", "Wide area", "3.00\u202fs",
		"Against book, 2009, of 2 rows that compare 1 is more than twice as fast here, 0 are more than twice as slow, 1 is within a factor of two.",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Index(page, `id="figure-numbers-cpu"`) > strings.Index(page, `id="figure-numbers-disk"`) {
		t.Error("the groups are not in order")
	}
}

// Each mark of the chart is a row of its table.
func TestNumbersAreDrawnAsTheyAre(t *testing.T) {
	data := leaves(t)["numbers"]
	d := chartOf(t, data, "figure-numbers-cpu")
	if names := strings.Join(d.Option.YAxis[0].Data, "; "); names != "L1 cache reference; memory; read 1 MB from memory" {
		t.Errorf("the rows are %q", names)
	}
	if x := d.Option.XAxis[0]; x.Min != 0.1 || x.Max != 1e10 {
		t.Errorf("the axis goes from %v to %v", x.Min, x.Max)
	}
	got := map[string][]float64{}
	for _, s := range d.Option.Series {
		for _, raw := range s.Data {
			if p := pointOf(t, raw); len(p) == 2 {
				got[s.Name] = append(got[s.Name], p[0])
			}
		}
	}
	for name, want := range map[string][]float64{"measured, 2026-11-20": {92.4, 100e3}, "book, 2009": {0.5, 100, 250e3}, "regions": {20}} {
		if len(got[name]) != len(want) {
			t.Errorf("%s: %v, want %v", name, got[name], want)
			continue
		}
		for i, v := range want {
			if got[name][i] != v {
				t.Errorf("%s: %v, want %v", name, got[name], want)
			}
		}
	}
}

func TestNumbersRefuseWhatIsWrong(t *testing.T) {
	sets := numberSets()
	sets[1].Rows[0].P99 = math.NaN()
	twice := numberSets()
	twice[0].Rows = append(twice[0].Rows, bench.Number{ID: "mem_ref", Label: "another", Value: 5})
	long := numberSets()
	long[0].Rows = make([]bench.Number, 401)
	for want, sets := range map[string][]bench.NumberSet{
		"sets[1].Rows[0].P99 is NaN":                   sets,
		`set "book": the row "mem_ref" is there twice`: twice,
		"there are 0 sets":                             nil,
		"there are 13 sets":                            make([]bench.NumberSet, 13),
		`set "book" has 401 rows`:                      long,
	} {
		if _, err := html.NumbersPage(sets); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestNumbersOfHollowSets(t *testing.T) {
	for name, sets := range map[string][]bench.NumberSet{
		"nothing":  {{}},
		"no value": {{Name: "a", Rows: []bench.Number{{ID: "x"}}}, {Name: "a", Rows: []bench.Number{{ID: "x", Status: "measured"}}}},
		"twelve":   make([]bench.NumberSet, 12),
		"many":     {numberSets()[0], numberSets()[0], numberSets()[0], numberSets()[0], numberSets()[0], numberSets()[0], numberSets()[1]},
	} {
		data, err := html.NumbersPage(sets)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if name == "many" && !strings.Contains(string(data), "The first 5 are drawn, all are in the table") {
			t.Error("the page does not say what it leaves out of a chart")
		}
	}
}
