package endpoint

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"

	"rung/bench"
	"rung/bench/attack"
)

// dialer opens a connection.
type dialer func(ctx context.Context, network, address string) (net.Conn, error)

// roundTripper is what an attack needs of a transport.
type roundTripper interface {
	http.RoundTripper
	CloseIdleConnections()
}

// newTransport connects by dial, at most connections to a host.
func newTransport(dial dialer, connections int, http2 bool, t *tls.Config) roundTripper {
	if http2 {
		return newHTTP2(dial, connections, t)
	}
	return newHTTP1(dial, connections, t)
}

// newHTTP1 speaks HTTP/1.1.
func newHTTP1(dial dialer, connections int, t *tls.Config) roundTripper {
	return attack.NewFast(dial, connections, t)
}

// named asks for a host by another name than the one that is dialled.
type named struct {
	next http.RoundTripper
	host string
}

// RoundTrip implements http.RoundTripper.
func (n named) RoundTrip(r *http.Request) (*http.Response, error) {
	out := *r
	out.Host = n.host
	return n.next.RoundTrip(&out)
}

// keeping is named for a transport that ends requests by their Deadline alone,
// which attacks make use of.
type keeping struct{ named }

// KeepsDeadline marks it.
func (keeping) KeepsDeadline() {}

// rename has requests sent by another host's name.
func rename(next http.RoundTripper, host string) http.RoundTripper {
	if _, ok := next.(interface{ KeepsDeadline() }); ok {
		return keeping{named{next, host}}
	}
	return named{next, host}
}

// routes are where the requests of each operation go.
func routes(next http.RoundTripper, places []place) func(*bench.Request) (http.RoundTripper, *url.URL) {
	type route struct {
		by http.RoundTripper
		to *url.URL
	}
	all := make([]route, len(places))
	for i, p := range places {
		all[i] = route{next, &url.URL{Scheme: p.scheme, Host: p.host}}
		if p.asked != "" {
			all[i].by = rename(next, p.asked)
		}
	}
	return func(r *bench.Request) (http.RoundTripper, *url.URL) {
		return all[r.Operation].by, all[r.Operation].to
	}
}
