package record

import (
	"math"
	"math/bits"
	"time"

	"rung/bench"
)

const (
	// beyondLeast is how many samples must lie beyond a quantile for it to
	// be named.
	beyondLeast = 10
	// curvePoints bounds a percentile curve.
	curvePoints = 100
	// ticksMost is the most points per halving of the distance to 1.
	ticksMost = 5
)

// percentile converts a quantile, 0 to 1, to the histogram library's 0 to 100.
// This and quantile are the only place where that is done.
func percentile(quantile float64) float64 { return quantile * 100 }

// quantile is the inverse of percentile.
func quantile(percentile float64) float64 { return percentile / 100 }

// rank is the 1-based number, by size, of the sample at quantile q of n: the
// smallest that at least q of all samples do not exceed. The epsilon undoes
// the rounding of products such as 0.999 x 10000.
func rank(q float64, n uint64) uint64 {
	r := math.Ceil((q - 1e-12) * float64(n))
	return uint64(min(max(r, 1), float64(n)))
}

// at returns the value at quantile q of a histogram that is not empty, to
// three digits and never outside the exact extremes.
func (h *histogram) at(q float64) time.Duration {
	n := h.count()
	// The library rounds to the nearest rank; a whole rank stays as it is.
	exact := float64(rank(q, n)) / float64(n)
	value := time.Duration(h.hdr.ValueAtPercentile(percentile(exact)))
	return min(max(value, h.min), h.max)
}

// named returns the value at q, or nil if fewer than ten samples lie beyond.
func (h *histogram) named(q float64) *time.Duration {
	n := h.count()
	if n == 0 || n-rank(q, n) < beyondLeast {
		return nil
	}
	value := h.at(q)
	return &value
}

// distribution sums a histogram up.
func (h *histogram) distribution() bench.Distribution {
	n := h.count()
	if n == 0 {
		return bench.Distribution{}
	}
	return bench.Distribution{
		Count: n, Min: h.min, Mean: h.sum / time.Duration(n), Max: h.max,
		P50: h.named(0.5), P90: h.named(0.9), P95: h.named(0.95), P99: h.named(0.99), P999: h.named(0.999),
		Curve: h.curve(),
	}
}

// curve returns points whose quantiles halve their distance to 1, a few to
// each halving, and the maximum as the last.
func (h *histogram) curve() []bench.Point {
	n := h.count()
	// Halvings until less than one sample is beyond.
	halvings := bits.Len64(n)
	ticks := min(max(curvePoints/(halvings+2), 1), ticksMost)
	brackets := h.hdr.CumulativeDistributionWithTicks(int32(ticks))
	points := make([]bench.Point, 0, len(brackets))
	for _, b := range brackets {
		value := min(max(time.Duration(b.ValueAt), h.min), h.max)
		beyond := n - uint64(b.Count)
		if len(points) > 0 && beyond == 0 && points[len(points)-1].Beyond == 0 {
			points = points[:len(points)-1] // the maximum is said once, at 1
		}
		points = append(points, bench.Point{Quantile: quantile(b.Quantile), Value: value, Beyond: beyond})
	}
	last := &points[len(points)-1]
	last.Quantile, last.Value, last.Beyond = 1, h.max, 0
	return points
}
