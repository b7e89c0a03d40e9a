package attack

import (
	"context"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// dialsKey is the context key of an attack's counter of opened connections.
type dialsKey struct{}

// countDials makes dials that are done for ctx count. The transport keeps the
// values of a request's context for the dial that the request causes.
func countDials(ctx context.Context, counter *atomic.Int64) context.Context {
	return context.WithValue(ctx, dialsKey{}, counter)
}

// idleTimeout of connections is longer than any pause between attacks.
const idleTimeout = 5 * time.Minute

// counting is dial, counted. Nil is a plain dialer.
func counting(dial func(ctx context.Context, network, addr string) (net.Conn, error)) func(context.Context, string, string) (net.Conn, error) {
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		if counter, ok := ctx.Value(dialsKey{}).(*atomic.Int64); ok {
			counter.Add(1)
		}
		return conn, nil
	}
}

// NewTransport returns a transport for an open-loop generator: at most
// connections to a host, all of them kept, so that concurrency is bounded
// there and the wait for a connection is part of the service time; no proxy,
// no compression, no HTTP/2. The connections that an attack opens are counted
// in its Generator. Dial may be nil for a plain dialer; connections below 1
// means 1. TLS settings are the caller's.
func NewTransport(dial func(ctx context.Context, network, addr string) (net.Conn, error), connections int) *http.Transport {
	connections = max(connections, 1)
	return &http.Transport{
		DialContext:         counting(dial),
		MaxIdleConns:        0, // no limit but the host's
		MaxIdleConnsPerHost: connections,
		MaxConnsPerHost:     connections,
		IdleConnTimeout:     idleTimeout,
		DisableCompression:  true,
		Protocols:           http1(),
	}
}

func http1() *http.Protocols {
	p := new(http.Protocols)
	p.SetHTTP1(true)
	return p
}
