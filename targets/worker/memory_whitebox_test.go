package worker

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestMemory compares with a plain list of everything.
func TestMemory(t *testing.T) {
	m := newMemory()
	var all []string
	for i := range 3 * memoryLength {
		id := strconv.Itoa(i % (memoryLength + 500*(i%2))) // some repeat soon, some too late
		if i%97 != 0 {                                     // to look through the list is slow: check some
			m.seen(id)
		} else if got, want := m.seen(id), slices.Contains(all[max(0, len(all)-memoryLength):], id); got != want {
			t.Fatalf("id %s at %d: known %v, want %v", id, i, got, want)
		}
		all = append(all, id)
	}
	if len(m.known) > memoryLength || len(m.latest) != memoryLength {
		t.Errorf("%d ids are kept", len(m.known))
	}
}

func TestHistogram(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		h := newHistogram()
		list := rapid.SliceOf(rapid.Int64Range(0, int64(20*time.Minute))).Draw(r, "durations")
		sum := 0.0
		for _, d := range list {
			h.add(time.Duration(d))
			sum += time.Duration(d).Seconds()
		}
		got := h.read()
		below := 0
		for i, n := range got.Counts {
			want := 0
			for _, d := range list {
				if i < len(got.Bounds) && time.Duration(d).Seconds() <= got.Bounds[i] || i == len(got.Bounds) {
					want++
				}
			}
			if below += int(n); below != want {
				r.Fatalf("%d durations up to bound %d, want %d", below, i, want)
			}
		}
		if got.Sum < sum*0.999999 || got.Sum > sum*1.000001 {
			r.Fatalf("sum %v, want %v", got.Sum, sum)
		}
	})
}
