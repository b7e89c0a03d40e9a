package estimate_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"rung/bench/estimate"
)

// Published and computed vectors: the beta law, and 40 000 simulated rings.
func TestSpreadOfShards(t *testing.T) {
	for _, row := range []struct {
		n, virtual int
		sd, most   float64 // relative to the mean
	}{
		{10, 1, 0.904534, 2.925}, {10, 10, 0.298511, 1.540}, {10, 100, 0.094822, 1.159}, {10, 200, 0.067066, 1.112}, {10, 1000, 0.029999, 1.049},
		{100, 100, 0.099494, 1.268}, {1, 100, 0, 1},
	} {
		what := fmt.Sprintf("%d shards, %d virtual nodes", row.n, row.virtual)
		near(t, what+", sd", estimate.ShardSpread(row.n, row.virtual), row.sd, 2e-6)
		near(t, what+", largest/mean", estimate.MaxShare(row.n, row.virtual)*float64(row.n), row.most, 0.005)
	}
	// With one virtual node arcs are exponential: the largest of n is H(n)/n.
	harmonic := 0.0
	for i := range 7 {
		harmonic += 1 / float64(i+1)
	}
	near(t, "largest of 7 arcs", estimate.MaxShare(7, 1), harmonic/7, 1e-5)
	if estimate.ShardSpread(0, 1) != 0 || estimate.ShardSpread(3, 0) != 0 || estimate.MaxShare(0, 1) != 0 || estimate.MaxShare(3, 0) != 0 {
		t.Error("no shards and no points have a spread")
	}
}

// Rings of random points.
func TestSpreadAgainstRings(t *testing.T) {
	const rings = 4000
	for _, row := range []struct{ n, virtual int }{{4, 1}, {4, 10}, {5, 50}, {9, 20}} {
		dice := rand.New(rand.NewPCG(2, 8))
		squares, largest := 0.0, 0.0
		for range rings {
			shares := arcsOf(dice, row.n, row.virtual)
			for _, s := range shares {
				off := s*float64(row.n) - 1
				squares += off * off
			}
			largest += slices.Max(shares) / rings
		}
		what := fmt.Sprintf("%d shards, %d virtual nodes", row.n, row.virtual)
		sd := math.Sqrt(squares / float64(rings*row.n))
		near(t, what+", sd", estimate.ShardSpread(row.n, row.virtual)/sd, 1, 0.03)
		near(t, what+", largest", estimate.MaxShare(row.n, row.virtual)/largest, 1, 0.02)
	}
}

// arcsOf is the share of each shard on a ring of random points.
func arcsOf(dice *rand.Rand, n, virtual int) []float64 {
	type point struct {
		at    float64
		shard int
	}
	var points []point
	for i := range n * virtual {
		points = append(points, point{dice.Float64(), i % n})
	}
	slices.SortFunc(points, func(a, b point) int {
		if a.at < b.at {
			return -1
		}
		return 1
	})
	shares := make([]float64, n)
	last := points[len(points)-1].at - 1
	for _, p := range points {
		shares[p.shard] += p.at - last
		last = p.at
	}
	return shares
}
