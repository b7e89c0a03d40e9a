package estimate

import "math"

// ShardSpread is the standard deviation of a shard's share of a ring, as a
// ratio of the mean, when each of n shards has as many virtual nodes: the
// share is Beta(V, (n-1)V), so that it is sqrt((n-1)/(nV+1)). Whole users add
// the scatter of a binomial law, (n-1)/users to its square. It is 0 unless
// both are at least 1.
func ShardSpread(n, virtual int) float64 {
	if n < 1 || virtual < 1 {
		return 0
	}
	return math.Sqrt(float64(n-1) / (float64(n)*float64(virtual) + 1))
}

// MaxShare is the expected share of the largest of n shards on a ring, 1/n to
// 1, when each has as many virtual nodes. Shares are a Dirichlet law, which is
// that of n gamma variables divided by their sum, and does not depend on the
// sum: the largest share is the expected largest of n Gamma(V) variables over
// the expected sum, nV. It is 0 unless both are at least 1.
func MaxShare(n, virtual int) float64 {
	if n < 1 || virtual < 1 {
		return 0
	}
	shape, count := float64(virtual), float64(n)
	// The expectation is the integral of P(some variable is above x): 1 up to
	// where none is ever, and gone 12 deviations and 40 above the mean.
	end := shape + 12*math.Sqrt(shape) + 40
	const steps = 4000
	h, total := end/steps, 0.0
	for i := range steps {
		above := upperGamma(shape, (float64(i)+0.5)*h)
		total += -math.Expm1(count*math.Log1p(-min(above, 1))) * h
	}
	return total / (shape * count)
}
