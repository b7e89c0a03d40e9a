package reports_test

import (
	"strings"
	"testing"
	"time"

	"rung/bench"
	"rung/reports"
)

const busy = "the real machine was the limit: 1.1 of 2 cores, at most 1 may be"

func searched(id string, passed, failed float64, doubt string) bench.StageResult {
	cost := 0.5
	return bench.StageResult{Stage: bench.Stage{ID: id, PricePerHour: 1}, CostPerMillion: &cost,
		Capacity: &bench.Capacity{SLO: bench.SLO{Quantile: 0.99, Latency: time.Second}, Passed: passed, Failed: failed, Doubt: doubt}}
}

// Nothing is said of a capacity that the search did not find: no rate of zero,
// no bracket and no cost.
func TestCapacityThatIsNotKnown(t *testing.T) {
	for _, c := range []struct {
		name, capacity string
		stage          bench.StageResult
		doubtful, cost bool
	}{
		{"known", "200–220/s", searched("a", 200, 220, ""), false, true},
		{"in doubt", "200–220/s", searched("a", 200, 220, busy), true, true},
		{"no probe counts", "unknown", searched("a", 0, 0, busy), false, false},
		{"none passed", "<220/s", searched("a", 0, 220, "no rate that was tried met the SLO"), true, false},
		{"not searched", "–", bench.StageResult{Stage: bench.Stage{ID: "a"}}, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			row := reports.Ladder(bench.Run{Stages: []bench.StageResult{c.stage}})[0]
			check(t, row.Capacity(), c.capacity)
			if row.InDoubt() != c.doubtful || (row.Cost != nil) != c.cost {
				t.Errorf("in doubt %v, cost %v", row.InDoubt(), row.Cost)
			}
			var b strings.Builder
			if err := reports.Summary(&b, bench.Run{Stages: []bench.StageResult{c.stage}}, 80); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(b.String(), " 0/s") || strings.Contains(b.String(), "–?") {
				t.Errorf("the summary makes a number of nothing:\n%s", b.String())
			}
		})
	}
}

func TestHeadlineSaysWhyCapacitiesAreInDoubt(t *testing.T) {
	for _, c := range []struct {
		name, want string
		stages     []bench.StageResult
	}{
		{"one reason", "The capacity of 2 stages is in doubt: the real machine was the limit.",
			[]bench.StageResult{searched("a", 200, 220, ""), searched("b", 0, 0, busy), searched("c", 0, 0, "the real machine was the limit: 1.3 of 2 cores")}},
		{"two reasons", "The capacity of 2 stages is in doubt.",
			[]bench.StageResult{searched("a", 200, 220, ""), searched("b", 0, 0, busy), searched("c", 300, 0, "every rate that was tried met the SLO")}},
		{"all", "none has a capacity that can be trusted. The real machine was the limit.", []bench.StageResult{searched("a", 0, 0, busy)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := reports.Headline(bench.Run{Stages: c.stages}); !strings.Contains(got, c.want) {
				t.Errorf("got %q, want %q in it", got, c.want)
			}
		})
	}
}

// A verdict on the limit names no resource where none was found.
func TestEvidenceNamesNoResourceOfNothing(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"busiest where the stage breaks: , 0% used", "in doubt: x"},
		{"busiest where the stage breaks: web/cpu, 80% used", "busiest where the stage breaks: web/cpu, 80% used|in doubt: x"},
	} {
		v := bench.Verdict{ID: "estimate.limit", Evidence: []string{c.line, "in doubt: x"}}
		check(t, strings.Join(reports.Evidence(v), "|"), c.want)
		if len(v.Evidence) != 2 {
			t.Error("the run's own evidence changed")
		}
	}
}

// A decision that nobody took is no part of a recovery.
func TestAssumedDecision(t *testing.T) {
	d := 2 * time.Second
	for _, c := range []struct {
		name     string
		r        bench.Recovery
		assumed  bool
		decision bool
	}{
		{"nobody noticed", bench.Recovery{Decision: &d}, true, false},
		{"a failover", bench.Recovery{Detection: &d, Decision: &d, Promotion: &d, Convergence: &d}, false, true},
		{"the others carried it", bench.Recovery{Detection: &d}, false, false},
		{"nothing", bench.Recovery{}, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := reports.Assumed(c.r) != nil; got != c.assumed {
				t.Errorf("assumed: %v", got)
			}
			if got := reports.Parts(c.r)[1].Took != nil; got != c.decision {
				t.Errorf("a part: %v", got)
			}
		})
	}
}

func TestRecoveredAtOnce(t *testing.T) {
	zero, one := time.Duration(0), time.Second
	check(t, reports.Recovered(bench.Recovery{Total: &zero}), "at once")
	check(t, reports.Recovered(bench.Recovery{Total: &zero, NoFailure: true}), "no failure")
	check(t, reports.Recovered(bench.Recovery{Total: &one}), "1.00 s")
	check(t, reports.Recovered(bench.Recovery{}), "not recovered")
}

func TestSize(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 64: "64 B", 1000: "1 KB", 1024: "1 KiB", 2000: "2 KB", 4096: "4 KiB", 1_000_000: "1 MB",
		1 << 20: "1 MiB", 100_000_000: "100 MB", 1500: "1.46 KiB"} {
		if got := reports.Size(n); got != strings.ReplaceAll(want, " ", reports.Thin) {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}

func TestValidityCountsWhatTheGeneratorLimited(t *testing.T) {
	attack := func(name, limited string) *bench.Measurement {
		return &bench.Measurement{Name: name, Generator: bench.Generator{Limited: limited}}
	}
	for _, c := range []struct {
		name, want string
		attacks    []*bench.Measurement
	}{
		{"none", "in every attack", []*bench.Measurement{attack("common", "")}},
		{"the one", "no, the generator was: 9 late", []*bench.Measurement{attack("common", "9 late")}},
		{"one of two", "in 1 of 2 attacks; not in s b", []*bench.Measurement{attack("a", ""), attack("b", "late")}},
		{"both", "in none of 2 attacks", []*bench.Measurement{attack("a", "late"), attack("b", "late")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var run bench.Run
			for _, m := range c.attacks {
				run.Stages = append(run.Stages, bench.StageResult{Stage: bench.Stage{ID: "s"}, Common: m})
			}
			for _, i := range reports.Validity(run) {
				if i.Label == "Target was the limit" {
					check(t, i.Value, c.want)
				}
			}
		})
	}
}
