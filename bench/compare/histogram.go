package compare

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// The statistics of response times, in the order of their logarithms.
const (
	statMean = iota
	statP50
	statP90
	statP99
	latencyStats
)

// resolution is the standard deviation of the logarithm of what a histogram
// of three digits rounds away: a bucket is at most 0.1% wide.
const resolution = 0.001 / 3.4641016151377544 // of a uniform law

// histogram is the response times of a measurement by window, sparse.
type histogram struct {
	each time.Duration
	// to and mid are the upper end and the middle of every bucket.
	to, mid []float64
	// cells of window i are cells[first[i]:first[i+1]].
	first []int
	cells []cell
	sums  []float64 // by bucket, between calls of measure
}

type cell struct {
	bucket int32
	count  float64
}

// bucket is what a histogram's buckets are told apart by.
type bucket struct{ from, to time.Duration }

func newHistogram(windows []Window) *histogram {
	h := &histogram{first: make([]int, 1, len(windows)+1)}
	if len(windows) > 0 {
		h.each = windows[0].Length
	}
	seen := map[bucket]int32{}
	for _, w := range windows {
		for _, b := range w.Bins {
			seen[bucket{b.From, b.To}] = 0
		}
	}
	order := make([]bucket, 0, len(seen))
	for b := range seen {
		order = append(order, b)
	}
	slices.SortFunc(order, func(a, b bucket) int {
		return cmp.Or(cmp.Compare(a.to, b.to), cmp.Compare(a.from, b.from))
	})
	for i, b := range order {
		seen[b] = int32(i)
		h.to = append(h.to, max(float64(b.to), 1)) // no logarithm of zero
		h.mid = append(h.mid, max(float64(b.from)/2+float64(b.to)/2, 1))
	}
	for _, w := range windows {
		for _, b := range w.Bins {
			h.cells = append(h.cells, cell{seen[bucket{b.From, b.To}], float64(b.Count)})
		}
		h.first = append(h.first, len(h.cells))
	}
	h.sums = make([]float64, len(h.to))
	return h
}

func (h *histogram) windows() int          { return len(h.first) - 1 }
func (h *histogram) length() time.Duration { return h.each }

// measure takes mean and quantiles of the windows' sum, as a measurement
// does: the value of rank ceil(q n). Nothing drawn gives NaN.
func (h *histogram) measure(weights []int, out []float64) {
	clear(h.sums)
	for i, w := range weights {
		if w == 0 {
			continue
		}
		for _, c := range h.cells[h.first[i]:h.first[i+1]] {
			h.sums[c.bucket] += float64(w) * c.count
		}
	}
	count, total := 0.0, 0.0
	for i, n := range h.sums {
		count += n
		total += n * h.mid[i]
	}
	out[statMean], out[statP50], out[statP90], out[statP99] = math.NaN(), math.NaN(), math.NaN(), math.NaN()
	if count == 0 {
		return
	}
	out[statMean] = math.Log(total / count)
	below, at := 0.0, 0
	for _, want := range [...]struct {
		stat int
		q    float64
	}{{statP50, 0.5}, {statP90, 0.9}, {statP99, 0.99}} {
		rank := max(math.Ceil((want.q-1e-12)*count), 1)
		for below+h.sums[at] < rank {
			below += h.sums[at]
			at++
		}
		out[want.stat] = math.Log(h.to[at])
	}
}
