package compare

import (
	"slices"

	"rung/bench"
)

// test is the p-value of one row.
type test struct {
	stage, fact string
	p           float64
}

// holm marks the verdicts that do not hold when all tests are counted: those
// from the first on whose p-value is above alpha over the tests left.
func holm(c *bench.Comparison, tests []test) {
	order := slices.Clone(tests)
	slices.SortStableFunc(order, func(a, b test) int {
		switch {
		case a.p < b.p:
			return -1
		case a.p > b.p:
			return 1
		}
		return 0
	})
	holds := 0
	for holds < len(order) && order[holds].p <= (1-c.Level)/float64(len(order)-holds) {
		holds++
	}
	for _, t := range order[holds:] {
		for i := range c.Stages {
			if c.Stages[i].ID != t.stage {
				continue
			}
			for j := range c.Stages[i].Rows {
				d := &c.Stages[i].Rows[j]
				if d.Fact == t.fact && (d.Word == bench.DeltaBetter || d.Word == bench.DeltaWorse) {
					because(d, Chance)
				}
			}
		}
	}
}
