package attack

import (
	"context"
	"crypto/tls"
	"net"

	"rung/bench/transport"
)

// NewFast returns a transport like NewTransport's that costs about half as
// much per request, for HTTP/1.1 only. TLS settings may be nil. An attack
// counts its open connections as well.
func NewFast(dial func(ctx context.Context, network, addr string) (net.Conn, error), connections int, tlsConfig *tls.Config) *transport.Transport {
	return transport.New(transport.Config{
		Dial: counting(dial), Connections: max(connections, 1), TLS: tlsConfig, IdleTimeout: idleTimeout,
	})
}
