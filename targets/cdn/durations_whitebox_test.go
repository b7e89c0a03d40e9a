package cdn

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestDurationsModel: every duration lies in the one bucket whose bounds hold
// it, the upper one included, and the sum is that of all.
func TestDurationsModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var d durations
		var sum time.Duration
		want := make([]int64, len(durationBounds)+1)
		for _, took := range rapid.SliceOfN(rapid.OneOf(
			rapid.Map(rapid.Int64Range(0, int64(20*time.Second)), func(n int64) time.Duration { return time.Duration(n) }),
			rapid.Map(rapid.SampledFrom(durationBounds[:]), func(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }),
		), 0, 50).Draw(t, "durations") {
			d.observe(took)
			sum += took
			i := 0
			for i < len(durationBounds) && took.Seconds() > durationBounds[i] {
				i++
			}
			want[i]++
		}
		h := d.histogram()
		for i := range want {
			if h.Counts[i] != want[i] {
				t.Fatalf("counts %v, want %v", h.Counts, want)
			}
		}
		if h.Sum != sum.Seconds() {
			t.Fatalf("sum %v, want %v", h.Sum, sum.Seconds())
		}
	})
}
