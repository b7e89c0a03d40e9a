package balancer

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"
)

var (
	errNoServer   = errors.New("no server is up")
	errClientGone = errors.New("client is gone")
	errBody       = errors.New("request body did not arrive")
)

// maxMoves bounds how often a request may move on from servers that were taken
// away before anything was sent to them.
const maxMoves = 10

// forwarder is the http.RoundTripper behind the reverse proxy: it chooses the
// backends and decides what is tried again.
type forwarder struct {
	fleet   *fleet
	sticky  bool
	retries int
	timeout time.Duration
	retried *atomic.Int64
}

// RoundTrip carries one request. On success the exchange in the request's
// context holds the lease until its finish.
func (f *forwarder) RoundTrip(r *http.Request) (*http.Response, error) {
	x := exchangeOf(r.Context())
	body, err := newPayload(r)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errBody, err)
	}
	token := ""
	if f.sticky {
		token = x.token
	}
	var tried []*backend
	for last := errNoServer; ; {
		l := f.fleet.acquire(x.client, token, tried)
		if l == nil {
			return nil, last
		}
		if x.tries++; x.tries > 1 {
			f.retried.Add(1)
		}
		start := time.Now()
		a := f.try(r, l, body)
		if a.err == nil {
			f.fleet.settle(l, nil)
			x.took, x.lease, x.end, x.server = time.Since(start), l, a.end, l.name
			return a.response, nil
		}
		f.fleet.release(l)
		// What the client broke is no fault of the server.
		if r.Context().Err() != nil {
			return nil, fmt.Errorf("%w: %w", errClientGone, context.Cause(r.Context()))
		}
		if err := body.clientError(); err != nil {
			return nil, fmt.Errorf("%w: %w", errBody, err)
		}
		f.fleet.settle(l, a.err)
		last, tried = a.err, append(tried, l.backend)
		switch {
		case !a.again, a.maybeSent() && !idempotent(r.Method):
			return nil, last
		case x.tries <= f.retries:
		case a.maybeSent() || x.tries > f.retries+maxMoves || !f.fleet.left(l.backend):
			return nil, last
		}
	}
}

// try is one attempt, repeated once if all it met was a dead connection.
func (f *forwarder) try(r *http.Request, l *lease, body *payload) *attempt {
	a := send(r, l.backend, body, f.timeout)
	if !a.stale() || r.Context().Err() != nil {
		return a
	}
	l.transport.CloseIdleConnections() // where one is dead, others are
	return send(r, l.backend, body, f.timeout)
}

// idempotent follows RFC 9110 section 9.2.2, TRACE left out.
func idempotent(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPut, http.MethodDelete:
		return true
	}
	return false
}
