package store

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"syscall"
	"time"
)

// errDoubtful makes go-redis drop a connection that it takes from its pool.
var errDoubtful = errors.New("another connection to the same server broke")

// kvDialer makes connections that are dropped together: when one of them breaks, the
// server was probably restarted, and all that were dialled before are doubtful.
// Go-redis asks each connection before it uses it, by way of syscall.Conn, and
// dials a new one instead, so a restart does not fail one statement for each
// connection of the pool. (Without an emulated wire go-redis can look at the socket
// itself, and does.)
type kvDialer struct {
	dial  func(ctx context.Context, network, address string) (net.Conn, error)
	life  context.Context
	epoch atomic.Int64 // grows when a connection of the present epoch breaks
}

// DialContext also ends when the store is closed. It returns no error but a connection
// that has it: after as many failed dials as its pool has connections, go-redis would
// stop dialling and look only once a second whether the server is back, which would
// show as a recovery that takes up to a second longer than it does.
func (d *kvDialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(d.life, cancel)
	defer stop()
	epoch := d.epoch.Load()
	c, err := d.dial(ctx, network, address)
	if err != nil {
		return stillborn{err: err}, nil
	}
	return &kvConn{Conn: c, dialer: d, epoch: epoch}, nil
}

// kvConn is one connection of a kvDialer.
type kvConn struct {
	net.Conn
	dialer *kvDialer
	epoch  int64
	reads  atomic.Int64
}

// Read notices when the connection breaks.
func (c *kvConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err == nil {
		c.reads.Add(1)
	}
	c.notice(err)
	return n, err
}

// Write notices when the connection breaks.
func (c *kvConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.notice(err)
	return n, err
}

// established is how many reads show that a connection was in use: the server may
// answer the first one, a greeting, with a refusal, which says nothing about other
// connections.
const established = 2

func (c *kvConn) notice(err error) {
	if err != nil && broken(err) && c.reads.Load() >= established {
		c.dialer.epoch.CompareAndSwap(c.epoch, c.epoch+1)
	}
}

// SyscallConn is how go-redis looks at an idle connection: an error means that it is
// not usable.
func (c *kvConn) SyscallConn() (syscall.RawConn, error) {
	if c.epoch != c.dialer.epoch.Load() {
		return nil, errDoubtful
	}
	if s, ok := c.Conn.(syscall.Conn); ok {
		return s.SyscallConn()
	}
	return opaque{}, nil
}

// opaque is a connection that cannot be looked into; it passes for healthy.
type opaque struct{}

func (opaque) Control(func(uintptr)) error    { return nil }
func (opaque) Read(func(uintptr) bool) error  { return nil }
func (opaque) Write(func(uintptr) bool) error { return nil }

// stillborn is a connection that was never made; it fails when it is used.
type stillborn struct {
	err error
}

func (c stillborn) Read([]byte) (int, error)         { return 0, c.err }
func (c stillborn) Write([]byte) (int, error)        { return 0, c.err }
func (c stillborn) Close() error                     { return nil }
func (c stillborn) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (c stillborn) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (c stillborn) SetDeadline(time.Time) error      { return nil }
func (c stillborn) SetReadDeadline(time.Time) error  { return nil }
func (c stillborn) SetWriteDeadline(time.Time) error { return nil }
