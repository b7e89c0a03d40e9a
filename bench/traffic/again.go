package traffic

import "fmt"

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

// LogOut drops every user's session; each logs in with its next request.
func (s *Shop) LogOut() {
	for i := range s.sessions {
		s.sessions[i].Store(nil)
	}
}
