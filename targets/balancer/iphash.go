package balancer

import "hash/fnv"

// ipHash maps a client address to a backend by rendezvous hashing (Thaler and
// Ravishankar 1998): each pair of client and backend has a score, the highest
// wins. A backend that leaves moves its own clients and nobody else's; the map
// depends on names only, so it survives restarts.
type ipHash struct{}

func (ipHash) pick(candidates []*backend, client string) *backend {
	best, highest := candidates[0], score(client, candidates[0].name)
	for _, b := range candidates[1:] {
		s := score(client, b.name)
		if s > highest || s == highest && b.name < best.name {
			best, highest = b, s
		}
	}
	return best
}

// score is FNV-1a followed by the 64-bit finalizer of MurmurHash3: FNV alone
// leaves the high bits of similar short names too much alike to compare.
func score(client, name string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(client)) // never fails
	_, _ = h.Write([]byte{0})
	_, _ = h.Write([]byte(name))
	x := h.Sum64()
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}
