package balancer

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"time"
)

// errTimeout ends a try that got no headers in time.
var errTimeout = errors.New("no answer in time")

// attempt is one try of a request at one backend, and how it ended.
type attempt struct {
	response *http.Response
	err      error
	// end frees the try; to be called when the response's body is through.
	end context.CancelFunc
	// again says that the body can be sent once more.
	again bool

	// What happened on the wire. A try has several connections when the
	// transport replaced a dead one.
	conn   *meteredConn
	before int64 // writes of conn when this try got it
	sent   bool  // something was written to an earlier connection
	reused bool
}

// send makes one try: from the dial to the end of the headers within limit.
func send(r *http.Request, b *backend, body *payload, limit time.Duration) *attempt {
	a := &attempt{}
	ctx, cancel := context.WithCancelCause(r.Context())
	a.end = func() { cancel(nil) }
	timer := time.AfterFunc(limit, func() { cancel(errTimeout) })
	out := r.WithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: a.gotConn}))
	address := *r.URL
	address.Scheme, address.Host = "http", b.address
	out.URL = &address
	back := body.attach(out)
	a.response, a.err = b.transport.RoundTrip(out)
	if !timer.Stop() && a.err == nil { // both at once
		_ = a.response.Body.Close()
		a.err = errTimeout
	}
	if a.err == nil {
		return a
	}
	a.response = nil
	if errors.Is(context.Cause(ctx), errTimeout) {
		a.err = errTimeout
	}
	a.err = fmt.Errorf("server %s: %w", b.name, a.err)
	a.again = back()
	a.end()
	return a
}

func (a *attempt) gotConn(info httptrace.GotConnInfo) {
	a.sent = a.maybeSent()
	a.conn, a.reused = info.Conn.(*meteredConn), info.Reused
	a.before = a.conn.writes.Load()
}

// maybeSent says whether the server may have seen anything of the request.
func (a *attempt) maybeSent() bool {
	return a.sent || a.conn != nil && a.conn.writes.Load() != a.before
}

// stale says that the try met nothing but a kept connection that had died:
// not the server's fault, and free to repeat there.
func (a *attempt) stale() bool {
	return a.err != nil && a.reused && a.again && !a.maybeSent() && !errors.Is(a.err, errTimeout)
}
