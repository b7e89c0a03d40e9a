package reports_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"rung/bench"
	"rung/reports"
	"rung/reports/reportstest"
)

func TestLadderOfTheDataTiers(t *testing.T) {
	rows := map[string]reports.Row{}
	for _, r := range reports.Ladder(reportstest.Run()) {
		rows[r.Stage] = r
	}
	if s := rows["05-database-replication"].Stale; s == nil || s.Name != "fresh.stale_ratio" {
		t.Errorf("05 has %+v, want what its freshness experiment on the stage itself found", s)
	}
	if s := rows["06-cache"].Stale; s == nil || s.Name != "stale.stale_ratio" {
		t.Errorf("06 has %+v, want the fact of that name", s)
	}
	if s := rows["01-single-server"]; s.Stale != nil || s.Hits != nil || s.ExperimentsLost != 0 {
		t.Errorf("01 has values that it did not measure: %+v", s)
	}
	if h := rows["06-cache"].Hits; h == nil || h.Value != 0.871 {
		t.Errorf("06 hits %+v, want 0.871", h)
	}
	if r := rows["05-database-replication"]; r.ExperimentsLost != 11 || r.Worst.Lost != 3 {
		t.Errorf("05 lost %v in experiments and %d in kills, want 11 and 3", r.ExperimentsLost, r.Worst.Lost)
	}
}

// A kill on a variant, or of several nodes, is not one of the kill matrix.
func TestWorstLeavesExperimentsOut(t *testing.T) {
	row := func(node string, availability float64) bench.KillRow {
		return bench.KillRow{Node: node, Nodes: []string{node}, Happened: true, AvailabilityDown: availability,
			Ledger: bench.Audit{Checked: true, Lost: 1}}
	}
	variant, several := row("lone", 0.1), row("both", 0)
	variant.Variant, several.Nodes = "one", []string{"a", "b"}
	s := bench.StageResult{Kills: []bench.KillRow{row("a", 0.7), variant, several, row("b", 0.9)},
		Facts: []bench.Fact{{Name: "kill.a.lost_count", Value: 1}, {Name: "both.lost_count", Value: 4},
			{Name: "a.lost_count", Value: 100}, {Name: "in-doubt.lost_count", Value: 50, Doubt: "the store was not read"}}}
	r := reports.Ladder(bench.Run{Stages: []bench.StageResult{s}})[0]
	if r.Worst.Node != "a" || r.Worst.Rows != 2 || r.Worst.Lost != 2 {
		t.Errorf("the worst is %+v, want node a of 2 rows with 2 lost", r.Worst)
	}
	if r.ExperimentsLost != 4 {
		t.Errorf("experiments lost %v, want 4", r.ExperimentsLost)
	}
}

func TestSummaryOfRecoveries(t *testing.T) {
	run := reportstest.Run()
	var b bytes.Buffer
	if err := reports.Summary(&b, run, 80); err != nil {
		t.Fatal(err)
	}
	want := "05 db-1                          2.30 s    1.54 s   212 ms   31.0 ms      405 ms\n"
	if !strings.Contains(b.String(), want) {
		t.Errorf("the summary has no line %q", want)
	}
	for i := range run.Stages {
		for j := range run.Stages[i].Kills {
			run.Stages[i].Kills[j].Recovery = bench.Recovery{Settled: time.Second, NoFailure: true}
		}
	}
	b.Reset()
	if err := reports.Summary(&b, run, 80); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "detection") {
		t.Error("parts are printed where no recovery has any")
	}
}
