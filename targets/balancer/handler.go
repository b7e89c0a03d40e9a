package balancer

import (
	"context"
	"errors"
	"math"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"rung/targets"
	"rung/targets/machine"
)

// ServeHTTP answers one request: GET /healthz for the balancer itself, static
// files if they are served here, everything else from a server. Serve calls
// it; without Serve there are no active checks.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/healthz" && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		s.healthz(w)
		return
	}
	start := time.Now()
	s.counters.requests.Add(1)
	x := &exchange{client: clientIP(r.RemoteAddr), token: presented(r), secure: r.TLS != nil, front: w}
	s.tracing.begin(r, x)
	if s.tracing.access == nil {
		defer func() { s.durations.observe(time.Since(start)) }()
		s.serve(w, r, x)
		return
	}
	watch := &watcher{ResponseWriter: w}
	defer func() {
		took := time.Since(start)
		s.durations.observe(took)
		s.tracing.log(r, x, watch, took)
	}()
	s.serve(watch, r, x)
	watch.whole = true
}

// serve answers one request that is counted.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, x *exchange) {
	if wait := s.limiter.take(x.client, s.now()); wait > 0 {
		s.counters.limited.Add(1)
		s.refuse(w, x, http.StatusTooManyRequests, wait, "over the rate limit")
		return
	}
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	default:
		s.counters.overloads.Add(1)
		s.refuse(w, x, http.StatusServiceUnavailable, time.Second, "too many requests in flight")
		return
	}
	if err := s.charge(r.Context(), x); err != nil {
		s.failed(w, r.WithContext(x.into(r.Context())), err)
		return
	}
	if s.static != nil && strings.HasPrefix(r.URL.Path, "/assets/") {
		s.counters.static.Add(1)
		x.mark(w.Header())
		s.static.ServeHTTP(w, r)
		return
	}
	s.forward(w, r, x)
}

// charge takes the request's CPU time from the machine.
func (s *Server) charge(ctx context.Context, x *exchange) error {
	if s.share == nil || s.law == (targets.Law{}) {
		return nil
	}
	span, err := s.share.CPU(ctx, s.law)
	x.span = span
	if err != nil && ctx.Err() != nil {
		return errClientGone
	}
	return err
}

// forward hands the request to the reverse proxy and tidies up behind it, also
// when that panics because an answer broke off in the middle.
func (s *Server) forward(w http.ResponseWriter, r *http.Request, x *exchange) {
	if r.ContentLength > largestBody {
		s.refuse(w, x, http.StatusRequestEntityTooLarge, 0, "request body is too large")
		return
	}
	if r.Method == http.MethodConnect {
		s.refuse(w, x, http.StatusMethodNotAllowed, 0, "this is no forward proxy")
		return
	}
	if r.Body != nil && r.ContentLength != 0 {
		r.Body = http.MaxBytesReader(x.front, r.Body, largestBody)
	}
	whole := false
	defer func() {
		x.finish(s.fleet)
		if whole || x.counted {
			return
		}
		if r.Context().Err() != nil {
			s.counters.aborts.Add(1)
		} else {
			s.counters.failures.Add(1)
		}
	}()
	s.proxy.ServeHTTP(w, r.WithContext(x.into(r.Context())))
	whole = true
}

// failed answers for a request that no server answered. It is the reverse
// proxy's ErrorHandler; the request's context has the exchange.
func (s *Server) failed(w http.ResponseWriter, r *http.Request, err error) {
	x := exchangeOf(r.Context())
	x.finish(s.fleet)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.Is(err, errClientGone):
		s.counters.aborts.Add(1)
		x.counted = true
		panic(http.ErrAbortHandler) // nobody is left, or Close breaks it off: no answer
	case errors.As(err, &tooLarge):
		s.refuse(w, x, http.StatusRequestEntityTooLarge, 0, "request body is too large")
	case errors.Is(err, errBody):
		s.refuse(w, x, http.StatusBadRequest, 0, "request body did not arrive")
	case errors.Is(err, machine.ErrFull):
		s.counters.overloads.Add(1)
		s.refuse(w, x, http.StatusServiceUnavailable, time.Second, "the balancer's CPU queue is full")
	case errors.Is(err, errNoServer):
		s.refuse(w, x, http.StatusServiceUnavailable, s.recovery(), "no server is up")
	case errors.Is(err, errTimeout):
		s.refuse(w, x, http.StatusGatewayTimeout, 0, "no server answered in time")
	default:
		s.refuse(w, x, http.StatusBadGateway, 0, "no server could be reached or the answer broke off")
	}
}

// refuse writes an answer of the balancer's own. A wait above zero becomes
// Retry-After in whole seconds, rounded up.
func (s *Server) refuse(w http.ResponseWriter, x *exchange, status int, wait time.Duration, why string) {
	if status >= 500 {
		s.counters.failures.Add(1)
	}
	if wait > 0 {
		w.Header().Set("Retry-After", strconv.FormatInt(int64(math.Ceil(wait.Seconds())), 10))
	}
	w.Header().Set("Cache-Control", "no-store")
	x.mark(w.Header())
	http.Error(w, why, status)
}

// recovery is the soonest that a server which is down can be up again.
func (s *Server) recovery() time.Duration {
	h := s.fleet.spec
	if h.Interval <= 0 {
		return s.fleet.held
	}
	return time.Duration(newHealth(h).rise) * h.Interval
}

func (s *Server) healthz(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	if s.fleet.any() {
		_, _ = w.Write([]byte("ok\n")) // a checker that hung up needs no answer
		return
	}
	http.Error(w, "no server is up", http.StatusServiceUnavailable)
}

// clientIP is the address without its port, or as it is when there is none.
func clientIP(remote string) string {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		return remote
	}
	return host
}
