package wire

import (
	"errors"
	"net"
	"syscall"
)

// streamConn is a TCP connection on a link.
type streamConn struct{ *conn }

// CloseWrite tells the other end, behind all data, that no more follows.
func (c *streamConn) CloseWrite() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return c.failed("close", net.ErrClosed)
	}
	if c.finished {
		return nil
	}
	c.finished = true
	if !c.diverted.Load() {
		return closeWrite(c.raw)
	}
	c.out.stopPush(syscall.EPIPE)
	c.out.mark(errFinish, false)
	return nil
}

func closeWrite(raw net.Conn) error {
	half, ok := raw.(interface{ CloseWrite() error })
	if !ok {
		return errors.ErrUnsupported
	}
	return half.CloseWrite()
}

// packetConn is a UDP connection on a link. It is a net.PacketConn, too, which
// is by what DNS libraries tell UDP from TCP.
type packetConn struct{ *conn }

// ReadFrom is net.PacketConn's. The address is always the dialled one.
func (c *packetConn) ReadFrom(p []byte) (int, net.Addr, error) {
	n, err := c.Read(p)
	return n, c.RemoteAddr(), err
}

// WriteTo is net.PacketConn's. It reaches the dialled address only.
func (c *packetConn) WriteTo(p []byte, to net.Addr) (int, error) {
	if to.String() != c.RemoteAddr().String() {
		return 0, c.failed("write", net.ErrWriteToConnected)
	}
	return c.Write(p)
}
