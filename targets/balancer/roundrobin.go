package balancer

// roundRobin picks the backend whose last turn is the longest ago. For a fixed
// set that is the plain rotation, exactly even; unlike a counter modulo n it
// stays even when backends come and go.
type roundRobin struct{}

func (roundRobin) pick(candidates []*backend, _ string) *backend {
	best := candidates[0]
	for _, b := range candidates[1:] {
		if b.turn < best.turn {
			best = b
		}
	}
	return best
}
