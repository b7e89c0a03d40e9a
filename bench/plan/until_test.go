package plan_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"rung/bench/plan"
)

// TestUntilIsTheBeginning checks that a plan that was ended early is a plan:
// the same offsets, all of them within its duration.
func TestUntilIsTheBeginning(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole, err := plan.Poisson(rapid.Float64Range(1, 500).Draw(t, "rate"), 2*time.Second, rapid.Uint64().Draw(t, "seed"))
		if err != nil {
			t.Skip(err)
		}
		count := rapid.Uint64Range(0, whole.Count()+5).Draw(t, "count")
		d := time.Duration(rapid.Int64Range(0, int64(3*time.Second)).Draw(t, "duration"))
		p := plan.Until(whole, count, d)
		if p.Count() > whole.Count() || p.Count() > count || p.Duration() <= 0 || p.Duration() > whole.Duration() {
			t.Fatalf("%d of %d requests in %v of %v", p.Count(), whole.Count(), p.Duration(), whole.Duration())
		}
		for n := range p.Count() {
			if p.At(n) != whole.At(n) || p.At(n) >= p.Duration() {
				t.Fatalf("request %d at %v, before %v; the plan ends at %v", n, p.At(n), whole.At(n), p.Duration())
			}
		}
	})
}
