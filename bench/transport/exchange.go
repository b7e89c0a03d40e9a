package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"time"
)

// exchange is one request and its answer on a connection.
type exchange struct {
	conn  *conn
	req   *http.Request
	ctx   context.Context
	trace *httptrace.ClientTrace

	// upload is the writing of a body beside the reading; nil when the
	// request was written before.
	upload *upload
	// unwatch ends the wait for the context's end; nil when it never ends.
	unwatch func() bool

	// stale is set when a kept connection ended before the answer began.
	stale bool
	// unsent is set with stale when nothing was written.
	unsent bool
}

// errGone is why an exchange did not begin: its connection had ended while it
// was idle.
var errGone = errors.New("transport: the connection is gone")

// attempt runs the exchange on the first connection of get's that is alive.
func (x *exchange) attempt(get func(context.Context) (*conn, error)) (*http.Response, error) {
	for {
		c, err := get(x.ctx)
		if err != nil {
			closeBody(x.req)
			return nil, err
		}
		x.conn = c
		if res, err := x.run(); err != errGone {
			return res, err
		}
	}
}

// run sends the request and reads the answer's head. The connection is closed
// when it fails, and belongs to the response's body when it does not. After
// errGone it may be run on another.
func (x *exchange) run() (*http.Response, error) {
	c := x.conn
	head := x.plain()
	if c.reused && (head == nil || c.asker == nil) && !c.alive() {
		c.close()
		return nil, errGone
	}
	if x.trace != nil && x.trace.GotConn != nil {
		info := httptrace.GotConnInfo{Conn: c.wire, Reused: c.reused, WasIdle: c.reused}
		if c.reused {
			info.IdleTime = time.Since(c.idleSince)
		}
		x.trace.GotConn(info)
	}
	if x.ctx.Done() != nil {
		x.unwatch = context.AfterFunc(x.ctx, c.abort)
	}
	c.left, c.written = c.pool.t.cfg.MaxHeader, 0
	if err := x.write(head); err != nil {
		return nil, x.fail(err)
	}
	// The first byte tells a connection that the server gave up from an
	// answer that broke off.
	if _, err := c.in.Peek(1); err != nil {
		x.stale = c.reused && !timeout(err)
		if err == io.EOF {
			err = fmt.Errorf("transport: server closed the connection without an answer: %w", err)
		}
		return nil, x.fail(err)
	}
	if x.trace != nil && x.trace.GotFirstResponseByte != nil {
		x.trace.GotFirstResponseByte()
	}
	res, err := x.head()
	if err != nil {
		if c.left <= 0 {
			err = errHeaderTooLong
		}
		return nil, x.fail(err)
	}
	c.left = math.MaxInt64
	if x.upload != nil {
		x.upload.answered(x.ctx)
	}
	res.TLS = c.tls
	x.attach(res)
	return res, nil
}

// plain returns the bytes of a plain request, or nil. It lasts until
// something is written to the connection.
func (x *exchange) plain() []byte {
	if x.trace != nil { // traces want to hear of each field
		return nil
	}
	head, plain := appendHead(x.conn.out.AvailableBuffer(), x.req, x.conn.pool.field)
	if !plain {
		return nil
	}
	return head
}

// write writes the request, or starts to; head is a plain one's. What a
// server said before it broke the connection is the answer.
func (x *exchange) write(head []byte) error {
	c := x.conn
	if beside(x.req) {
		x.upload = startUpload(c, x.req)
		return nil
	}
	err := x.send(head)
	if err == nil || err == errGone || c.broken == nil || timeout(err) {
		return err
	}
	_ = c.wire.SetReadDeadline(time.Now().Add(answerWait))
	if _, silent := c.in.Peek(1); silent == nil {
		c.rebound(x.ctx)
		return nil
	}
	x.stale, x.unsent = c.reused, c.written == 0
	return err
}

// send writes the whole request.
func (x *exchange) send(head []byte) error {
	c := x.conn
	switch {
	case head == nil:
		if err := x.req.Write(c.out); err != nil {
			return err
		}
		return c.out.Flush()
	case c.asker == nil:
		_, err := writing{c}.Write(head)
		return err
	}
	alive, err := c.ask(head)
	if !alive {
		return errGone
	}
	return err
}

// head reads the final answer's status line and headers.
func (x *exchange) head() (*http.Response, error) {
	if res := readPlain(x.conn.in, x.req); res != nil {
		if x.upload != nil {
			x.upload.decide(!wantsClose(x.req)) // as below
		}
		return res, nil
	}
	for {
		res, err := http.ReadResponse(x.conn.in, x.req)
		if err != nil {
			return nil, err
		}
		if informal := res.StatusCode/100 == 1; !informal || res.StatusCode == http.StatusSwitchingProtocols {
			if x.upload != nil {
				// Either the body is sent now or the connection is lost.
				x.upload.decide(!res.Close && !wantsClose(x.req))
			}
			return res, nil
		}
		if res.StatusCode == http.StatusContinue {
			if x.upload != nil {
				x.upload.decide(true)
			}
			if x.trace != nil && x.trace.Got100Continue != nil {
				x.trace.Got100Continue()
			}
		}
		if x.trace != nil && x.trace.Got1xxResponse != nil {
			if err := x.trace.Got1xxResponse(res.StatusCode, textproto.MIMEHeader(res.Header)); err != nil {
				return nil, err
			}
			x.conn.left = x.conn.pool.t.cfg.MaxHeader // who looks at them counts them
		}
	}
}

// attach gives the response a body that returns the connection.
func (x *exchange) attach(res *http.Response) {
	// A code below 100 means nothing.
	keep := !res.Close && !wantsClose(x.req) && res.StatusCode >= 100
	switch {
	case res.StatusCode == http.StatusSwitchingProtocols:
		res.Body = &upgraded{x: *x}
	case x.req.Method == http.MethodHead, res.Body == http.NoBody, res.Body == nil:
		x.finish(keep)
		res.Body = http.NoBody
	default:
		b, own := res.Body.(*body)
		if !own {
			b = &body{source: res.Body}
		}
		b.x, b.left, b.keep = *x, res.ContentLength, keep
		res.Body = b
	}
}

// fail closes the connection and says why the exchange failed.
func (x *exchange) fail(err error) error {
	if x.upload != nil {
		err = x.upload.reason(err)
	}
	x.finish(false)
	return err
}

// finish gives the connection back, or closes it.
func (x *exchange) finish(keep bool) {
	c := x.conn
	if x.unwatch != nil && !x.unwatch() {
		keep = false // abort may run at any moment
	}
	if keep && x.upload != nil {
		keep = x.upload.written()
	}
	// Neither a connection that cannot be written to, nor one on which more
	// was said than asked.
	keep = keep && c.broken == nil && c.in.Buffered() == 0
	if keep {
		c.pool.release(c)
	} else {
		c.close()
		if x.upload != nil {
			x.upload.stop()
		}
	}
	if x.trace != nil && x.trace.PutIdleConn != nil {
		var err error
		if !keep {
			err = errNotKept
		}
		x.trace.PutIdleConn(err)
	}
}
