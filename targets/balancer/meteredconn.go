package balancer

import (
	"net"
	"sync"
	"sync/atomic"
)

// meteredConn knows whether anything was handed to the connection, which is
// what decides whether a POST may be tried again.
type meteredConn struct {
	net.Conn
	// writes counts the calls of Write that passed something on. It grows
	// before the bytes go: once a failed request has closed its connection,
	// an unchanged count proves that none of them went.
	writes atomic.Int64
	open   *atomic.Int64
	once   sync.Once
}

func newMeteredConn(conn net.Conn, open *atomic.Int64) *meteredConn {
	open.Add(1)
	return &meteredConn{Conn: conn, open: open}
}

func (c *meteredConn) Write(p []byte) (int, error) {
	c.writes.Add(1)
	n, err := c.Conn.Write(p)
	if n == 0 && err != nil {
		c.writes.Add(-1)
	}
	return n, err
}

func (c *meteredConn) Close() error {
	c.once.Do(func() { c.open.Add(-1) })
	return c.Conn.Close()
}
