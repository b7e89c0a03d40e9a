package theory

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Ring is consistent hashing with virtual nodes: n nodes with V uniform points
// each, and a key belongs to the next point. The share of a node is
// Beta(V, (n-1) V), and all shares together are a Dirichlet law. Hot keys are
// outside the model. Where Outside is not empty, ratios are +Inf.
type Ring struct {
	// Nodes, at least 1.
	Nodes int
	// Virtual nodes of each, at least 1.
	Virtual int
}

// Assumes says what the model takes for granted.
func (Ring) Assumes() string {
	return "a hash that spreads points and keys uniformly, as many points for each node, and no hot keys"
}

// Outside says which number makes no sense; empty when both do.
func (r Ring) Outside() string {
	if r.Nodes < 1 || r.Virtual < 1 || float64(r.Nodes)*float64(r.Virtual) > largest {
		return fmt.Sprintf("%d nodes with %d virtual nodes each: there must be at least one of both, and %.0e points at most", r.Nodes, r.Virtual, largest)
	}
	return ""
}

// Spread is the standard deviation of a node's share over its mean:
// sqrt((n-1)/(nV+1)), 1/sqrt(V) for many nodes.
func (r Ring) Spread() float64 {
	if r.Outside() != "" {
		return math.Inf(1)
	}
	return math.Sqrt(float64(r.Nodes-1) / (float64(r.Nodes)*float64(r.Virtual) + 1))
}

// KeySpread is Spread of the number of keys, when there are so many that are
// asked for alike: (n-1)/keys more variance. It is +Inf without keys.
func (r Ring) KeySpread(keys int) float64 {
	if keys < 1 {
		return math.Inf(1)
	}
	s := r.Spread()
	return math.Sqrt(s*s + float64(r.Nodes-1)/float64(keys))
}

// Share is the probability that a node's share is at most ratio times its
// mean; 1 where Outside is not empty.
func (r Ring) Share(ratio float64) float64 {
	n, v := float64(r.Nodes), float64(r.Virtual)
	switch {
	case r.Outside() != "" || math.IsNaN(ratio) || ratio >= n:
		return 1
	case ratio <= 0 || r.Nodes == 1:
		return 0 // one node has all, which is its mean
	}
	return Beta(ratio/n, v, (n-1)*v)
}

// Range is between which ratios of its mean a node's share lies with that
// probability, as much below as above. Both are +Inf unless the probability
// is in (0, 1).
func (r Ring) Range(coverage float64) (low, high float64) {
	if r.Outside() != "" || !(coverage > 0 && coverage < 1) {
		return math.Inf(1), math.Inf(1)
	}
	at := func(q float64) float64 {
		return quantileOf(func(ratio float64) float64 { return 1 - r.Share(ratio) }, q, 1)
	}
	return at((1 - coverage) / 2), at((1 + coverage) / 2)
}

// MaxOverMean is the expected share of the largest node over the mean. Shares
// are n gamma variables of shape V divided by their sum, and do not depend on
// the sum: it is the expected largest of n Gamma(V) over V, here the integral
// of P(some variable is above x) by 4,000 midpoints, to about 1e-5.
func (r Ring) MaxOverMean() float64 {
	if r.Outside() != "" {
		return math.Inf(1)
	}
	shape, count := float64(r.Virtual), float64(r.Nodes)
	// 1 up to where no variable ever is, and gone 12 deviations and 40 above.
	start := max(0, shape-12*math.Sqrt(shape))
	const steps = 4000
	h := (shape + 12*math.Sqrt(shape) + 40 - start) / steps
	total := start
	for i := range steps {
		above := UpperGamma(shape, start+(float64(i)+0.5)*h)
		total += -math.Expm1(count*math.Log1p(-min(above, 1))) * h
	}
	return total / shape
}

// mostDraws bounds a simulation: rings times nodes.
const mostDraws = 50_000_000

// Simulate draws so many rings and returns the mean and the 99th percentile of
// the largest share over the mean. Gamma variables of shape V (Marsaglia and
// Tsang, ACM TOMS 26(3), 2000) divided by their sum have the law of the
// shares, so that no points are needed. It is an error where Outside is not
// empty, without rings, and above 50 million shares.
func (r Ring) Simulate(rings int, seed uint64) (mean, p99 float64, err error) {
	if why := r.Outside(); why != "" {
		return 0, 0, fmt.Errorf("simulate rings: %s", why)
	}
	if rings < 1 || rings > mostDraws/r.Nodes {
		return 0, 0, fmt.Errorf("simulate %d rings of %d nodes: there must be some, with at most %d nodes in all", rings, r.Nodes, mostDraws)
	}
	random := rand.New(rand.NewPCG(seed, 0x72696e67))
	worst := make([]float64, rings)
	for i := range worst {
		sum, most := 0.0, 0.0
		for range r.Nodes {
			g := gamma(random, float64(r.Virtual))
			sum += g
			most = max(most, g)
		}
		worst[i] = most * float64(r.Nodes) / sum
		mean += worst[i] / float64(rings)
	}
	slices.Sort(worst)
	return mean, worst[(rings*99+99)/100-1], nil
}

// gamma draws from a gamma law of shape 1 or more and scale 1. Nineteen of
// twenty tries are taken, so that the bound on them is never met.
func gamma(random *rand.Rand, shape float64) float64 {
	d := shape - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for range 1000 {
		x := random.NormFloat64()
		v := 1 + c*x
		if v <= 0 {
			continue
		}
		v = v * v * v
		if math.Log(1-random.Float64()) < x*x/2+d-d*v+d*math.Log(v) {
			return d * v
		}
	}
	return d
}

// MovedByRing is the share of the keys that move when one node is added to n
// on a ring, 1/(n+1); 1 for an n below 1.
func MovedByRing(n int) float64 {
	if n < 1 {
		return 1
	}
	return 1 / float64(n+1)
}

// MovedByModulo is the share that moves when keys belong to hash modulo n and n
// becomes n+1: n/(n+1); 1 for an n below 1.
func MovedByModulo(n int) float64 {
	if n < 1 {
		return 1
	}
	return float64(n) / float64(n+1)
}
