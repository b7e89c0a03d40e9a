package transport

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"math"
	"net"
	"sync/atomic"
	"time"
)

// conn is a connection. It belongs to one request, or to its pool.
type conn struct {
	pool  *pool
	wire  net.Conn
	tls   *tls.ConnectionState
	in    *bufio.Reader
	out   *bufio.Writer
	probe probe
	asker asker // nil if it cannot be asked so
	// left is how many bytes may still be read: bounds the headers.
	left int64
	// written counts bytes, so that a request of which none left is known;
	// broken is why no more can be.
	written int64
	broken  error
	// bounded is set while the connection has a deadline.
	bounded bool
	// reused is set once it has served a request.
	reused    bool
	idleSince time.Time
	closed    atomic.Bool
}

var errHeaderTooLong = errors.New("transport: the answer's headers are too long")

func newConn(p *pool, wire net.Conn, state *tls.ConnectionState) *conn {
	c := &conn{pool: p, wire: wire, tls: state, left: math.MaxInt64}
	c.in, c.out = bufio.NewReader(reading{c}), bufio.NewWriter(writing{c})
	c.probe = newProbe(c)
	if _, plain := wire.(*net.TCPConn); plain {
		c.asker, _ = c.probe.(asker)
	}
	p.t.open.Add(1)
	return c
}

// reading and writing are the connection below its buffers.
type reading struct{ c *conn }

func (r reading) Read(b []byte) (int, error) {
	c := r.c
	if c.left <= 0 {
		return 0, errHeaderTooLong
	}
	if int64(len(b)) > c.left {
		b = b[:c.left]
	}
	n, err := c.wire.Read(b)
	c.left -= int64(n)
	return n, err
}

type writing struct{ c *conn }

func (w writing) Write(b []byte) (int, error) {
	n, err := w.c.wire.Write(b)
	w.c.written += int64(n)
	if err != nil {
		w.c.broken = err
	}
	return n, err
}

// ask writes a request in whole and waits for what comes in. It reports
// whether the connection was alive; if not, nothing was written.
func (c *conn) ask(request []byte) (alive bool, err error) {
	sent, alive := c.asker.ask(request, c.reused)
	c.written += int64(sent)
	if alive && sent < len(request) {
		_, err = writing{c}.Write(request[sent:])
	}
	return alive, err
}

// bound sets the deadline of all that is read and written for a request.
func (c *conn) bound(ctx context.Context) {
	deadline, ok := ctx.Deadline()
	if ok || c.bounded {
		// It fails for a closed connection only, which then fails by itself.
		_ = c.wire.SetDeadline(deadline)
	}
	c.bounded = ok
}

// rebound is bound for a connection that may be aborted meanwhile.
func (c *conn) rebound(ctx context.Context) {
	_ = c.wire.SetDeadline(time.Time{})
	c.bound(ctx)
	if ctx.Err() != nil {
		c.abort()
	}
}

// abort makes whoever reads or writes fail. It is safe at any time.
func (c *conn) abort() { _ = c.wire.SetDeadline(time.Unix(1, 0)) }

// alive reports whether an idle connection is still usable. A server that has
// closed it, or has said something unasked, is through with it.
func (c *conn) alive() bool { return c.in.Buffered() == 0 && c.probe.silent() }

// rest and wake are called when the connection becomes idle and when it is
// taken from the idle ones.
func (c *conn) rest() { c.probe.rest() }
func (c *conn) wake() { c.probe.wake() }

// close closes the connection and frees its slot, once.
func (c *conn) close() {
	if c.closed.Swap(true) {
		return
	}
	// Nothing can be done about an error, and all data was read.
	_ = c.wire.Close()
	c.pool.t.open.Add(-1)
	c.pool.free()
}
