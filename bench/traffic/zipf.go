package traffic

import (
	"math"
	"sort"
)

// zipf is the law P(rank k) = k^-s / sum of j^-s, k = 1..n, for any s >= 0.
// (math/rand's Zipf wants s > 1; the exponents of real traffic lie around 1.)
type zipf struct {
	// cumulative[i] is the probability of ranks 0 to i, 0-based. The last
	// is 1.
	cumulative []float64
}

func newZipf(exponent float64, n int) *zipf {
	z := &zipf{cumulative: make([]float64, n)}
	sum := 0.0
	for i := range z.cumulative {
		sum += math.Pow(float64(i+1), -exponent)
		z.cumulative[i] = sum
	}
	for i := range z.cumulative {
		z.cumulative[i] /= sum
	}
	return z
}

// rank inverts the cumulative law exactly, by binary search: u in [0, 1).
func (z *zipf) rank(u float64) int {
	return sort.Search(len(z.cumulative)-1, func(i int) bool { return z.cumulative[i] > u })
}

// probabilities returns the probability of each rank.
func (z *zipf) probabilities() []float64 {
	p := make([]float64, len(z.cumulative))
	last := 0.0
	for i, c := range z.cumulative {
		p[i] = c - last
		last = c
	}
	return p
}
