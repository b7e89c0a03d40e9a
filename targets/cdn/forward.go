package cdn

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"
)

// forward asks the origin for one client alone and keeps nothing.
func (s *Server) forward(v *visit, reason string) {
	s.counters.passes.Add(1)
	r := v.r
	if r.ContentLength > largestBody {
		s.refuse(v, http.StatusRequestEntityTooLarge, "request body is larger than 64 MiB", status{reason: reason})
		return
	}
	ctx, cancel := context.WithCancelCause(r.Context())
	defer cancel(nil)
	stop := context.AfterFunc(s.life, func() { cancel(errClosed) })
	defer stop()
	out := s.outgoing(r.WithContext(ctx))
	if r.ContentLength == 0 {
		out.Body = nil
	} else if out.Body != nil {
		out.Body = http.MaxBytesReader(v.ResponseWriter, out.Body, largestBody)
	}
	watch := time.AfterFunc(s.spec.Timeout, func() { cancel(errTimeout) })
	defer watch.Stop()
	if v.asked.IsZero() {
		v.asked = time.Now()
	}
	s.counters.originRequests.Add(1)
	res, err := s.origin.RoundTrip(out)
	v.took = time.Since(v.asked)
	if err != nil {
		s.forwardFailed(v, originError(ctx, err), status{reason: reason})
		return
	}
	defer res.Body.Close()
	s.suspicion.answered()
	res.Body = &patientBody{ReadCloser: res.Body, ctx: ctx, watch: watch, timeout: s.spec.Timeout}
	watch.Stop()
	v.timing = res.Header["Server-Timing"]
	delete(res.Header, "Server-Timing")
	clean(res.Header, s.now())
	if failure(res.StatusCode) {
		s.counters.originFailures.Add(1)
	}
	s.invalidate(r, res)
	s.relay(v, res, status{reason: reason, code: res.StatusCode})
}

func (s *Server) forwardFailed(v *visit, err error, st status) {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		s.refuse(v, http.StatusRequestEntityTooLarge, "request body is larger than 64 MiB", st)
	case v.r.Context().Err() != nil:
		panic(http.ErrAbortHandler) // nobody is left: no answer
	case errors.Is(err, errTimeout):
		s.counters.originFailures.Add(1)
		st.detail = "origin-timeout"
		s.fail(v, http.StatusGatewayTimeout, "the origin did not answer in time", st)
	default:
		s.counters.originFailures.Add(1)
		s.log.Debug("origin cannot be reached", "error", err)
		st.detail = "origin-unreachable"
		s.fail(v, http.StatusBadGateway, "the origin cannot be reached", st)
	}
}

// relay sends the origin's answer as it arrives. Its headers are clean and
// without Server-Timing; v.timing has that.
func (s *Server) relay(v *visit, res *http.Response, st status) {
	h := v.Header()
	if res.ContentLength > largestBody {
		st.detail = "too-large"
		s.fail(v, http.StatusBadGateway, "the origin's answer is larger than 64 MiB", st)
		return
	}
	for name, values := range res.Header {
		h[name] = values
	}
	if res.ContentLength >= 0 && res.StatusCode != http.StatusNoContent && res.StatusCode != http.StatusNotModified {
		h["Content-Length"] = []string{string(appendInt(nil, res.ContentLength))}
	}
	s.sign(h)
	s.mark(v, st)
	v.WriteHeader(res.StatusCode)
	if v.r.Method == http.MethodHead || res.StatusCode == http.StatusNoContent || res.StatusCode == http.StatusNotModified {
		return
	}
	n, err := io.Copy(v, io.LimitReader(res.Body, largestBody+1))
	if err != nil || n > largestBody {
		panic(http.ErrAbortHandler) // either end broke off: the client must see it
	}
}

// invalidate removes what an unsafe request that succeeded may have changed
// (RFC 9111 4.4): its own URL, and those that the answer names.
func (s *Server) invalidate(r *http.Request, res *http.Response) {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return
	}
	if res.StatusCode < 200 || res.StatusCode > 399 {
		return
	}
	s.purgeHere(target{key: keyOf(r)})
	for _, name := range [...]string{"Location", "Content-Location"} {
		at, err := url.Parse(res.Header.Get(name))
		if err != nil || at.Host != "" && at.Host != r.Host && at.Host != s.site {
			continue
		}
		if res.Header.Get(name) != "" {
			s.purgeHere(target{key: r.URL.ResolveReference(at).RequestURI()})
		}
	}
}
