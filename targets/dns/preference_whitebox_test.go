package dns

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestPreferenceModel: whatever happened, every resolver is asked, those that
// are not held first and as they were given, then the held ones by the end of
// their hold.
func TestPreferenceModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 5).Draw(t, "resolvers")
		p, now := newPreference(n), time.Unix(0, 0)
		held := make([]time.Time, n)
		for range rapid.IntRange(0, 30).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 20).Draw(t, "pause")) * time.Second)
			i := rapid.IntRange(0, n-1).Draw(t, "resolver")
			if rapid.Bool().Draw(t, "fails") {
				held[i] = now.Add(30 * time.Second)
				p.failed(i, held[i])
			} else {
				held[i] = time.Time{}
				p.answered(i)
			}
			order := p.order(now)
			if sorted := slices.Sorted(slices.Values(order)); len(sorted) != n || sorted[0] != 0 || sorted[n-1] != n-1 {
				t.Fatalf("%v is no order of %d resolvers", order, n)
			}
			for k := 1; k < n; k++ {
				a, b := order[k-1], order[k]
				aHeld, bHeld := now.Before(held[a]), now.Before(held[b])
				if aHeld && !bHeld || !aHeld && !bHeld && a > b || aHeld && bHeld && held[a].After(held[b]) {
					t.Fatalf("%d before %d in %v, held until %v", a, b, order, held)
				}
			}
		}
	})
}
