package cdn

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"rung/targets"
	"rung/targets/machine"
)

// ServeHTTP answers one request: GET /healthz for the edge itself, PURGE, GET
// and HEAD from the cache or the origin, everything else from the origin.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	read := r.Method == http.MethodGet || r.Method == http.MethodHead
	if read && r.URL.Path == "/healthz" {
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write([]byte("ok\n")) // a checker that hung up needs no answer
		return
	}
	start := time.Now()
	s.counters.requests.Add(1)
	v := &visit{ResponseWriter: w, r: r}
	s.tracing.begin(v)
	whole := false
	defer func() {
		s.counters.egressBody.Add(v.sent)
		if r.Context().Err() != nil && s.life.Err() == nil {
			s.counters.aborts.Add(1)
		}
		took := time.Since(start)
		s.durations.observe(took)
		s.tracing.log(v, whole, took)
	}()
	s.serve(v, read)
	whole = true
}

// serve answers one request that is counted; read says that it is GET or HEAD.
func (s *Server) serve(v *visit, read bool) {
	r := v.r
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	default:
		s.counters.overloads.Add(1)
		s.refuse(v, http.StatusServiceUnavailable, "too many requests in flight", status{})
		return
	}
	if r.Method == purgeMethod && !s.authorized(r) {
		v.Header().Set("WWW-Authenticate", "Bearer")
		s.refuse(v, http.StatusUnauthorized, "a purge needs the bearer token", status{})
		return
	}
	if !s.charge(v) {
		return
	}
	switch {
	case r.Method == purgeMethod:
		s.purge(v)
	case r.Method == http.MethodConnect || r.Method == http.MethodTrace:
		s.refuse(v, http.StatusMethodNotAllowed, "method is not served here", status{})
	case !read:
		s.forward(v, fwdMethod)
	case len(r.Header["Authorization"]) > 0:
		s.forward(v, fwdBypass)
	default:
		v.ask = requestControl(r.Header)
		s.get(v)
	}
}

// charge takes the request's CPU time from the machine. It answers itself
// when that fails.
func (s *Server) charge(v *visit) bool {
	if s.share == nil || s.spec.Demand == (targets.Law{}) {
		return true
	}
	span, err := s.share.CPU(v.r.Context(), s.spec.Demand)
	v.span = span
	switch {
	case err == nil:
		return true
	case errors.Is(err, machine.ErrFull):
		s.counters.overloads.Add(1)
		v.Header().Set("Retry-After", "1")
		s.refuse(v, http.StatusServiceUnavailable, "the edge's CPU queue is full", status{})
	case v.r.Context().Err() != nil:
		panic(http.ErrAbortHandler) // nobody is left: no answer
	default:
		s.refuse(v, http.StatusServiceUnavailable, "the edge is closing", status{})
	}
	return false
}

// keyOf is the path and query as they were sent.
func keyOf(r *http.Request) string {
	if strings.HasPrefix(r.RequestURI, "/") {
		return r.RequestURI
	}
	return r.URL.RequestURI()
}

// get answers GET and HEAD from the cache, or with what the origin says.
func (s *Server) get(v *visit) {
	now := s.now()
	key := keyOf(v.r)
	advised := adviceAsk
	enough := v.ask.onlyIfCached || v.ask.noStore
	f, err := s.shelf.look(query{key: key, header: v.r.Header, enough: enough, judge: func(e *entry) string {
		reason := e.judge(now, v.ask)
		if reason != "" && !enough && e.survives(now, v.ask) {
			advised = s.suspicion.advise()
		}
		if advised == adviceSpare {
			return ""
		}
		return reason
	}})
	if advised == adviceProbe {
		s.probe(v, f, err)
	}
	switch {
	case err != nil:
		s.refuse(v, http.StatusServiceUnavailable, "the edge is closing", status{})
	case advised != adviceAsk:
		s.counters.hits.Add(1)
		s.counters.stale.Add(1)
		s.counters.spared.Add(1)
		s.sendEntry(v, f.entry, now, status{ttl: f.entry.left(now), hasTTL: true, detail: "origin-hangs"})
	case f.reason == "":
		s.counters.hits.Add(1)
		s.sendEntry(v, f.entry, now, status{ttl: f.entry.left(now), hasTTL: true})
	case v.ask.onlyIfCached:
		s.counters.misses.Add(1)
		s.refuse(v, http.StatusGatewayTimeout, "not in the cache, and nothing else was wanted", status{reason: f.reason, detail: "only-if-cached"})
	case v.ask.noStore:
		s.counters.misses.Add(1)
		s.forward(v, f.reason)
	default:
		s.counters.misses.Add(1)
		v.asked = time.Now()
		if f.leader {
			go s.fly(f.flight, v.r, v.ask)
			defer close(f.flight.left)
		} else {
			s.counters.collapsed.Add(1)
		}
		s.await(v, f)
	}
}

// probe asks the origin in the background whether it still hangs. If somebody
// else is asking for the same, that will show it.
func (s *Server) probe(v *visit, f found, err error) {
	if err != nil || !f.leader {
		s.suspicion.endProbe()
		return
	}
	close(f.flight.left) // the leader does not wait for what it brings
	r, ask := v.r, v.ask
	go func() {
		s.fly(f.flight, r, ask)
		s.suspicion.endProbe()
	}()
}

// await answers with what the flight brings.
func (s *Server) await(v *visit, f found) {
	fl := f.flight
	select {
	case <-fl.headed:
	case <-v.r.Context().Done():
		panic(http.ErrAbortHandler) // the client left, or the edge closes
	}
	if fl.err != nil && s.life.Err() != nil {
		panic(http.ErrAbortHandler) // it failed because the edge closes
	}
	v.took = time.Since(v.asked)
	if f.leader {
		v.timing = fl.timing
	}
	st := status{reason: f.reason, code: fl.status, collapsed: !f.leader}
	now := s.now()
	switch {
	case fl.failed():
		s.rescue(v, f, st, now)
	case fl.passing != nil && f.leader:
		s.relay(v, fl.passing, st)
	case fl.passing != nil, variantOf(fl.vary, v.r.Header) != fl.variant:
		s.forward(v, f.reason) // not ours: we ask for ourselves
	default:
		st.stored = fl.status != http.StatusNotModified && !s.shelf.isFenced(fl)
		st.ttl, st.hasTTL = fl.entry.left(now), true
		s.sendFlight(v, fl, now, st)
	}
}

// rescue answers although the origin failed: with what is stored, if that is
// allowed, else with the origin's own words, else with ours.
func (s *Server) rescue(v *visit, f found, st status, now time.Time) {
	fl := f.flight
	if f.entry != nil && f.entry.survives(now, v.ask) && !s.shelf.isFenced(fl) {
		s.counters.stale.Add(1)
		st.ttl, st.hasTTL, st.detail = f.entry.left(now), true, "stale-if-error"
		v.timing = nil
		s.sendEntry(v, f.entry, now, st)
		return
	}
	switch {
	case fl.passing != nil && f.leader:
		s.relay(v, fl.passing, st)
	case fl.err == nil:
		st.detail = "origin-failed"
		s.fail(v, http.StatusBadGateway, "the origin failed", st)
	case errors.Is(fl.err, errTimeout):
		st.detail = "origin-timeout"
		s.fail(v, http.StatusGatewayTimeout, "the origin did not answer in time", st)
	default:
		s.log.Debug("origin cannot be reached", "key", fl.key, "error", fl.err)
		st.detail = "origin-unreachable"
		s.fail(v, http.StatusBadGateway, "the origin cannot be reached", st)
	}
}
