package endpoint

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"

	"rung/bench/attack"
)

// streams is the most requests at once on a connection: what RFC 9113, 6.5.2,
// asks every server to take at least.
const streams = 100

// http2 speaks HTTP/2 and nothing else, so that a server that does not is seen
// to fail. It has a transport for each connection to a host, because net/http
// opens connections beyond its limit when all streams of one are in use; here
// the limit bounds the load. A request goes where the fewest are. One that
// finds no free stream waits for it, as part of its service time.
//
// A server that takes fewer than 100 requests at once on a connection makes
// net/http open more connections all the same; Open shows it.
type http2 struct {
	transports []*http.Transport
	// free has a place for every request that may be under way.
	free chan struct{}
	open atomic.Int64

	mu   sync.Mutex
	busy []int // requests by transport
	turn int
}

// most2 bounds the connections of HTTP/2.
const most2 = 1000

func newHTTP2(dial dialer, connections int, t *tls.Config) *http2 {
	n := min(max(connections, 1), most2)
	out := &http2{transports: make([]*http.Transport, n), busy: make([]int, n), free: make(chan struct{}, n*streams)}
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	for i := range out.transports {
		one := attack.NewTransport(out.counted(dial), 1)
		one.TLSClientConfig = t.Clone() // which the transport changes; nil stays nil
		one.Protocols = new(http.Protocols)
		one.Protocols.SetHTTP2(true)
		one.Protocols.SetUnencryptedHTTP2(true)
		out.transports[i] = one
	}
	return out
}

// RoundTrip implements http.RoundTripper.
func (h *http2) RoundTrip(r *http.Request) (*http.Response, error) {
	select {
	case h.free <- struct{}{}:
	case <-r.Context().Done():
		return nil, context.Cause(r.Context())
	}
	lane := h.enter()
	var once sync.Once
	leave := func() { once.Do(func() { h.leave(lane) }) }
	response, err := h.transports[lane].RoundTrip(r)
	if err != nil {
		leave()
		return nil, err
	}
	response.Body = &leaving{response.Body, leave}
	return response, nil
}

// enter picks the transport with the fewest requests; of equals it takes the
// next in turn.
func (h *http2) enter() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	best := h.turn
	for i := range h.busy {
		if at := (h.turn + i) % len(h.busy); h.busy[at] < h.busy[best] {
			best = at
		}
	}
	h.turn = (best + 1) % len(h.busy)
	h.busy[best]++
	return best
}

func (h *http2) leave(lane int) {
	h.mu.Lock()
	h.busy[lane]--
	h.mu.Unlock()
	<-h.free
}

// CloseIdleConnections closes all connections that carry no request.
func (h *http2) CloseIdleConnections() {
	for _, t := range h.transports {
		t.CloseIdleConnections()
	}
}

// ConnectionsPerHost is how many there should be to one host.
func (h *http2) ConnectionsPerHost() int { return len(h.transports) }

// Open is how many connections there are now.
func (h *http2) Open() int { return int(h.open.Load()) }

// counted counts the connections of a dialer.
func (h *http2) counted(dial dialer) dialer {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		h.open.Add(1)
		return &closing{Conn: conn, closed: func() { h.open.Add(-1) }}, nil
	}
}

// leaving is a body that tells when it is closed.
type leaving struct {
	io.ReadCloser
	leave func()
}

// Close implements io.Closer.
func (l *leaving) Close() error {
	defer l.leave()
	return l.ReadCloser.Close()
}

// closing is a connection that tells once that it is closed.
type closing struct {
	net.Conn
	once   sync.Once
	closed func()
}

// Close implements net.Conn.
func (c *closing) Close() error {
	c.once.Do(c.closed)
	return c.Conn.Close()
}
