package reports_test

import (
	"testing"

	"rung/bench"
	"rung/reports"
	"rung/reports/reportstest"
)

// What a stage lists to be killed is its matrix: a whole data centre is one
// row of it, and an experiment on one node is none.
func TestMatrixIsWhatTheStageLists(t *testing.T) {
	run := reportstest.Run()
	for _, c := range []struct {
		stage int
		rows  int
		node  string
	}{{8, 1, "us"}, {9, 2, "queue"}, {12, 14, "us"}} {
		row := reports.Ladder(run)[c.stage]
		if row.Worst.Rows != c.rows || row.Worst.Node != c.node {
			t.Errorf("%s: the worst is %s of %d rows, want %s of %d", row.Stage, row.Worst.Node, row.Worst.Rows, c.node, c.rows)
		}
	}
	s := bench.Stage{Kills: []bench.Kill{{Node: "a"}, {DataCenter: "us"}}}
	for name, c := range map[string]struct {
		row  bench.KillRow
		want bool
	}{
		"a listed node":              {bench.KillRow{Node: "a", Nodes: []string{"a"}}, true},
		"a listed data centre":       {bench.KillRow{Node: "us", Nodes: []string{"a", "b"}}, true},
		"an experiment on one node":  {bench.KillRow{Node: "shared", Nodes: []string{"a"}}, false},
		"a listed node of a variant": {bench.KillRow{Node: "a", Nodes: []string{"a"}, Variant: "v"}, false},
	} {
		if got := reports.OneOfEach(s, c.row); got != c.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func TestWorstSumsBothLedgers(t *testing.T) {
	row := func(posts bench.Audit, photos *bench.Audit) bench.KillRow {
		return bench.KillRow{Happened: true, Ledger: posts, Photos: photos}
	}
	s := bench.StageResult{Kills: []bench.KillRow{
		row(bench.Audit{Checked: true, Lost: 1, Duplicated: 2}, &bench.Audit{Checked: true, Lost: 4, Duplicated: 8}),
		row(bench.Audit{Checked: true, Lost: 16, Duplicated: 32}, nil),
		row(bench.Audit{Lost: 1000, Duplicated: 1000}, &bench.Audit{Lost: 1000, Duplicated: 1000})}}
	w := reports.Ladder(bench.Run{Stages: []bench.StageResult{s}})[0].Worst
	if w.Lost != 17 || w.Duplicated != 34 || w.Audited != 2 {
		t.Errorf("posts: %d lost and %d twice of %d audits, want 17, 34 and 2", w.Lost, w.Duplicated, w.Audited)
	}
	if w.PhotosLost != 4 || w.PhotosDuplicated != 8 || w.PhotosAudited != 1 {
		t.Errorf("photos: %d lost and %d twice of %d audits, want 4, 8 and 1", w.PhotosLost, w.PhotosDuplicated, w.PhotosAudited)
	}
}

// Photos that an experiment lost count beside posts; those of the matrix are
// in its rows already.
func TestExperimentsLosePhotosToo(t *testing.T) {
	s := bench.StageResult{Facts: []bench.Fact{{Name: "power-cut.photos_lost_count", Value: 7}, {Name: "power-cut.lost_count", Value: 1},
		{Name: "kill.queue.photos_lost_count", Value: 100}}}
	if r := reports.Ladder(bench.Run{Stages: []bench.StageResult{s}})[0]; r.ExperimentsLost != 8 {
		t.Errorf("experiments lost %v, want 8", r.ExperimentsLost)
	}
}

func TestLadderCost(t *testing.T) {
	// The cost is that at the middle of the bracket, as a run states it.
	stage := func(id, previous string, passed, failed, price float64) bench.StageResult {
		s := bench.StageResult{Stage: bench.Stage{ID: id, Previous: previous, PricePerHour: price}, Capacity: &bench.Capacity{Passed: passed, Failed: failed}}
		if price > 0 {
			cost := price / 3600 / (passed + max(failed-passed, 0)/2) * 1e6
			s.CostPerMillion = &cost
		}
		return s
	}
	cases := []struct {
		name        string
		before, now bench.StageResult
		want        string
	}{
		// Twice the machines and twice the capacity.
		{"no dearer", stage("a", "", 200, 220, 1), stage("b", "a", 400, 440, 2), "~ (0.909–1.10)"},
		// Four times the machines, twice the capacity of 1.82 to 2.2.
		{"dearer", stage("a", "", 200, 220, 1), stage("b", "a", 400, 440, 4), "2.00× (1.82–2.20)"},
		// As before, with a bracket that is wider than the other one: the
		// middles are 2.14 apart, the bounds are exact all the same.
		{"a wide bracket", stage("a", "", 200, 220, 1), stage("b", "a", 400, 500, 4), "1.87× (1.60–2.20)"},
		{"cheaper", stage("a", "", 200, 220, 1), stage("b", "a", 400, 440, 1), "0.500× (0.455–0.550)"},
		{"no rate failed", stage("a", "", 200, 220, 1), stage("b", "a", 400, 0, 4), "~ (…–2.20)"},
		{"no price", stage("a", "", 200, 220, 0), stage("b", "a", 400, 440, 4), "–"},
		{"no capacity", stage("a", "", 0, 220, 1), stage("b", "a", 400, 440, 4), "–"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			rows := reports.Ladder(bench.Run{Stages: []bench.StageResult{c.before, c.now}})
			check(t, rows[1].Costlier.String(), c.want)
		})
	}
}

func TestLadderSaysWhichStagesStandAside(t *testing.T) {
	var aside []string
	for _, r := range reports.Ladder(reportstest.Run()) {
		if r.Aside {
			aside = append(aside, r.Stage+" of "+r.Against)
		}
	}
	want := []string{"04-load-balancer of 02-separate-database", "10-message-queue of 08-stateless-web", "12-sharding of 08-stateless-web"}
	if len(aside) != len(want) {
		t.Fatalf("got %v, want %v", aside, want)
	}
	for i := range want {
		check(t, aside[i], want[i])
	}
}
