package cdn

// Asking is how many questions to the origin are under way.
func (s *Server) Asking() int {
	s.shelf.mu.Lock()
	defer s.shelf.mu.Unlock()
	return len(s.shelf.flights)
}
