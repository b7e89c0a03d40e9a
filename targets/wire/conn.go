package wire

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// linger bounds how long a closed connection goes on to deliver what was
// written to it, after the time that this takes on an unhindered link. It is
// how long Linux keeps an orphaned connection (net.ipv4.tcp_fin_timeout).
const linger = 60 * time.Second

// conn is a connection on a link.
//
// It starts direct: Read and Write go to the socket. Once the link delays
// anything it is diverted for good: two lanes carry the data, and two
// goroutines shuttle it between lanes and socket.
type conn struct {
	link      *Link
	raw       net.Conn
	number    uint64
	datagrams bool

	diverted atomic.Bool // never set back
	out, in  *lane       // set before diverted is
	// Held while Read or Write uses the socket directly, so that a diversion
	// can wait for the last of them.
	readTurn, writeTurn sync.Mutex

	mu                          sync.Mutex
	closed, finished            bool // by Close; by CloseWrite or Close
	readDeadline, writeDeadline time.Time
	lingers                     time.Time // when delivery ends after Close
	shuttling                   bool      // the socket belongs to the shuttle
}

// Read is net.Conn's.
func (c *conn) Read(p []byte) (int, error) {
	c.readTurn.Lock()
	if !c.diverted.Load() {
		n, err := c.raw.Read(p)
		c.link.bytesIn.Add(int64(n))
		if n > 0 || !c.evicted(err) {
			c.readTurn.Unlock()
			return n, err
		}
	}
	c.readTurn.Unlock()
	if len(p) == 0 && !c.datagrams {
		return 0, nil
	}
	n, err := c.in.read(p)
	return n, c.failed("read", err)
}

// Write is net.Conn's. It returns when the data is on its way.
func (c *conn) Write(p []byte) (int, error) {
	c.writeTurn.Lock()
	var written int
	if !c.diverted.Load() {
		n, err := c.raw.Write(p)
		c.link.bytesOut.Add(int64(n))
		if !c.evicted(err) {
			c.writeTurn.Unlock()
			return n, err
		}
		written = n
	}
	// Handing over from one lock to the next keeps concurrent writes whole.
	c.out.pushTurn.Lock()
	c.writeTurn.Unlock()
	defer c.out.pushTurn.Unlock()
	n, err := c.out.write(p[written:])
	return written + n, c.failed("write", err)
}

// evicted reports whether err comes from the deadline by which divert drives
// readers and writers away from the socket.
func (c *conn) evicted(err error) bool {
	return err != nil && c.diverted.Load() && errors.Is(err, os.ErrDeadlineExceeded)
}

// divert makes the lanes carry the data from now on.
func (c *conn) divert() {
	c.mu.Lock()
	if c.closed || c.diverted.Load() || !c.link.begin() {
		c.mu.Unlock()
		return
	}
	c.out = newLane(c.link, c.number, laneOut, c.datagrams)
	c.in = newLane(c.link, c.number, laneIn, c.datagrams)
	c.out.setPushDeadline(c.writeDeadline)
	c.in.setPullDeadline(c.readDeadline)
	if c.finished {
		c.out.stopPush(syscall.EPIPE)
	}
	c.diverted.Store(true)
	c.raw.SetDeadline(time.Unix(1, 0)) // a past one: whoever uses the socket leaves it
	c.mu.Unlock()

	c.readTurn.Lock()
	c.raw.SetReadDeadline(time.Time{})
	c.readTurn.Unlock()
	if c.datagrams {
		go c.receiveDatagrams()
	} else {
		go c.receiveStream()
	}

	c.writeTurn.Lock()
	c.mu.Lock()
	c.shuttling = true
	c.raw.SetWriteDeadline(c.lingers)
	c.mu.Unlock()
	c.writeTurn.Unlock()
	go c.deliver()
}

// impaired tells the connection that the link's impairment changed.
func (c *conn) impaired(healed bool) {
	if !healed {
		c.divert()
	}
	if c.diverted.Load() {
		tell(c.out.pullNews)
		tell(c.in.pullNews)
	}
}

// failed names the connection in an error.
func (c *conn) failed(op string, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	var named *net.OpError
	if errors.As(err, &named) {
		return err
	}
	return &net.OpError{
		Op: op, Net: c.raw.RemoteAddr().Network(),
		Source: c.raw.LocalAddr(), Addr: c.raw.RemoteAddr(), Err: err,
	}
}

// Close ends the connection on this end at once. What was written is still
// delivered, in order and in its time, and only then the socket is closed; but
// at most 60 s later than an unhindered link would take.
func (c *conn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil
	}
	c.closed, c.finished = true, true
	if !c.diverted.Load() {
		c.link.forget(c)
		return c.raw.Close()
	}
	c.in.stopPull(net.ErrClosed)
	c.out.stopPush(net.ErrClosed)
	c.lingers = c.out.mark(errClose, c.datagrams).Add(linger)
	c.out.setPullDeadline(c.lingers)
	if c.shuttling { // otherwise divert is about to do it
		_ = c.raw.SetWriteDeadline(c.lingers) // fails when all is delivered already
	}
	return nil
}

// abort closes the connection and forgets what is on its way.
func (c *conn) abort() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed, c.finished = true, true
	c.link.forget(c)
	c.raw.Close()
	if c.diverted.Load() {
		c.in.stopPull(net.ErrClosed)
		c.out.stopPush(net.ErrClosed)
		c.out.stopPull(net.ErrClosed)
	}
}

// LocalAddr is net.Conn's.
func (c *conn) LocalAddr() net.Addr { return c.raw.LocalAddr() }

// RemoteAddr is net.Conn's.
func (c *conn) RemoteAddr() net.Addr { return c.raw.RemoteAddr() }

// SetDeadline is net.Conn's.
func (c *conn) SetDeadline(t time.Time) error { return c.setDeadlines(t, true, true) }

// SetReadDeadline is net.Conn's.
func (c *conn) SetReadDeadline(t time.Time) error { return c.setDeadlines(t, true, false) }

// SetWriteDeadline is net.Conn's.
func (c *conn) SetWriteDeadline(t time.Time) error { return c.setDeadlines(t, false, true) }

func (c *conn) setDeadlines(t time.Time, read, write bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return c.failed("set", net.ErrClosed)
	}
	diverted := c.diverted.Load()
	var err error
	if read {
		c.readDeadline = t
		if diverted {
			c.in.setPullDeadline(t)
		} else {
			err = c.raw.SetReadDeadline(t)
		}
	}
	if write {
		c.writeDeadline = t
		if diverted {
			c.out.setPushDeadline(t)
		} else {
			err = errors.Join(err, c.raw.SetWriteDeadline(t))
		}
	}
	return err
}
