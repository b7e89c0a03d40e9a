package transport

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/http/httpguts"
)

// Transport is an http.RoundTripper; make one with New. It is safe for
// concurrent use. It remembers every host that it was asked for.
type Transport struct {
	cfg  Config
	open atomic.Int64

	mu    sync.RWMutex
	pools map[host]*pool
}

// host is whom connections can be shared for.
type host struct{ scheme, address string }

// New returns a transport without connections. CloseIdleConnections ends it.
func New(cfg Config) *Transport {
	return &Transport{cfg: cfg.withDefaults(), pools: map[host]*pool{}}
}

// ConnectionsPerHost is the most connections to one host; 0 means no limit.
func (t *Transport) ConnectionsPerHost() int { return max(t.cfg.Connections, 0) }

// Open is how many connections are open now, busy ones included.
func (t *Transport) Open() int { return int(t.open.Load()) }

// KeepsDeadline says that a request ends by its context's Deadline even when
// the context's Done is nil.
func (t *Transport) KeepsDeadline() {}

// CloseIdleConnections closes the connections that no request uses.
func (t *Transport) CloseIdleConnections() {
	t.mu.RLock()
	defer t.mu.RUnlock()
	for _, p := range t.pools {
		p.closeIdle()
	}
}

// RoundTrip implements http.RoundTripper. The error is the context's cause
// when that ended the request, context.DeadlineExceeded when its deadline
// did, and else wraps that of the dial, the handshake or the connection. A
// request whose body is in memory (GetBody is set) and at most 16 KiB long
// belongs to the caller again when the response's body was read or closed;
// others when their body was closed.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := check(req); err != nil {
		closeBody(req)
		return nil, err
	}
	p, err := t.pool(req.URL)
	if err != nil {
		closeBody(req)
		return nil, err
	}
	ctx := req.Context()
	trace := httptrace.ContextClientTrace(ctx)
	if trace != nil && trace.GetConn != nil {
		trace.GetConn(p.address)
	}
	x := exchange{req: req, ctx: ctx, trace: trace}
	res, err := x.attempt(p.get)
	if err == nil || !x.stale || !replayable(req, x.unsent) {
		return res, ended(ctx, err)
	}
	again, rewound := rewind(req)
	if rewound != nil {
		return nil, ended(ctx, err)
	}
	x = exchange{req: again, ctx: ctx, trace: trace}
	if res, err = x.attempt(p.fresh); err != nil {
		return nil, ended(ctx, err)
	}
	res.Request = req
	return res, nil
}

// pool finds or makes the pool for a URL.
func (t *Transport) pool(u *url.URL) (*pool, error) {
	key := host{u.Scheme, u.Host}
	t.mu.RLock()
	p := t.pools[key]
	t.mu.RUnlock()
	if p != nil {
		return p, nil
	}
	address, name, err := canonical(u)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if p = t.pools[key]; p == nil {
		p = newPool(t, address, name, hostField(u), u.Scheme == "https")
		t.pools[key] = p
	}
	return p, nil
}

// check refuses what must not be written to a connection.
func check(req *http.Request) error {
	switch {
	case req.URL == nil:
		return fmt.Errorf("transport: request without a URL")
	case req.Header == nil:
		return fmt.Errorf("transport: request without a header")
	case req.URL.Scheme != "http" && req.URL.Scheme != "https":
		return fmt.Errorf("transport: unsupported protocol scheme %q", req.URL.Scheme)
	case req.URL.Host == "":
		return fmt.Errorf("transport: request without a host")
	case req.Method != "" && !httpguts.ValidHeaderFieldName(req.Method): // both are tokens
		return fmt.Errorf("transport: invalid method %q", req.Method)
	case req.Method == http.MethodConnect:
		return fmt.Errorf("transport: method CONNECT is for proxies")
	}
	if err := checkFields("header", req.Header); err != nil {
		return err
	}
	return checkFields("trailer", req.Trailer)
}

func checkFields(where string, h http.Header) error {
	for name, values := range h {
		if !httpguts.ValidHeaderFieldName(name) {
			return fmt.Errorf("transport: invalid %s field name %q", where, name)
		}
		for _, value := range values {
			if !httpguts.ValidHeaderFieldValue(value) {
				// The value may be a secret.
				return fmt.Errorf("transport: invalid %s field value for %q", where, name)
			}
		}
	}
	return nil
}

// ended replaces an error by the reason that the context gives for it. A
// connection's deadline may ring a moment before the context's.
func ended(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if deadline, bounded := ctx.Deadline(); bounded && timeout(err) && !time.Now().Before(deadline) {
		return context.DeadlineExceeded
	}
	return err
}
