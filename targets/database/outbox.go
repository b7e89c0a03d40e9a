package database

import (
	"context"
	"net"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
)

const (
	// flushAt is how many bytes of rows are gathered before they are sent.
	flushAt = 32 << 10
	// writeLimit is how long a client may take to accept what it asked for.
	writeLimit = 30 * time.Second
)

// outbox gathers messages to a client. The first error ends it: later messages
// are dropped.
type outbox struct {
	ctx  context.Context // of the server
	conn net.Conn
	buf  []byte
	err  error
}

func (o *outbox) send(m pgproto3.BackendMessage) {
	if o.err != nil {
		return
	}
	buf, err := m.Encode(o.buf)
	if err != nil {
		o.err = err
		return
	}
	o.buf = buf
}

// flush sends what was gathered.
func (o *outbox) flush() error {
	if o.err == nil && len(o.buf) > 0 {
		o.err = o.conn.SetWriteDeadline(time.Now().Add(writeLimit))
		// The end of the server sets a nearer deadline, which the line above may
		// have undone.
		if o.err == nil && o.ctx.Err() != nil {
			o.err = o.conn.SetWriteDeadline(time.Now().Add(farewell))
		}
		if o.err == nil {
			_, o.err = o.conn.Write(o.buf)
		}
	}
	if cap(o.buf) > 2*flushAt {
		o.buf = nil
	}
	o.buf = o.buf[:0]
	return o.err
}

// fail tells the client about an error.
func (o *outbox) fail(f *failure) {
	o.send(&pgproto3.ErrorResponse{
		Severity: f.severity, SeverityUnlocalized: f.severity, Code: f.code, Message: f.message,
		Detail: f.detail, Hint: f.hint, Position: int32(f.position),
	})
}

// warn tells the client about something that is no error.
func (o *outbox) warn(code, message string) {
	o.send(&pgproto3.NoticeResponse{Severity: "WARNING", SeverityUnlocalized: "WARNING", Code: code, Message: message})
}
