//go:build unix

package transport

import "syscall"

// peek asks the system whether a socket has something to read. It costs a
// quarter of a microsecond, and no goroutine.
type peek struct {
	raw    syscall.RawConn
	look   func(fd uintptr) bool
	buffer [1]byte
	err    error
}

func newPeek(raw syscall.RawConn) probe {
	p := &peek{raw: raw}
	p.look = func(fd uintptr) bool {
		_, _, p.err = syscall.Recvfrom(int(fd), p.buffer[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		return true
	}
	return p
}

func (p *peek) rest() {}
func (p *peek) wake() {}

func (p *peek) silent() bool {
	if err := p.raw.Read(p.look); err != nil {
		return timeout(err) // the request's own deadline, which it will meet
	}
	return p.err == syscall.EAGAIN || p.err == syscall.EWOULDBLOCK || p.err == syscall.EINTR
}
