package worker

import (
	"slices"
	"sync/atomic"
	"time"

	"rung/targets"
)

// bounds of the buckets in seconds: a job takes about 0.2 s, and may have waited
// in the queue for minutes.
var bounds = []float64{0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500}

// histogram counts durations. It is safe for concurrent use.
type histogram struct {
	counts []atomic.Int64
	sum    atomic.Int64 // nanoseconds
}

func newHistogram() *histogram { return &histogram{counts: make([]atomic.Int64, len(bounds)+1)} }

func (h *histogram) add(d time.Duration) {
	i, _ := slices.BinarySearch(bounds, d.Seconds())
	h.counts[i].Add(1)
	h.sum.Add(int64(d))
}

// read returns the counts so far. One that is added meanwhile may be in the
// sum and not in the counts, or the other way round.
func (h *histogram) read() targets.Histogram {
	out := targets.Histogram{Bounds: slices.Clone(bounds), Counts: make([]int64, len(h.counts)), Sum: time.Duration(h.sum.Load()).Seconds()}
	for i := range h.counts {
		out.Counts[i] = h.counts[i].Load()
	}
	return out
}
