package transport

import (
	"bufio"
	"net"
	"syscall"
	"time"
)

// probe finds out whether anything came in on an idle connection.
type probe interface {
	rest()
	wake()
	silent() bool
}

// asker writes a request and waits for what comes in, in one. It is for a
// plain socket only: other connections do more than write.
type asker interface {
	// ask returns how much it has written. Less than all is no failure: the
	// rest can be written as ever. A used connection on which something came
	// in before is not alive, and nothing is written to it.
	ask(request []byte, used bool) (sent int, alive bool)
}

func newProbe(c *conn) probe {
	wire := c.wire
	if secure, ok := wire.(interface{ NetConn() net.Conn }); ok {
		wire = secure.NetConn()
	}
	if system, ok := wire.(syscall.Conn); ok {
		if raw, err := system.SyscallConn(); err == nil {
			if p := newPeek(raw); p != nil {
				return p
			}
		}
	}
	return &watch{wire: c.wire, in: c.in}
}

// watch reads an idle connection in a goroutine, for connections that the
// system cannot be asked about, such as emulated ones.
type watch struct {
	wire  net.Conn
	in    *bufio.Reader
	ended chan struct{} // nil when there is no goroutine
	heard error         // what ended the reading; nil is data
}

func (w *watch) rest() {
	if w.wire.SetReadDeadline(time.Time{}) != nil {
		return
	}
	w.ended = make(chan struct{})
	go func() {
		defer close(w.ended)
		_, w.heard = w.in.Peek(1)
	}()
}

func (w *watch) wake() {
	if w.ended == nil {
		return
	}
	_ = w.wire.SetReadDeadline(time.Unix(1, 0))
	<-w.ended
	w.ended = nil
	_ = w.wire.SetReadDeadline(time.Time{})
}

// silent: the reading was ended by wake, not by the server.
func (w *watch) silent() bool { return w.heard == nil && w.in.Buffered() == 0 || timeout(w.heard) }
