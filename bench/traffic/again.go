package traffic

import (
	"fmt"
	"slices"

	"rung/bench"
)

// Again returns the same users for another attack: the same popularity and
// the same sessions, but other draws, and run in the keys of what is written.
func (s *Shop) Again(run string, seed uint64) (*Shop, error) {
	if err := checkRun(run); err != nil {
		return nil, fmt.Errorf("run: %w", err)
	}
	again := *s
	again.run, again.seed = run, seed
	return &again, nil
}

// In returns the same shop with its users spread evenly over regions. Without
// regions, users are in the one place that has no name.
func (s *Shop) In(regions ...string) *Shop {
	spread := *s
	spread.regions = slices.Clone(regions)
	return &spread
}

// Hot returns the same shop in which a share of all requests that pick a user
// is about one user. The zero Hot is nobody.
func (s *Shop) Hot(h bench.Hot) *Shop {
	hot := *s
	hot.hot = h
	return &hot
}

// LogOut drops every user's session; each logs in with its next request.
func (s *Shop) LogOut() {
	for i := range s.sessions {
		s.sessions[i].Store(nil)
	}
}
