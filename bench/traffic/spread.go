package traffic

import "math/bits"

// rounds of a Feistel network from which on it is a pseudo-random
// permutation (Luby and Rackoff 1988).
const rounds = 4

// spread is a seeded bijection of [0, n) onto itself that needs no table: a
// Feistel network over the next even power of two, walked until it comes back
// into range (cycle walking, Black and Rogaway 2002; under four steps on
// average). It gives popular ranks user ids that lie anywhere, as ids in the
// order of sign-up do, so that popular users share pages or shards only by
// chance.
type spread struct {
	n    uint64
	half uint // bits of each half
	keys [rounds]uint64
}

func newSpread(n int, seed uint64) spread {
	s := spread{n: uint64(n), half: uint(bits.Len64(uint64(n-1))+1) / 2}
	for i := range s.keys {
		s.keys[i] = draw(seed, uint64(i), streamSpread)
	}
	return s
}

// of returns the image of x, which is below n.
func (s *spread) of(x uint64) uint64 {
	for {
		x = s.permute(x)
		// It ends: the walk is a cycle of the permutation and x is on it.
		if x < s.n {
			return x
		}
	}
}

func (s *spread) permute(x uint64) uint64 {
	mask := uint64(1)<<s.half - 1
	left, right := x>>s.half, x&mask
	for _, key := range s.keys {
		left, right = right, left^mix(right^key)&mask
	}
	return left<<s.half | right
}
