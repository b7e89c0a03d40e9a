package reports_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rung/bench"
	"rung/reports"
)

// Every row of every set stands once, in the column of its set, under its id;
// the rows rise by the value of the first set that has them.
func TestNumberRowsOfAnySets(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var sets []bench.NumberSet
		count := 0
		for k := range rapid.IntRange(0, 4).Draw(rt, "sets") {
			set := bench.NumberSet{Name: fmt.Sprint(k)}
			for id := range 5 {
				if rapid.Bool().Draw(rt, "has") {
					set.Rows = append(set.Rows, bench.Number{ID: fmt.Sprint(id), Label: rapid.SampledFrom([]string{"", "read", "read 1 MB"}).Draw(rt, "label"),
						Value: rapid.Float64Range(0.5, 1e9).Draw(rt, "value")})
					count++
				}
			}
			sets = append(sets, set)
		}
		rows, err := reports.NumberRows(sets)
		if err != nil {
			rt.Fatal(err)
		}
		last := 0.0
		for _, r := range rows {
			first := -1.0
			for k, n := range r.In {
				if n == nil {
					continue
				}
				count--
				if got, ok := sets[k].Row(r.ID); !ok || got.Value != n.Value {
					rt.Fatalf("row %s of set %d is %v", r.ID, k, n)
				}
				if first < 0 {
					first = n.Value
				}
				if n.Label != "" && len(r.Label) > len(n.Label) {
					rt.Fatalf("row %s is called %q, and %q is shorter", r.ID, r.Label, n.Label)
				}
			}
			if first < last {
				rt.Fatalf("%v follows %v", first, last)
			}
			last = first
		}
		if count != 0 {
			rt.Fatalf("%d numbers are missing or too many", count)
		}
	})
}

func TestNumbersRefuseARowTwice(t *testing.T) {
	set := bench.NumberSet{Name: "s", Rows: []bench.Number{{ID: "x", Value: 1}, {ID: "x", Value: 2}}}
	var b strings.Builder
	if err := reports.Numbers(&b, []bench.NumberSet{set}, 80); err == nil || !strings.Contains(err.Error(), `set "s": the row "x" is there twice`) {
		t.Errorf("got %v", err)
	}
}
