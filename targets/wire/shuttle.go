package wire

import (
	"errors"
	"syscall"
	"time"
)

// The events of an outward lane.
var (
	errFinish = errors.New("no more data follows")
	errClose  = errors.New("the connection is closed")
)

// deliver writes to the socket what arrives at the other end, until the
// connection is closed and everything is delivered.
func (c *conn) deliver() {
	defer c.link.shuttle.Done()
	defer c.link.forget(c)
	defer c.raw.Close()
	for {
		next, err := c.out.take()
		if err != nil { // nothing more can be delivered: aborted, or too late
			c.out.stopPush(err)
			return
		}
		switch next.err {
		case nil:
			n, err := c.raw.Write(next.data)
			c.link.bytesOut.Add(int64(n))
			c.link.buffers.put(next)
			c.undelivered(err)
		case errFinish:
			c.undelivered(closeWrite(c.raw))
		default:
			return
		}
	}
}

// undelivered handles an error of the socket. A stream is broken by it: its
// next Write tells. A datagram that nobody listens for comes back as an error
// some time later, as an ICMP message does; any other is just lost.
func (c *conn) undelivered(err error) {
	switch {
	case err == nil:
	case !c.datagrams:
		c.out.stopPush(err)
	case errors.Is(err, syscall.ECONNREFUSED):
		c.in.send(&chunk{err: err}, time.Now())
	}
}

// receiveStream stamps what comes from the socket and puts it on its way back,
// until the socket ends.
func (c *conn) receiveStream() {
	defer c.link.shuttle.Done()
	most := c.in.path.piece()
	size := min(small, most)
	for c.in.room() == nil {
		next := c.link.buffers.get(size)
		n, err := c.raw.Read(next.full[:size])
		c.link.bytesIn.Add(int64(n))
		next.data = next.full[:n]
		if n > 0 {
			c.in.send(next, time.Now())
		} else {
			c.link.buffers.put(next)
		}
		if err != nil {
			c.in.mark(err, false)
			return
		}
		size = resized(size, n, most)
	}
}

// receiveDatagrams does it for datagrams.
func (c *conn) receiveDatagrams() {
	defer c.link.shuttle.Done()
	buffer := make([]byte, largest)
	for {
		n, err := c.raw.Read(buffer)
		c.link.bytesIn.Add(int64(n))
		switch {
		case err == nil:
			c.in.sendCopy(buffer[:n])
		case errors.Is(err, syscall.ECONNREFUSED):
			c.in.send(&chunk{err: err}, time.Now())
		default:
			c.in.mark(err, true)
			return
		}
	}
}

// resized returns the size of the next read: larger after a full one, small
// again after a small one.
func resized(size, n, most int) int {
	switch {
	case n == size:
		return min(size*8, most)
	case n <= small:
		return min(small, most)
	}
	return size
}
