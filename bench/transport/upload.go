package transport

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"sync"
	"time"
)

// inline is the largest body that is written before the answer is read. A
// socket takes that much while its peer reads nothing.
const inline = 16 << 10

// Bounds of the waits of an upload.
const (
	// writeWait is how long a connection whose answer is complete waits for
	// the rest of the request, as in net/http.
	writeWait = 50 * time.Millisecond
	// answerWait is how long an answer is awaited whose request broke off.
	answerWait = 50 * time.Millisecond
)

var (
	errNotKept   = errors.New("transport: the connection was not kept")
	errUnwanted  = errors.New("transport: the server did not want the body")
	errAbandoned = errors.New("transport: the request was given up")
)

// beside reports whether the body must be written beside the reading.
func beside(req *http.Request) bool {
	if bodyless(req) {
		return false
	}
	return req.GetBody == nil || req.ContentLength < 0 || req.ContentLength > inline || expects(req)
}

func expects(req *http.Request) bool {
	return !bodyless(req) && hasToken(req.Header["Expect"], "100-continue")
}

// upload writes a request in a goroutine of its own.
type upload struct {
	conn *conn
	body io.ReadCloser
	// wanted has one value, whether the body is; nil when nobody is asked.
	// Heard is set when it was received, or not in time.
	wanted   chan bool
	heard    bool
	patience time.Duration

	stopped chan struct{}
	once    sync.Once
	mu      sync.Mutex
	settled bool // the answer has begun: the writing must not end it
	cut     bool // the reading got a deadline by the writing
	// done is closed when the request is written, or could not be.
	done    chan struct{}
	err     error // of the writing; valid when done
	bodyErr error // of the request's body alone
}

func startUpload(c *conn, req *http.Request) *upload {
	u := &upload{
		conn: c, body: req.Body, patience: c.pool.t.cfg.ContinueTimeout,
		stopped: make(chan struct{}), done: make(chan struct{}),
	}
	if expects(req) {
		u.wanted = make(chan bool, 1)
	}
	own := *req
	own.Body = u
	go u.run(&own)
	return u
}

func (u *upload) run(req *http.Request) {
	defer close(u.done)
	err := req.Write(u.conn.out) // flushes the headers before it reads the body
	if err == nil {
		err = u.conn.out.Flush()
	}
	u.err = err
	if err == nil || errors.Is(u.bodyErr, errUnwanted) {
		return
	}
	// The answer may be on its way: a server may end a request that it
	// refuses. But not when the body is at fault.
	until := time.Now().Add(answerWait)
	if u.bodyErr != nil {
		until = time.Unix(1, 0)
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.settled {
		u.cut = true
		_ = u.conn.wire.SetReadDeadline(until)
	}
}

// decide says whether the server wants the body. The first word counts.
func (u *upload) decide(wanted bool) {
	select {
	case u.wanted <- wanted: // blocks when nil
	default:
	}
}

// answered says that the answer has begun, which what becomes of the request
// must not cut short.
func (u *upload) answered(ctx context.Context) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.settled = true
	if u.cut {
		u.conn.rebound(ctx)
	}
}

// Read is the body's, once it is wanted.
func (u *upload) Read(b []byte) (int, error) {
	if u.wanted != nil && !u.heard {
		if err := u.wait(); err != nil {
			u.bodyErr = err
			return 0, err
		}
		u.heard = true
	}
	n, err := u.body.Read(b)
	if err != nil && err != io.EOF {
		u.bodyErr = err
	}
	return n, err
}

// Close is the body's.
func (u *upload) Close() error { return u.body.Close() }

// wait waits for the server's word, or long enough without it.
func (u *upload) wait() error {
	timer := time.NewTimer(u.patience)
	defer timer.Stop()
	select {
	case wanted := <-u.wanted:
		if !wanted {
			return errUnwanted
		}
	case <-timer.C:
	case <-u.stopped:
		return errAbandoned
	}
	return nil
}

// written reports whether the request left whole, and soon enough.
func (u *upload) written() bool {
	select {
	case <-u.done:
		return u.err == nil
	default:
	}
	timer := time.NewTimer(writeWait)
	defer timer.Stop()
	select {
	case <-u.done:
		return u.err == nil
	case <-timer.C:
		return false
	}
}

// stop gives the writing up. The connection is closed already; what remains
// is a body that waits to be wanted.
func (u *upload) stop() { u.once.Do(func() { close(u.stopped) }) }

// reason is why an exchange failed whose reading ended with err.
func (u *upload) reason(err error) error {
	select {
	case <-u.done:
	default:
		return err
	}
	switch {
	case u.bodyErr != nil && u.bodyErr != errUnwanted && u.bodyErr != errAbandoned:
		return u.bodyErr
	case u.err != nil && errors.Is(err, os.ErrDeadlineExceeded):
		return u.err
	}
	return err
}
