package reports_test

import (
	"strings"
	"testing"
	"time"

	"rung/bench"
	"rung/reports"
	"rung/reports/reportstest"
)

func TestHeadline(t *testing.T) {
	slo := bench.Workload{SLO: bench.SLO{Quantile: 0.99, Latency: 250 * time.Millisecond, Failures: 0.001}}
	stage := func(id, previous string, passed, failed float64) bench.StageResult {
		return bench.StageResult{Stage: bench.Stage{ID: id, Previous: previous},
			Capacity: &bench.Capacity{Passed: passed, Failed: failed}}
	}
	doubtful := stage("b", "a", 400, 420)
	doubtful.Capacity.Doubt = "the generator was the limit"
	passed := stage("a", "", 215, 230)
	passed.Verdicts = []bench.Verdict{{Word: bench.Pass}}
	odd := stage("a", "", 215, 230)
	odd.Verdicts = []bench.Verdict{{Word: "maybe"}, {Word: bench.Pass}}
	cases := []struct {
		name string
		run  bench.Run
		want string
	}{
		{"nothing", bench.Run{}, "No stage was measured. Nothing was judged."},
		{"one stage", bench.Run{Workload: slo, Stages: []bench.StageResult{passed}},
			"1 stage carried 215 requests per second within p99 ≤ 250 ms and failures ≤ 0.1%. The one verdict passed."},
		{"a step", bench.Run{Workload: slo, Stages: []bench.StageResult{passed, stage("b", "a", 420, 440)}},
			"2 stages carried 215 to 420 requests per second within p99 ≤ 250 ms and failures ≤ 0.1%. The largest step was b with 1.95× the capacity of a. The one verdict passed."},
		{"brackets that overlap are no step", bench.Run{Workload: slo, Stages: []bench.StageResult{passed,
			stage("b", "a", 220, 240)}},
			"2 stages carried 215 to 220 requests per second within p99 ≤ 250 ms and failures ≤ 0.1%. The one verdict passed."},
		{"a doubtful stage does not count", bench.Run{Workload: slo, Stages: []bench.StageResult{passed, doubtful}},
			"1 of 2 stages carried 215 requests per second within p99 ≤ 250 ms and failures ≤ 0.1%. The capacity of 1 stage is in doubt: the generator was the limit. The one verdict passed."},
		{"no capacity", bench.Run{Stages: []bench.StageResult{doubtful}},
			"1 stage ran, and none has a capacity that can be trusted. The generator was the limit. Nothing was judged."},
		{"other words are unknown", bench.Run{Workload: slo, Stages: []bench.StageResult{odd}},
			"1 stage carried 215 requests per second within p99 ≤ 250 ms and failures ≤ 0.1%. Of 2 verdicts 1 passed, 1 unknown."},
		{"partial comes first", bench.Run{Partial: "interrupted.", Workload: slo, Stages: []bench.StageResult{passed}},
			"PARTIAL RUN (interrupted). 1 stage carried 215 requests per second within p99 ≤ 250 ms and failures ≤ 0.1%. The one verdict passed."},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { check(t, reports.Headline(c.run), c.want) })
	}
}

func TestOverall(t *testing.T) {
	stages := []bench.StageResult{{}}
	cases := []struct {
		name string
		run  bench.Run
		want bench.Word
	}{
		{"pass", bench.Run{Verdict: bench.Pass, Stages: stages}, bench.Pass},
		{"a partial run does not pass", bench.Run{Verdict: bench.Pass, Partial: "x", Stages: stages}, bench.Unknown},
		{"a partial run can fail", bench.Run{Verdict: bench.Fail, Partial: "x", Stages: stages}, bench.Fail},
		{"an empty run does not pass", bench.Run{Verdict: bench.Pass}, bench.Unknown},
		{"no word is unknown", bench.Run{Stages: stages}, bench.Unknown},
		{"an odd word is unknown", bench.Run{Verdict: "passed", Stages: stages}, bench.Unknown},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := reports.Overall(c.run); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestLadderChange(t *testing.T) {
	capacity := func(passed, failed float64, doubt string) *bench.Capacity {
		return &bench.Capacity{Passed: passed, Failed: failed, Doubt: doubt}
	}
	cases := []struct {
		name        string
		before, now *bench.Capacity
		want        string
	}{
		{"a gain", capacity(200, 220, ""), capacity(400, 440, ""), "2.00× (1.82–2.20)"},
		{"a loss", capacity(400, 440, ""), capacity(200, 220, ""), "0.500× (0.455–0.550)"},
		{"brackets that overlap", capacity(200, 220, ""), capacity(210, 230, ""), "~ (0.955–1.15)"},
		{"no rate failed now", capacity(200, 220, ""), capacity(400, 0, ""), "2.00× (1.82–…)"},
		{"no rate failed before", capacity(200, 0, ""), capacity(400, 440, ""), "~ (…–2.20)"},
		{"doubt", capacity(200, 220, ""), capacity(400, 440, "x"), "–"},
		{"doubt before", capacity(200, 220, "x"), capacity(400, 440, ""), "–"},
		{"none before", nil, capacity(400, 440, ""), "–"},
		{"none now", capacity(200, 220, ""), nil, "–"},
		{"no rate passed", capacity(200, 220, ""), capacity(0, 440, ""), "–"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			rows := reports.Ladder(bench.Run{Stages: []bench.StageResult{
				{Stage: bench.Stage{ID: "a"}, Capacity: c.before},
				{Stage: bench.Stage{ID: "b", Previous: "x", Compare: "a"}, Capacity: c.now}}})
			check(t, rows[1].Change.String(), c.want)
			if rows[1].Against != "a" || rows[0].Change.Known {
				t.Errorf("compared with %q; first stage %+v", rows[1].Against, rows[0].Change)
			}
		})
	}
}

func TestLadderTakesTheWorstKillThatCounts(t *testing.T) {
	rows := reports.Ladder(reportstest.Run())
	last := rows[3]
	if last.Worst.Node != "balancer" || last.Worst.Availability > 0.02 {
		t.Errorf("worst kill of stage 04 is %+v", last.Worst)
	}
	if last.Worst.Audited != 3 || last.Worst.LoggedOut != 31 {
		t.Errorf("audits and sessions of stage 04 are %+v", last.Worst)
	}
	third := rows[2].Worst
	if third.Rows != 1 || third.Unsound != 1 || third.Node != "web" {
		t.Errorf("a kill that did not happen counts: %+v", third)
	}
}

func TestWorstRecovery(t *testing.T) {
	second := time.Second
	row := func(total *time.Duration, none bool) bench.KillRow {
		return bench.KillRow{Happened: true, Recovery: bench.Recovery{Total: total, NoFailure: none}}
	}
	cases := []struct {
		name  string
		kills []bench.KillRow
		want  string
	}{
		{"none", nil, "–"},
		{"recovered", []bench.KillRow{row(&second, false)}, "1.00 s"},
		{"nobody noticed", []bench.KillRow{row(nil, true)}, "no failure"},
		{"one did not recover", []bench.KillRow{row(&second, false), row(nil, false)}, "not recovered"},
		{"only one that does not count", []bench.KillRow{{Recovery: bench.Recovery{Total: &second}}}, "–"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			rows := reports.Ladder(bench.Run{Stages: []bench.StageResult{{Kills: c.kills}}})
			check(t, rows[0].Worst.Recovered(), c.want)
		})
	}
}

func TestValidity(t *testing.T) {
	cases := []struct {
		name   string
		change func(*bench.Run)
		label  string
		word   bench.Word
		value  string
	}{
		{"enough headroom", func(*bench.Run) {}, "Generator headroom", bench.Pass, "6.30× (3.40 k/s over 540/s)"},
		{"little headroom", func(r *bench.Run) { r.Calibration.Ceiling = 700 }, "Generator headroom",
			bench.Unknown, "1.30×"},
		{"no headroom", func(r *bench.Run) { r.Calibration.Ceiling = 500 }, "Generator headroom", bench.Fail, "0.926×"},
		{"not calibrated", func(r *bench.Run) { r.Calibration.Ceiling = 0 }, "Generator headroom",
			bench.Unknown, "not calibrated"},
		{"on time", func(*bench.Run) {}, "Lateness", bench.Pass, "late"},
		{"late", func(r *bench.Run) { r.Stages[0].Common.Generator.Late = 2900 }, "Lateness", bench.Unknown, "late 3"},
		{"all sent", func(*bench.Run) {}, "Unsent", bench.Pass, "0 of 12 000"},
		{"one unsent", func(r *bench.Run) { r.Stages[1].Common.Total.Unsent = 1 }, "Unsent", bench.Unknown,
			"1 of 12 000"},
		{"unsent under a fault", func(r *bench.Run) { r.Stages[1].Kills[0].Measurement.Total.Unsent = 5 },
			"Unsent", bench.Pass, "5 under faults"},
		{"never limited", func(*bench.Run) {}, "Target was the limit", bench.Pass, "in every attack"},
		{"limited", func(r *bench.Run) { r.Stages[1].Common.Generator.Limited = "workers" },
			"Target was the limit", bench.Unknown, "not in 02-separate-database common"},
		{"precise clock", func(*bench.Run) {}, "Clock error", bench.Pass, "58.0 µs"},
		{"runtime timers", func(r *bench.Run) { r.Stages[1].Common.Generator.Precise = false }, "Clock error",
			bench.Unknown, "1 attack paced"},
		{"one run", func(*bench.Run) {}, "Repeats", "", "1"},
		{"open loop", func(*bench.Run) {}, "Load model", "", "open loop, Poisson"},
		{"emulated", func(*bench.Run) {}, "Emulated", "", "hardware set book"},
		{"bare", func(r *bench.Run) { r.Hardware.Name = "bare" }, "Emulated", "", "nothing"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			run := reportstest.Run()
			run.Stages = run.Stages[:4] // the counts below are theirs
			c.change(&run)
			items := reports.Validity(run)
			for _, i := range items {
				if i.Label != c.label {
					continue
				}
				value := strings.ReplaceAll(i.Value, reports.Thin, " ")
				if i.Word != c.word || !strings.Contains(value, c.value) {
					t.Errorf("got %q %q, want %q with %q", i.Word, value, c.word, c.value)
				}
				if (c.word == bench.Fail || c.word == bench.Unknown) == reports.Valid(items) {
					t.Errorf("valid is %v", reports.Valid(items))
				}
				return
			}
			t.Errorf("no item %q", c.label)
		})
	}
}
