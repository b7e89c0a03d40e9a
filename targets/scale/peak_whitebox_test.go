package scale

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestPeak compares the window with all of its values.
func TestPeak(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		window := time.Duration(rapid.IntRange(0, 20).Draw(t, "window"))
		var p peak
		var all []valued
		now := time.Unix(0, 0)
		for range rapid.IntRange(1, 60).Draw(t, "values") {
			now = now.Add(time.Duration(rapid.IntRange(0, 5).Draw(t, "pause")))
			all = append(all, valued{now, rapid.IntRange(1, 8).Draw(t, "value")})
			p.add(now, all[len(all)-1].value, now.Add(-window))
			want := 0
			for _, v := range all {
				if now.Sub(v.at) <= window {
					want = max(want, v.value)
				}
			}
			if got := p.highest(); got != want {
				t.Fatalf("highest is %d, want %d", got, want)
			}
			if len(p.values) > 8 {
				t.Fatalf("%d values kept for 8 different ones", len(p.values))
			}
		}
	})
}
