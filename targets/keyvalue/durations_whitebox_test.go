package keyvalue

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestDurations compares with the plain rule of a Prometheus bucket: a value
// is in the first one whose bound it is not above.
func TestDurations(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var d durations
		want := make([]int64, len(durationBounds)+1)
		var sum time.Duration
		for _, took := range rapid.SliceOf(rapid.OneOf(
			rapid.Custom(func(t *rapid.T) time.Duration {
				return time.Duration(rapid.SampledFrom(durationBounds[:]).Draw(t, "bound") * 1e9)
			}),
			rapid.Custom(func(t *rapid.T) time.Duration {
				return time.Duration(rapid.Int64Range(0, 20e9).Draw(t, "ns"))
			}),
		)).Draw(t, "durations") {
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
				t.Fatalf("bucket %d holds %d, want %d", i, h.Counts[i], want[i])
			}
		}
		if h.Sum != sum.Seconds() {
			t.Fatalf("sum is %v, want %v", h.Sum, sum.Seconds())
		}
	})
}
