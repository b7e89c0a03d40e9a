package database

import (
	"math"
	"slices"
	"sync"
	"time"

	"rung/targets"
	"rung/targets/replication"
)

// lagMeter counts how far behind the primary writes were applied here. It is
// safe for concurrent use.
type lagMeter struct {
	mu         *sync.Mutex
	time       *targets.Histogram // nanoseconds
	operations *targets.Histogram
}

// The time's buckets are at most 15% wide: quantiles are read from them.
func newLagMeter() lagMeter {
	return lagMeter{mu: &sync.Mutex{}, time: buckets(preferred(100e3, 100e9)), operations: buckets(wholes(20, 10_000))}
}

// renard are the preferred numbers of series R20 (ISO 3), 20 to a decade. 1, 2
// and 5 are among them.
var renard = [...]float64{1, 1.12, 1.25, 1.4, 1.6, 1.8, 2, 2.24, 2.5, 2.8, 3.15, 3.55, 4, 4.5, 5, 5.6, 6.3, 7.1, 8, 9}

// preferred are the preferred numbers from low, a power of ten, to high.
func preferred(low, high float64) []float64 {
	var out []float64
	for decade := low; decade <= high; decade *= 10 {
		for _, f := range renard {
			if b := f * decade; b <= high {
				out = append(out, b)
			}
		}
	}
	return out
}

// wholes are the whole numbers from 0 to each, and then the preferred ones
// without a fraction to high.
func wholes(each, high float64) []float64 {
	var out []float64
	for n := 0.0; n <= each; n++ {
		out = append(out, n)
	}
	for _, b := range preferred(10, high) {
		if b > each && b == math.Trunc(b) {
			out = append(out, b)
		}
	}
	return out
}

func buckets(bounds []float64) *targets.Histogram {
	return &targets.Histogram{Bounds: bounds, Counts: make([]int64, len(bounds)+1)}
}

func count(h *targets.Histogram, v float64) {
	i, _ := slices.BinarySearch(h.Bounds, v)
	h.Counts[i]++
	h.Sum += v
}

// note counts entries that have just been applied. Barriers are no writes.
func (l lagMeter) note(now time.Time, entries []replication.Entry, g *replication.Group) {
	end := uint64(0)
	if g != nil { // not yet when a member applies while it starts
		end = g.Status().PrimaryLast.Index
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range entries {
		if len(e.Operation) == 0 {
			continue
		}
		count(l.time, float64(max(now.Sub(e.At), 0)))
		behind := 0.0
		if end > e.Index {
			behind = float64(end - e.Index)
		}
		count(l.operations, behind)
	}
}

func (l lagMeter) histograms() map[string]targets.Histogram {
	l.mu.Lock()
	defer l.mu.Unlock()
	copied := func(h *targets.Histogram) targets.Histogram {
		return targets.Histogram{Bounds: h.Bounds, Counts: append([]int64(nil), h.Counts...), Sum: h.Sum}
	}
	return map[string]targets.Histogram{"replication_lag_ns": copied(l.time), "replication_lag_operations": copied(l.operations)}
}
