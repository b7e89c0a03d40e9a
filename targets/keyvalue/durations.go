package keyvalue

import (
	"slices"
	"sync/atomic"
	"time"

	"rung/targets"
)

// durationBounds are the upper bounds of the buckets, in seconds: 1, 2.5 and 5
// of every power of ten from 50 microseconds to one second, and ten seconds.
var durationBounds = [...]float64{5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 10}

// durations counts how long commands took. It takes no lock; the zero value is
// ready.
type durations struct {
	counts [len(durationBounds) + 1]atomic.Int64
	sum    atomic.Int64 // nanoseconds
}

func (d *durations) observe(took time.Duration) {
	i, _ := slices.BinarySearch(durationBounds[:], took.Seconds())
	d.counts[i].Add(1)
	d.sum.Add(int64(took))
}

// histogram returns the counts, in seconds. A command that ends at this moment
// may be in its bucket and not yet in the sum.
func (d *durations) histogram() targets.Histogram {
	h := targets.Histogram{Bounds: slices.Clone(durationBounds[:]), Counts: make([]int64, len(d.counts))}
	h.Sum = time.Duration(d.sum.Load()).Seconds()
	for i := range d.counts {
		h.Counts[i] = d.counts[i].Load()
	}
	return h
}
