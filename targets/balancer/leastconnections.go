package balancer

// leastConnections picks the backend with the fewest requests in flight; among
// equals, the one whose last turn is the longest ago.
type leastConnections struct{}

func (leastConnections) pick(candidates []*backend, _ string) *backend {
	best := candidates[0]
	for _, b := range candidates[1:] {
		if b.active < best.active || b.active == best.active && b.turn < best.turn {
			best = b
		}
	}
	return best
}
