package monitor

import (
	"bufio"
	"context"
	"errors"
	"net/http"
	"strconv"
)

var errBusy = errors.New("too many searches at once")

// look is one search. Lines come in meanwhile as ever: the lock is held only
// to copy the list of segments.
func (s *Server) look(ctx context.Context, f Filter) (found, error) {
	s.searched.Add(1)
	select {
	case s.looking <- struct{}{}:
		defer func() { <-s.looking }()
	default:
		s.refusedSearch.Add(1)
		return found{}, errBusy
	}
	s.mu.Lock()
	work := newScan(s.journal, f)
	s.mu.Unlock()
	return work.run(ctx)
}

// search answers GET /logs: the lines as they were sent, one to a line.
// X-Matched is how many there are, beyond the limit too; X-Truncated: true
// says that not all within the limit are there, because an answer is at most
// 16 MiB.
func (s *Server) search(w http.ResponseWriter, r *http.Request) {
	f, err := ParseFilter(r.URL.Query(), s.config.Now())
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	answer, err := s.look(r.Context(), f)
	if err != nil {
		unavailable(w, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/x-ndjson")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Matched", strconv.Itoa(answer.matched))
	if answer.cut {
		h.Set("X-Truncated", "true")
	}
	out := bufio.NewWriter(w)
	for _, text := range answer.lines {
		out.Write(text) // a failed write means that the client has gone
		out.WriteByte('\n')
	}
	_ = out.Flush()
}

// unavailable answers a search that was not done: there are too many, or the
// client has gone or the server ends.
func unavailable(w http.ResponseWriter, err error) {
	w.Header().Set("Retry-After", "1")
	http.Error(w, err.Error(), http.StatusServiceUnavailable)
}
