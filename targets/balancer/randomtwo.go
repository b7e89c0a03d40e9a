package balancer

import "math/rand/v2"

// randomTwo draws two different backends and picks the one with fewer requests
// in flight: the power of two choices (Mitzenmacher 2001). It comes close to
// least-connections without looking at every backend.
type randomTwo struct{ random *rand.Rand }

func newRandomTwo(seed uint64) randomTwo {
	return randomTwo{rand.New(rand.NewPCG(seed, 2))}
}

func (p randomTwo) pick(candidates []*backend, _ string) *backend {
	n := len(candidates)
	i := p.random.IntN(n)
	if n == 1 {
		return candidates[i]
	}
	j := p.random.IntN(n - 1)
	if j >= i { // skip i, so that all pairs are equally likely
		j++
	}
	if candidates[j].active < candidates[i].active {
		return candidates[j]
	}
	return candidates[i]
}
