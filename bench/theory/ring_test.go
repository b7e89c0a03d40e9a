package theory_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"rung/bench/theory"
)

// Section 4.9, the share of one node.
func TestVectorsOfShares(t *testing.T) {
	for v, want := range map[int]float64{
		1: 0.904534, 10: 0.298511, 1000: 0.029999,
		100: 0.094821, 200: 0.067065, // printed as 0.094822, 0.067066; sqrt(9/1001), sqrt(9/2001)
	} {
		near(t, "relative s.d.", theory.Ring{Nodes: 10, Virtual: v}.Spread(), want, 5e-7)
	}
	near(t, "many nodes", theory.Ring{Nodes: 1 << 24, Virtual: 200}.Spread(), 1/math.Sqrt(200), 1e-8) // 7.1%
	near(t, "5% needs 400", theory.Ring{Nodes: 1 << 24, Virtual: 400}.Spread(), 0.05, 1e-8)
	near(t, "with keys", theory.Ring{Nodes: 10, Virtual: 100}.KeySpread(10_000), math.Sqrt(9.0/1001+9e-4), 1e-12)
	for _, row := range []struct {
		nodes, virtual int
		low, high      float64
	}{{1 << 20, 100, 0.7612, 1.2763}, {10, 100, 0.7710, 1.2590}, {1 << 20, 1000, 0.9204, 1.0833}} {
		low, high := theory.Ring{Nodes: row.nodes, Virtual: row.virtual}.Range(0.99)
		near(t, "99% range from", low, row.low, 5e-5)
		near(t, "99% range to", high, row.high, 5e-5)
	}
}

// Section 4.9, the largest share: the figures were simulated over 40,000
// rings.
func TestVectorsOfLargestShares(t *testing.T) {
	for _, row := range []struct {
		nodes, virtual int
		want, p99      float64
	}{{10, 1, 2.925, 0}, {10, 10, 1.540, 0}, {10, 100, 1.159, 1.315}, {10, 200, 1.112, 0}, {10, 1000, 1.049, 0}, {100, 100, 1.268, 0}} {
		r := theory.Ring{Nodes: row.nodes, Virtual: row.virtual}
		mean, p99, err := r.Simulate(40_000, 1)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "expected largest", r.MaxOverMean(), row.want, 0.005)
		near(t, "simulated largest", mean, row.want, 0.01)
		near(t, "simulated and expected", mean, r.MaxOverMean(), 0.01)
		if row.p99 > 0 {
			near(t, "simulated p99", p99, row.p99, 0.01)
		}
	}
	// One virtual node: the largest of n spacings of a circle is H_n/n.
	near(t, "one virtual node", theory.Ring{Nodes: 10, Virtual: 1}.MaxOverMean(), theory.LongestOf(10), 1e-4)
}

// Section 4.9, one node more.
func TestVectorsOfMovedKeys(t *testing.T) {
	near(t, "ring, percent", theory.MovedByRing(10)*100, 9.09, 5e-3)
	near(t, "modulo, percent", theory.MovedByModulo(10)*100, 90.91, 5e-3)
}

// TestSharesAreThoseOfPoints throws points on a circle, as the formulas say
// they are.
func TestSharesAreThoseOfPoints(t *testing.T) {
	const nodes, virtual, rings = 10, 10, 4000
	random := rand.New(rand.NewPCG(5, 6))
	largest, square, below := 0.0, 0.0, 0.0
	type point struct {
		at   float64
		node int
	}
	for range rings {
		points := make([]point, nodes*virtual)
		for i := range points {
			points[i] = point{random.Float64(), i % nodes}
		}
		slices.SortFunc(points, func(a, b point) int {
			if a.at < b.at {
				return -1
			}
			return 1
		})
		shares := make([]float64, nodes)
		before := points[len(points)-1].at - 1
		for _, p := range points {
			shares[p.node] += (p.at - before) * nodes
			before = p.at
		}
		for _, s := range shares {
			square += (s - 1) * (s - 1) / (nodes * rings)
			if s <= 0.8 {
				below += 1.0 / (nodes * rings)
			}
		}
		largest += slices.Max(shares) / rings
	}
	r := theory.Ring{Nodes: nodes, Virtual: virtual}
	near(t, "relative s.d.", math.Sqrt(square), r.Spread(), 0.02*r.Spread())
	near(t, "largest", largest, r.MaxOverMean(), 0.02)
	near(t, "P(share below 0.8)", below, r.Share(0.8), 0.01)
}

func TestRingsOutsideTheirRange(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, r := range []theory.Ring{{}, {Nodes: 1}, {Virtual: 1}, {Nodes: -1, Virtual: 3}, {Nodes: 1 << 40, Virtual: 1}} {
		low, high := r.Range(0.99)
		for _, v := range []float64{r.Spread(), r.KeySpread(10), r.MaxOverMean(), low, high} {
			near(t, "ratio", v, inf, 0)
		}
		near(t, "share", r.Share(1), 1, 0)
		if _, _, err := r.Simulate(10, 1); err == nil || r.Outside() == "" {
			t.Errorf("%+v holds", r)
		}
	}
	r := theory.Ring{Nodes: 3, Virtual: 2}
	for _, coverage := range []float64{0, 1, nan} {
		low, high := r.Range(coverage)
		near(t, "range", low, inf, 0)
		near(t, "range", high, inf, 0)
	}
	for _, rings := range []int{0, -1, 1 << 40} {
		if _, _, err := r.Simulate(rings, 1); err == nil {
			t.Errorf("%d rings are simulated", rings)
		}
	}
	near(t, "no keys", r.KeySpread(0), inf, 0)
	near(t, "share of no number", r.Share(nan), 1, 0)
	near(t, "no share", r.Share(0), 0, 0)
	near(t, "all", r.Share(3), 1, 0)
	one := theory.Ring{Nodes: 1, Virtual: 8}
	near(t, "one node's spread", one.Spread(), 0, 0)
	near(t, "one node's largest", one.MaxOverMean(), 1, 1e-4)
	near(t, "one node has all", one.Share(0.99), 0, 0)
	low, high := one.Range(0.9)
	near(t, "one node's range", low, 1, 1e-9)
	near(t, "one node's range", high, 1, 1e-9)
	near(t, "none to add to", theory.MovedByRing(0), 1, 0)
	near(t, "none to add to", theory.MovedByModulo(0), 1, 0)
	a, _, _ := r.Simulate(100, 7)
	b, _, _ := r.Simulate(100, 7)
	near(t, "the same seed", a, b, 0)
}
