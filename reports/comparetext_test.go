package reports_test

import (
	"math"
	"strings"
	"testing"

	"rung/bench"
	"rung/reports"
)

func TestCleanComparison(t *testing.T) {
	c := bench.Comparison{Before: "a\x1b[31m", Warnings: []string{"one\ntwo\u202e"},
		Stages: []bench.StageComparison{{ID: "s", Rows: []bench.Delta{{Fact: "common.p99_ns", Ratio: 1.2, Why: strings.Repeat("x", 3*reports.MaxText)}}}}}
	got, err := reports.CleanComparison(c)
	if err != nil {
		t.Fatal(err)
	}
	if got.Before != "a\ufffd[31m" || got.Warnings[0] != "one two\ufffd" || got.Stages[0].Rows[0].Ratio != 1.2 {
		t.Errorf("got %+v", got)
	}
	if n := len([]rune(got.Stages[0].Rows[0].Why)); n != reports.MaxText+1 {
		t.Errorf("a long reason has %d characters", n)
	}
	if c.Before != "a\x1b[31m" {
		t.Error("the comparison itself was changed")
	}
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		c.Stages[0].Rows[0].High = v
		if _, err := reports.CleanComparison(c); err == nil || !strings.Contains(err.Error(), "comparison.Stages[0].Rows[0].High") {
			t.Errorf("%v: got %v", v, err)
		}
	}
}

func TestCleanNumbers(t *testing.T) {
	sets := []bench.NumberSet{{Name: "a", Host: &bench.Host{CPU: "x\x00"}, Rows: []bench.Number{{ID: "l1", Value: 0.5, Flags: []string{"\u2028"}}}}}
	got, err := reports.CleanNumbers(sets)
	if err != nil {
		t.Fatal(err)
	}
	if got[0].Host.CPU != "x\ufffd" || got[0].Rows[0].Flags[0] != "\ufffd" || got[0].Rows[0].Value != 0.5 {
		t.Errorf("got %+v", got)
	}
	sets[0].Rows[0].P99 = math.NaN()
	if _, err := reports.CleanNumbers(sets); err == nil || !strings.Contains(err.Error(), "sets[0].Rows[0].P99") {
		t.Errorf("got %v", err)
	}
}
