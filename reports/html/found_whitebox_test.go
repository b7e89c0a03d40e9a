package html

import (
	"strings"
	"testing"

	"rung/bench"
)

func TestFoundIsTheWholeAndWhatIsCited(t *testing.T) {
	s := bench.StageResult{Stage: bench.Stage{
		Claims:  []bench.Claim{{Checks: []string{"walk.user.p50_ns <= 2 * walk.post.p50_ns", "not a check"}}},
		Figures: []bench.FigurePlan{{Points: [][]bench.FactPoint{{{Fact: "walk.user.p99_ns"}}}}}},
		Facts: []bench.Fact{{Name: "walk.failed_count", Value: 3}, {Name: "walk.post.mean_ns", Value: 1e6}, {Name: "walk.post.p50_ns", Value: 2e6},
			{Name: "walk.user.p50_ns", Value: 1e6, Doubt: "few"}, {Name: "walk.user.p99_ns", Value: 3e6}, {Name: "walks.p50_ns", Value: 9e6}}}
	got := strings.ReplaceAll(strings.Join(found(s, "walk", cited(s.Stage)), "|"), "\u202f", " ")
	want := "failed_count = 3|post: p50_ns = 2.00 ms|user: p50_ns = 1.00 ms (in doubt: few), p99_ns = 3.00 ms|1 more fact of its parts: under Facts"
	if got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
