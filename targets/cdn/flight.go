package cdn

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"rung/targets/trace"
)

const (
	// largestBody bounds what passes in either direction.
	largestBody = 64 << 20
	copyBytes   = 64 << 10
)

var (
	errTimeout  = errors.New("origin did not answer in time")
	errOrigin   = errors.New("origin cannot be reached")
	errTooLarge = errors.New("body is larger than 64 MiB")
)

// flight is one question to the origin and the requests that wait for it.
type flight struct {
	key, name string
	stale     *entry // to be validated; nil if there is nothing
	asked     int64  // of the suspicion, when the origin was asked

	// fenced says that a purge came; guarded by the shelf.
	fenced bool

	// headed is closed when the fields below it are set.
	headed  chan struct{}
	answer  exchange
	status  int            // of the origin's answer, 0 without one
	timing  []string       // the origin's Server-Timing
	entry   *entry         // to be kept; its body is on the tape if that is set
	vary    []string       // of the entry
	variant string         // of the request that was asked
	tape    *tape          // the body that arrives
	passing *http.Response // not to be kept: the leader's alone
	err     error

	// done is closed when the entry has its body (then whole is set) or never
	// will.
	done  chan struct{}
	whole bool
	// left is closed when the leader's request is over.
	left chan struct{}
}

func newFlight(key, name string, stale *entry) *flight {
	return &flight{key: key, name: name, stale: stale,
		headed: make(chan struct{}), done: make(chan struct{}), left: make(chan struct{})}
}

// failed says that the origin gave no good answer.
func (f *flight) failed() bool { return f.err != nil || failure(f.status) }

// failure are the statuses that RFC 5861 counts as errors.
func failure(status int) bool {
	switch status {
	case http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// fly asks the origin and publishes what it says. It runs on its own, so that
// a client who leaves does not break the answer off for the others.
func (s *Server) fly(f *flight, r *http.Request, ask control) {
	defer s.shelf.running.Done()
	ctx, cancel := context.WithCancelCause(s.life)
	if c, ok := trace.Of(r.Context()); ok {
		ctx = trace.With(ctx, c)
	}
	defer cancel(nil)
	watch := time.AfterFunc(s.spec.Timeout, func() { cancel(errTimeout) })
	defer watch.Stop()

	f.asked = s.suspicion.asked()
	res, err := s.question(ctx, f, r)
	if err != nil {
		s.counters.originFailures.Add(1)
		f.err = originError(ctx, err)
		s.heard(f, f.err)
		s.shelf.land(f, nil, nil)
		close(f.headed)
		close(f.done)
		return
	}
	defer res.Body.Close()
	res.Body = &patientBody{ReadCloser: res.Body, ctx: ctx, watch: watch, timeout: s.spec.Timeout}
	f.status, f.timing = res.StatusCode, res.Header["Server-Timing"]
	delete(res.Header, "Server-Timing")
	if failure(f.status) {
		s.counters.originFailures.Add(1)
	}
	if f.status == http.StatusNotModified && f.stale != nil {
		s.heard(f, nil)
		s.sign(res.Header)
		s.renew(f, res)
		return
	}
	f.vary = varyNames(res.Header)
	f.variant = variantOf(f.vary, r.Header)
	if !storable(f.status, res.Header, ask, f.answer) || res.ContentLength > largestBody {
		s.pass(f, res, watch)
		return
	}
	f.entry = newEntry(f.key, f.variant, f.status, res.Header.Clone(), f.answer, s.defaults())
	s.sign(f.entry.header)
	limit := min(s.spec.Bytes/4-f.entry.frame(), largestBody)
	switch size := res.ContentLength; {
	case size > limit:
		s.pass(f, res, watch)
	case size >= 0:
		s.stream(f, res.Body, int(size))
	default:
		s.collect(f, res, limit, watch)
	}
}

// heard tells the suspicion how a question ended: in time or not. When the edge
// itself broke it off, that says nothing of the origin.
func (s *Server) heard(f *flight, err error) {
	switch {
	case err != nil && s.life.Err() != nil:
	case errors.Is(err, errTimeout):
		s.suspicion.silent(f.asked)
	default:
		s.suspicion.answered()
	}
}

func (s *Server) defaults() defaults {
	return defaults{ttl: s.spec.TTL, staleIfError: s.spec.StaleIfError}
}

// renew publishes the stale entry as it is after a 304.
func (s *Server) renew(f *flight, res *http.Response) {
	s.counters.revalidations.Add(1)
	f.entry = f.stale.refresh(res.Header, f.answer, s.defaults())
	f.variant, f.vary = f.entry.variant, varyNames(f.entry.header)
	keep := f.entry
	if parse := parseControl(keep.header["Cache-Control"]); parse.noStore || parse.private {
		keep = nil
	}
	s.land(f, keep)
	f.whole = true
	close(f.headed)
	close(f.done)
}

// pass gives the answer to the leader, and holds it until that is through.
func (s *Server) pass(f *flight, res *http.Response, watch *time.Timer) {
	s.heard(f, nil)
	f.entry, f.passing = nil, res
	s.shelf.land(f, nil, nil)
	watch.Stop()
	close(f.headed)
	close(f.done)
	<-f.left // the leader's read ends when the edge closes, at the latest
}

// stream publishes an answer of known length while it arrives.
func (s *Server) stream(f *flight, body io.Reader, size int) {
	f.tape = newTape(size)
	f.entry.fill(f.tape.data[:size:size])
	close(f.headed)
	err := f.tape.record(body)
	s.heard(f, err)
	if err != nil {
		s.counters.originFailures.Add(1)
		s.log.Debug("answer broke off", "key", f.key, "error", err)
		s.shelf.land(f, nil, nil)
	} else {
		s.land(f, f.entry)
		f.whole = true
	}
	close(f.done)
}

// collect reads an answer of unknown length to its end before it is published;
// one that is too large passes, with what was read in front.
func (s *Server) collect(f *flight, res *http.Response, limit int64, watch *time.Timer) {
	content, err := io.ReadAll(io.LimitReader(res.Body, max(limit, 0)+1))
	s.heard(f, err)
	switch {
	case err != nil:
		s.counters.originFailures.Add(1)
		f.entry, f.err, f.status = nil, fmt.Errorf("%w: %w", errOrigin, err), 0
		s.shelf.land(f, nil, nil)
	case int64(len(content)) > limit:
		res.Body = struct {
			io.Reader
			io.Closer
		}{io.MultiReader(bytes.NewReader(content), res.Body), res.Body}
		s.pass(f, res, watch)
		return
	default:
		f.entry.fill(content)
		s.land(f, f.entry)
		f.whole = true
	}
	close(f.headed)
	close(f.done)
}

func (s *Server) land(f *flight, e *entry) {
	if s.shelf.land(f, e, f.vary) {
		s.counters.stored.Add(1)
	} else if e != nil {
		s.counters.unstored.Add(1)
	}
}
