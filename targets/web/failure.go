package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"rung/targets/machine"
	"rung/targets/store"
	"rung/targets/trace"
)

// statusClientGone is what nginx logs for a client that closed the request.
// Nobody is there to read it.
const statusClientGone = 499

// charge spends the operation's CPU time. When it returns false the request
// has been answered.
func (s *Server) charge(x *exchange, e *endpoint) bool {
	span, err := s.share.CPU(x.r.Context(), e.law)
	x.timing.Web = span
	switch {
	case err == nil:
		return true
	case s.gone(x):
	case errors.Is(err, machine.ErrFull):
		s.refuse(x, "the web server is busy")
	default:
		s.log.Error("cannot charge CPU time", "operation", e.name, "error", err)
		s.counters.errors.Add(1)
		x.problem(http.StatusInternalServerError, problem{Error: "internal error"})
	}
	return false
}

// deadline returns the context of one call of the store, the session store or
// the queue: it carries the trace.
func (s *Server) deadline(x *exchange) (context.Context, context.CancelFunc) {
	return context.WithTimeout(trace.With(x.r.Context(), x.trace), s.storeTimeout)
}

// answered takes down what a call of the store took and how it ended. When it
// returns false the request has been answered.
func (s *Server) answered(x *exchange, t store.Timing, err error) bool {
	x.timing.Store, x.timing.Asked = t, true
	switch {
	case err == nil:
		if t.Outcome != store.OutcomeHit { // then the store was not asked
			s.storeUp()
		}
		return true
	case errors.Is(err, store.ErrNotFound):
		s.storeUp()
		x.problem(http.StatusNotFound, problem{Error: "no such row"})
	case errors.Is(err, store.ErrNoFollows):
		s.storeUp()
		x.problem(http.StatusNotFound, problem{Error: "the store has no follows"})
	case s.gone(x):
	case errors.Is(err, store.ErrBusy):
		s.storeUp()
		s.refuse(x, "the store is busy")
	case isTimeout(err):
		s.storeFailed(err)
		x.problem(http.StatusGatewayTimeout, problem{Error: "the store did not answer in time"})
	default:
		s.storeFailed(err)
		x.problem(http.StatusBadGateway, problem{Error: "the store failed"})
	}
	return false
}

// kept takes down what a call of the session store took and how it ended. When
// it returns false the request has been answered: without the store nobody
// knows who the client is, and that is no 401, which would log the user out.
func (s *Server) kept(x *exchange, t store.Timing, err error) bool {
	x.timing.Session = t
	switch {
	case err == nil:
		s.sessionsUp()
		return true
	case s.gone(x):
	case errors.Is(err, store.ErrBusy):
		s.sessionsUp()
		s.counters.sessionErrors.Add(1)
		x.unavailable("the session store is busy")
	default:
		s.counters.sessionErrors.Add(1)
		if s.sessionsDown.CompareAndSwap(false, true) {
			s.log.Error("the session store fails", "error", err)
		}
		x.unavailable("the session store failed")
	}
	return false
}

func (s *Server) sessionsUp() {
	if s.sessionsDown.Load() && s.sessionsDown.CompareAndSwap(true, false) {
		s.log.Info("the session store answers again")
	}
}

// gone answers when the client has left or the server is being cut off.
// Neither is an error of this server.
func (s *Server) gone(x *exchange) bool {
	if x.r.Context().Err() == nil {
		return false
	}
	s.counters.cancelled.Add(1)
	x.problem(statusClientGone, problem{Error: "the client has gone"})
	return true
}

func (s *Server) refuse(x *exchange, why string) {
	s.counters.refused.Add(1)
	x.unavailable(why)
}

func (x *exchange) unavailable(why string) {
	x.w.Header().Set("Retry-After", "1")
	x.problem(http.StatusServiceUnavailable, problem{Error: why})
}

// storeFailed counts a failure, and logs the first one of an outage: at full
// load a dead store would fill the log.
func (s *Server) storeFailed(err error) {
	s.counters.errors.Add(1)
	if s.storeDown.CompareAndSwap(false, true) {
		s.log.Error("the store fails", "error", err)
	}
}

func (s *Server) storeUp() {
	if s.storeDown.Load() && s.storeDown.CompareAndSwap(true, false) {
		s.log.Info("the store answers again")
	}
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &t) && t.Timeout()
}

// invalid says what is wrong with a request.
type invalid struct {
	field, got, allowed string
}

func (e invalid) Error() string {
	return fmt.Sprintf("%s is %s: allowed is %s", e.field, e.got, e.allowed)
}

// reject answers a request that is wrong in form.
func (s *Server) reject(x *exchange, err error) {
	s.counters.invalid.Add(1)
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		x.problem(http.StatusRequestEntityTooLarge,
			problem{Error: "body is too large", Field: "body", Allowed: bodyAllowed})
		return
	}
	p := problem{Error: err.Error()}
	var bad invalid
	if errors.As(err, &bad) {
		p.Field, p.Allowed = bad.field, bad.allowed
	}
	x.problem(http.StatusBadRequest, p)
}
