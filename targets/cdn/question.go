package cdn

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// question sends the request to the origin: a validation if there is something
// to validate. A 304 that is about another body is asked again without.
func (s *Server) question(ctx context.Context, f *flight, r *http.Request) (*http.Response, error) {
	for {
		out := s.outgoing(r.WithContext(ctx))
		out.Method, out.Body, out.ContentLength = http.MethodGet, nil, 0
		for _, name := range partialHeaders {
			delete(out.Header, name)
		}
		if f.stale != nil && f.stale.etag != "" {
			out.Header.Set("If-None-Match", f.stale.etag)
		} else if f.stale != nil && f.stale.lastModified != "" {
			out.Header.Set("If-Modified-Since", f.stale.lastModified)
		}
		f.answer.asked = s.now()
		s.counters.originRequests.Add(1)
		res, err := s.origin.RoundTrip(out)
		if err != nil {
			return nil, err
		}
		f.answer.answered = s.now()
		clean(res.Header, f.answer.answered)
		if res.StatusCode != http.StatusNotModified {
			return res, nil
		}
		if f.stale != nil && f.stale.refresh(res.Header, f.answer, s.defaults()) != nil {
			return res, nil
		}
		_ = res.Body.Close()
		if f.stale == nil {
			return nil, errors.New("status 304 to a question without a condition")
		}
		f.stale = nil
	}
}

// originError names what went wrong for the client: too late or not at all.
func originError(ctx context.Context, err error) error {
	if errors.Is(context.Cause(ctx), errTimeout) || errors.Is(err, context.DeadlineExceeded) {
		return errTimeout
	}
	return fmt.Errorf("%w: %w", errOrigin, err)
}

// patientBody gives each read of a body the time of one question: a long body
// may take longer, a silent one may not.
type patientBody struct {
	io.ReadCloser
	ctx     context.Context
	watch   *time.Timer
	timeout time.Duration
}

func (b *patientBody) Read(p []byte) (int, error) {
	b.watch.Reset(b.timeout)
	n, err := b.ReadCloser.Read(p)
	b.watch.Stop()
	if err != nil && err != io.EOF && errors.Is(context.Cause(b.ctx), errTimeout) {
		err = errTimeout
	}
	return n, err
}
