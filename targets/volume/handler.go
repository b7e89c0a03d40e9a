package volume

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"

	"rung/targets/machine"
)

const (
	headerEnds  = "Expires-At"
	endsAllowed = "allowed is 1 to 253402300799999, in Unix milliseconds"
	allow       = "GET, HEAD, PUT, DELETE"
)

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var p spent
	if r.Context().Value(excess{}) != nil {
		w.Header().Set("Connection", "close")
		s.refuse(w, &p, "too many clients")
		return
	}
	name, ok := parseName(r.URL.EscapedPath())
	if !ok {
		s.invalid(w, &p, http.StatusBadRequest, "no such name is possible: allowed is "+nameAllowed)
		return
	}
	var err error
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		s.counters.gets.Add(1)
		err = s.get(w, r, &p, name)
	case http.MethodPut:
		s.counters.puts.Add(1)
		err = s.put(w, r, &p, name)
	case http.MethodDelete:
		s.counters.deletes.Add(1)
		err = s.remove(w, r, &p, name)
	default:
		w.Header().Set("Allow", allow)
		s.invalid(w, &p, http.StatusMethodNotAllowed, "allowed is "+allow)
	}
	if err != nil {
		s.fail(w, r, &p, err)
	}
}

// get answers GET and HEAD. What is not there is not charged to the disk: the
// catalog is in memory.
func (s *Server) get(w http.ResponseWriter, r *http.Request, p *spent, name string) error {
	if err := s.cpu(r.Context(), p); err != nil {
		return err
	}
	if !s.disk.has(name) {
		return errNone
	}
	if err := s.fetch(r.Context(), p, name); err != nil {
		return err
	}
	content, ends, err := s.disk.read(name)
	if err != nil {
		return err
	}
	p.seal(w.Header())
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(len(content)))
	if ends != 0 {
		h.Set(headerEnds, strconv.FormatInt(ends, 10))
	}
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(content) // a failed write means that the client has gone
	}
	return nil
}

// put answers PUT. The machine is charged first, so what it refuses is not
// written.
func (s *Server) put(w http.ResponseWriter, r *http.Request, p *spent, name string) error {
	ends, ok := parseEnds(r.Header)
	if !ok {
		s.invalid(w, p, http.StatusBadRequest, headerEnds+" is wrong: "+endsAllowed)
		return nil
	}
	content, err := io.ReadAll(http.MaxBytesReader(w, r.Body, contentBytes))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		s.invalid(w, p, http.StatusRequestEntityTooLarge, "content is over 65536 bytes")
		return nil
	case err != nil:
		s.invalid(w, p, http.StatusBadRequest, "content did not arrive")
		return nil
	}
	if err := s.charge(r.Context(), p); err != nil {
		return err
	}
	created, err := s.disk.write(name, content, ends)
	if err != nil {
		return err
	}
	s.pool.Warm([]string{page(name)}) // what was just written is in memory
	p.seal(w.Header())
	if created {
		w.Header()["Content-Length"] = []string{"0"}
		w.WriteHeader(http.StatusCreated)
		return nil
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// charge takes what a write costs.
func (s *Server) charge(ctx context.Context, p *spent) error {
	if err := s.cpu(ctx, p); err != nil {
		return err
	}
	return s.access(ctx, p)
}

func (s *Server) remove(w http.ResponseWriter, r *http.Request, p *spent, name string) error {
	if err := s.cpu(r.Context(), p); err != nil {
		return err
	}
	if !s.disk.has(name) {
		return errNone
	}
	if err := s.access(r.Context(), p); err != nil {
		return err
	}
	if err := s.disk.remove(name); err != nil {
		return err
	}
	p.seal(w.Header())
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// parseEnds reads when a file ends; 0 is never.
func parseEnds(h http.Header) (ends int64, ok bool) {
	values := h[headerEnds]
	if len(values) == 0 {
		return 0, true
	}
	n, err := strconv.ParseUint(values[0], 10, 63) // takes no sign
	return int64(n), err == nil && len(values) == 1 && n >= 1 && n <= lastEnd
}

// fail answers what could not be done.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, p *spent, err error) {
	switch {
	case errors.Is(err, errNone):
		s.counters.missing.Add(1)
		answer(w, p, http.StatusNotFound, "no such file")
	case errors.Is(err, errConflict):
		s.invalid(w, p, http.StatusConflict, errConflict.Error())
	case errors.Is(err, errFull):
		s.counters.full.Add(1)
		answer(w, p, http.StatusInsufficientStorage, errFull.Error())
	case errors.Is(err, machine.ErrFull):
		s.refuse(w, p, "the volume is busy")
	case r.Context().Err() != nil: // the client has gone, or the server is cut off
		s.refuse(w, p, "the request was given up")
	default:
		s.counters.errored.Add(1)
		s.config.Log.Error("request failed", "method", r.Method, "error", err)
		answer(w, p, http.StatusInternalServerError, "the disk failed")
	}
}

func (s *Server) invalid(w http.ResponseWriter, p *spent, status int, why string) {
	s.counters.invalid.Add(1)
	answer(w, p, status, why)
}

func (s *Server) refuse(w http.ResponseWriter, p *spent, why string) {
	s.counters.refused.Add(1)
	w.Header().Set("Retry-After", "1")
	answer(w, p, http.StatusServiceUnavailable, why)
}

func answer(w http.ResponseWriter, p *spent, status int, why string) {
	p.seal(w.Header())
	http.Error(w, why, status)
}
