package reports_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"rung/bench"
	"rung/reports"
)

func TestSpreadOf(t *testing.T) {
	cases := []struct {
		name              string
		values            []float64
		median, low, high float64
	}{
		{"none", nil, 0, 0, 0},
		{"one", []float64{3}, 3, 0, 0},
		{"five are too few", []float64{5, 1, 3, 2, 4}, 3, 0, 0},
		{"six: the lowest and the highest, 96.9%", []float64{6, 1, 3, 2, 4, 5}, 3.5, 1, 6},
		// 1 - 2 (1+8)/256 = 93.0% for the second: too little.
		{"eight", []float64{8, 1, 3, 2, 4, 5, 6, 7}, 4.5, 1, 8},
		// 1 - 2 (1+9)/512 = 96.1%.
		{"nine: the second of each side", []float64{9, 1, 3, 2, 4, 5, 6, 7, 8}, 5, 2, 8},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			before := slices.Clone(c.values)
			got := reports.SpreadOf(c.values)
			if got.Median != c.median || got.Low != c.low || got.High != c.high || got.Interval() != (c.high > 0) {
				t.Errorf("got %+v", got)
			}
			if !slices.Equal(c.values, before) {
				t.Error("the values were sorted in place")
			}
		})
	}
}

func TestSpreadHoldsItsMedian(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := reports.SpreadOf(rapid.SliceOfN(rapid.Float64Range(1, 1e6), 1, 80).Draw(t, "values"))
		if s.Interval() != (len(s.Values) >= 6) || s.Interval() && (s.Low > s.Median || s.High < s.Median) {
			t.Fatalf("%+v", s)
		}
	})
}

// Where there are rounds, a change is one only when every pair agrees.
func TestChangeOverRounds(t *testing.T) {
	capacity := func(passed, failed float64, doubt string) *bench.Capacity {
		return &bench.Capacity{Passed: passed, Failed: failed, Doubt: doubt}
	}
	stage := func(first *bench.Capacity, more ...*bench.Capacity) bench.StageResult {
		s := bench.StageResult{Capacity: first}
		for i, c := range more {
			s.Repeats = append(s.Repeats, bench.Repeat{Round: i + 2, Capacity: c})
		}
		return s
	}
	cases := []struct {
		name        string
		before, now bench.StageResult
		want        string
	}{
		{"one round", stage(capacity(200, 220, "")), stage(capacity(240, 260, "")), "1.20× (1.09–1.30)"},
		{"rounds that agree", stage(capacity(200, 220, ""), capacity(205, 225, "")), stage(capacity(240, 260, ""), capacity(250, 270, "")),
			"1.20× (1.07–1.35)"},
		{"one that does not", stage(capacity(200, 220, ""), capacity(230, 250, "")), stage(capacity(240, 260, "")), "~ (0.960–1.30)"},
		{"one in doubt is left out", stage(capacity(200, 220, ""), capacity(900, 910, "x")), stage(capacity(240, 260, ""), nil), "1.20× (1.09–1.30)"},
		{"one without an end", stage(capacity(200, 220, "")), stage(capacity(240, 260, ""), capacity(245, 0, "")), "1.20× (1.09–…)"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			c.before.Stage.ID, c.now.Stage = "a", bench.Stage{ID: "b", Previous: "a"}
			check(t, reports.Ladder(bench.Run{Stages: []bench.StageResult{c.before, c.now}})[1].Change.String(), c.want)
		})
	}
}
