package simulate

import (
	"math"
	"math/bits"
)

// histogram counts times in nanoseconds in buckets whose width is at most
// 1/512 of the value; below 1024 ns it is exact. It grows with the largest value,
// to at most some 28,000 counters.
type histogram struct {
	counts []uint64
	total  uint64
	sum    float64
	most   int64
}

const fine = 9 // bits

func bucket(v int64) int {
	if v < 1<<(fine+1) {
		return int(v)
	}
	shift := bits.Len64(uint64(v)) - fine - 1
	return shift<<fine + int(v>>shift)
}

// bounds of a bucket: low <= v < high.
func bounds(i int) (low, high int64) {
	if i < 1<<(fine+1) {
		return int64(i), int64(i) + 1
	}
	shift := i>>fine - 1
	low = int64(i-shift<<fine) << shift
	return low, low + 1<<shift
}

func (h *histogram) add(v int64) {
	v = max(v, 0)
	i := bucket(v)
	if i >= len(h.counts) {
		grown := make([]uint64, i+i/4+64)
		copy(grown, h.counts)
		h.counts = grown
	}
	h.counts[i]++
	h.total++
	h.sum += float64(v)
	h.most = max(h.most, v)
}

func (h *histogram) merge(g *histogram) {
	if len(g.counts) > len(h.counts) {
		grown := make([]uint64, len(g.counts))
		copy(grown, h.counts)
		h.counts = grown
	}
	for i, n := range g.counts {
		h.counts[i] += n
	}
	h.total += g.total
	h.sum += g.sum
	h.most = max(h.most, g.most)
}

func (h *histogram) mean() float64 {
	if h.total == 0 {
		return math.NaN()
	}
	return h.sum / float64(h.total)
}

// quantile is the value of rank ceil(q n), to within a bucket; NaN when there
// is none.
func (h *histogram) quantile(q float64) float64 {
	if h.total == 0 || math.IsNaN(q) {
		return math.NaN()
	}
	rank := uint64(max(1, min(float64(h.total), math.Ceil(q*float64(h.total)))))
	seen := uint64(0)
	for i, n := range h.counts {
		if seen += n; seen >= rank {
			low, high := bounds(i)
			if high-low == 1 {
				return float64(low)
			}
			middle := float64(low) + float64(high-low)/2
			return min(middle, float64(h.most))
		}
	}
	return float64(h.most)
}

// beyond counts values above a limit, those in its own bucket included.
func (h *histogram) beyond(limit int64) uint64 {
	n := uint64(0)
	for i := len(h.counts) - 1; i > bucket(limit); i-- {
		n += h.counts[i]
	}
	return n
}
