package endpoint

import (
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rung/bench"
)

// lead takes trials to their end on a target of a known capacity, of which
// some tries are spoilt: they fail at any rate.
func lead(t fataler, tr *trials, truth float64, spoilt func(try int) bool) (tries, contradictions int) {
	t.Helper()
	for tries < 200 {
		rate, over := tr.next()
		if over {
			return tries, contradictions
		}
		if rate <= 0 || math.IsNaN(rate) || math.IsInf(rate, 0) {
			t.Fatal("the next rate is", rate)
		}
		if tr.note(rate, rate <= truth && !spoilt(tries)) {
			contradictions++
		}
		tries++
	}
	t.Fatal("200 tries were not enough")
	return tries, contradictions
}

// TestTrialsFindTheCapacity has tries fail that should not, never two in a row
// at one rate: the bracket holds the capacity all the same.
func TestTrialsFindTheCapacity(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		truth := math.Exp(rapid.Float64Range(0, math.Log(1e6)).Draw(t, "truth"))
		start := truth * math.Exp(rapid.Float64Range(math.Log(0.01), math.Log(100)).Draw(t, "off"))
		noise := rapid.SliceOfN(rapid.Bool(), 0, 12).Draw(t, "spoilt")
		tr := newTrials(start, 0.05)
		before := false // the last try was spoilt
		spoilt := func(try int) bool {
			before = try < len(noise) && noise[try] && !before && !tr.bracket.Narrow()
			return before
		}
		lead(t, tr, truth, spoilt)
		if b := tr.bracket; b.Passed > truth || b.Failed <= truth || !b.Narrow() {
			t.Fatalf("bracket [%v, %v] of a capacity of %v", b.Passed, b.Failed, truth)
		}
	})
}

// TestTrialsCostOneMore compares with the search that believes every try.
func TestTrialsCostOneMore(t *testing.T) {
	t.Parallel()
	for _, truth := range []float64{50, 199, 200, 333, 800, 12345} {
		tr := newTrials(200, 0.05)
		tries, against := lead(t, tr, truth, func(int) bool { return false })
		plain, b := 0, newTrials(200, 0.05).bracket
		for ; !b.Narrow(); plain++ {
			b.Note(b.Next, b.Next <= truth, plain+1)
		}
		if tries != plain+1 || against != 0 || tr.bracket.Passed != b.Passed || tr.bracket.Failed != b.Failed {
			t.Errorf("%v: [%v, %v] after %d tries; want [%v, %v] after %d and the one again", truth, tr.bracket.Passed, tr.bracket.Failed, tries, b.Passed, b.Failed, plain)
		}
	}
}

func TestTrialsSayWhatIsMissing(t *testing.T) {
	t.Parallel()
	tr := newTrials(100, 0.05)
	if got := tr.missing(); got != "the bracket was narrow" {
		t.Error(got)
	}
	tr.note(100, true)
	tr.note(105, false)
	if got := tr.missing(); got != "the rate that failed, 105/s, was tried again" {
		t.Error(got)
	}
	tr.note(300, false) // of no interest
	if !tr.note(105, true) || tr.bracket.Failed != 300 || tr.bracket.Passed != 105 {
		t.Errorf("bracket [%v, %v], want [105, 300]", tr.bracket.Passed, tr.bracket.Failed)
	}
}

func TestShortProbesAreSaid(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		limit, length time.Duration
		width         float64
		failed        float64
		want          string
	}{
		{50 * time.Millisecond, 5 * time.Second, 0.05, 820, ""},
		{250 * time.Millisecond, 5 * time.Second, 0.05, 820, "5% too many requests"},
		{250 * time.Millisecond, 5 * time.Second, 0.05, 820, "probes of 10s would tell"},
		{250 * time.Millisecond, 10 * time.Second, 0.05, 820, ""},
		{250 * time.Millisecond, 5 * time.Second, 0.1, 820, ""},
		{250 * time.Millisecond, time.Second, 0.05, 820, "25% too many requests"},
		{250 * time.Millisecond, time.Second, 0.05, 0, ""}, // no bracket
	} {
		h := hunt{cfg: CapacityConfig{Length: row.length, Width: row.width}, out: bench.Capacity{Passed: 800, Failed: row.failed,
			SLO: bench.SLO{Quantile: 0.9, Latency: row.limit}}}
		if got := h.blind(); (got == "") != (row.want == "") || !strings.Contains(got, row.want) {
			t.Errorf("%v in probes of %v, width %v: %q, want %q in it", row.limit, row.length, row.width, got, row.want)
		}
	}
}
