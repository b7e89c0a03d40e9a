package cdn

import "sync"

// suspicion is whether the origin is thought to hang: to accept questions and
// answer none. It begins when a question got no answer in time and nothing was
// heard since it was asked, and ends with the next answer, of whatever kind: a
// refused connection and a status 503 are quick, so they are no hanging. It is
// safe for concurrent use; the zero value trusts the origin.
//
// While it lasts, a request that may be answered stale does not wait. One of
// them at a time is a probe: it asks the origin in the background.
type suspicion struct {
	mu      sync.Mutex
	heard   int64 // answers so far
	hanging bool
	probing bool
}

// asked is to be called before a question; what it returns goes to silent.
func (s *suspicion) asked() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.heard
}

// answered ends the suspicion.
func (s *suspicion) answered() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard++
	s.hanging = false
}

// silent says that a question got no answer in time.
func (s *suspicion) silent(asked int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.heard == asked {
		s.hanging = true
	}
}

// advice is what a request does that may be answered stale.
type advice int

const (
	adviceAsk   advice = iota // wait for the origin
	adviceProbe               // answer stale, and ask the origin behind it
	adviceSpare               // answer stale
)

// advise returns adviceProbe to one request at a time, until endProbe.
func (s *suspicion) advise() advice {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !s.hanging:
		return adviceAsk
	case s.probing:
		return adviceSpare
	}
	s.probing = true
	return adviceProbe
}

func (s *suspicion) endProbe() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.probing = false
}

func (s *suspicion) suspected() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hanging
}
