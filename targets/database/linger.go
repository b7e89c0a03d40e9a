package database

import (
	"io"
	"net"
	"time"
)

// maxLinger bounds what is read and dropped after the last message, in bytes.
const maxLinger = 16 << 20

// linger drops what the client still sends after the server's last message. A
// socket that is closed with unread bytes is reset, and the reset may overtake
// the message that says why. It takes at most the time of a farewell.
func (s *session) linger() {
	c, ok := s.conn.(*net.TCPConn)
	if !ok || s.ctx.Err() != nil || c.CloseWrite() != nil || c.SetReadDeadline(time.Now().Add(farewell)) != nil {
		return
	}
	_, _ = io.CopyN(io.Discard, c, maxLinger) // the session is over either way
}
