package database

import (
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

func newLagMeter() lagMeter {
	return lagMeter{mu: &sync.Mutex{}, time: steps(10_000, 100e9), operations: steps(1, 10_000)}
}

// steps is a histogram whose bounds go by 1, 2, 5 from low to high.
func steps(low, high float64) *targets.Histogram {
	h := &targets.Histogram{}
	for decade := low; decade <= high; decade *= 10 {
		for _, f := range []float64{1, 2, 5} {
			if b := f * decade; b <= high {
				h.Bounds = append(h.Bounds, b)
			}
		}
	}
	h.Counts = make([]int64, len(h.Bounds)+1)
	return h
}

func count(h *targets.Histogram, v float64) {
	i := 0
	for i < len(h.Bounds) && v > h.Bounds[i] {
		i++
	}
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
