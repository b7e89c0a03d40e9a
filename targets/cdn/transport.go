package cdn

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// newTransport makes the pool of connections to a role, or to the first of
// others at which somebody listens. The counters may be nil.
func (s *Server) newTransport(role string, others []string, connections int, read, open *atomic.Int64) *http.Transport {
	return &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			// net/http lets a dial outlive its request, for the next one to
			// use: the edge's end must end it all the same.
			ctx, cancel := context.WithTimeout(ctx, s.spec.Timeout)
			defer cancel()
			stop := context.AfterFunc(s.life, cancel)
			defer stop()
			conn, err := s.dialFirst(ctx, append([]string{role}, others...))
			if err != nil {
				return nil, err
			}
			return newMeteredConn(conn, read, nil, open), nil
		},
		MaxConnsPerHost:        connections,
		MaxIdleConnsPerHost:    connections,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: headerBytes,
		DisableCompression:     true, // bodies pass as they are
	}
}

// dialFirst connects to the first role that accepts. Each but the last has an
// equal share of the time-out.
func (s *Server) dialFirst(ctx context.Context, roles []string) (net.Conn, error) {
	var errs []error
	for i, role := range roles {
		try, cancel := ctx, context.CancelFunc(func() {})
		if i < len(roles)-1 {
			try, cancel = context.WithTimeout(ctx, s.spec.Timeout/time.Duration(len(roles)))
		}
		conn, err := s.dial(try, role)
		cancel()
		if err == nil {
			return conn, nil
		}
		errs = append(errs, fmt.Errorf("dial %s: %w", role, err))
	}
	return nil, errors.Join(errs...)
}

// meteredConn counts the bytes on the wire, HTTP headers included.
type meteredConn struct {
	net.Conn
	read, written, open *atomic.Int64
	once                sync.Once
}

func newMeteredConn(conn net.Conn, read, written, open *atomic.Int64) *meteredConn {
	if open != nil {
		open.Add(1)
	}
	return &meteredConn{Conn: conn, read: read, written: written, open: open}
}

func (c *meteredConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.read != nil {
		c.read.Add(int64(n))
	}
	return n, err
}

func (c *meteredConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	if c.written != nil {
		c.written.Add(int64(n))
	}
	return n, err
}

func (c *meteredConn) Close() error {
	c.once.Do(func() {
		if c.open != nil {
			c.open.Add(-1)
		}
	})
	return c.Conn.Close()
}

// CloseWrite is what net/http does before it closes a connection that the
// client may still write to.
func (c *meteredConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

type meteredListener struct {
	net.Listener
	out *atomic.Int64
}

func (l *meteredListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return newMeteredConn(conn, nil, l.out, nil), nil
}
