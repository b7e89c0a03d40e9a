package balancer

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
)

const (
	// bufferedBody is the largest request body, in bytes, that is held in
	// memory so that it can be sent again. A longer one streams.
	bufferedBody = 64 << 10
	// largestBody bounds a request body, in bytes; beyond it is 413.
	largestBody = 64 << 20
)

// errRevoked ends the reading of a try that was given up.
var errRevoked = errors.New("the try is over")

// payload is the body of one request, for all its tries.
type payload struct {
	header int64  // Content-Length of the client's request, -1 unknown
	small  []byte // the whole body, unless stream is set
	stream io.Reader
	// broken is the client's failure to deliver the body.
	broken atomic.Pointer[error]
}

// newPayload reads a small body whole and prepares a large one for streaming.
// An error is the client's.
func newPayload(r *http.Request) (*payload, error) {
	p := &payload{header: r.ContentLength}
	switch {
	case r.Body == nil || r.Body == http.NoBody:
		return p, nil
	case r.ContentLength > bufferedBody || len(r.Trailer) > 0:
		p.stream = r.Body
		return p, nil
	}
	start, err := io.ReadAll(io.LimitReader(r.Body, bufferedBody+1))
	if err != nil {
		return nil, fmt.Errorf("read request body: %w", err)
	}
	if len(start) <= bufferedBody {
		p.small = start
		return p, nil
	}
	p.stream = io.MultiReader(bytes.NewReader(start), r.Body)
	return p, nil
}

// attach gives the body to one try. The returned function takes it back after
// the try failed; it reports whether another try may have it.
func (p *payload) attach(out *http.Request) (back func() bool) {
	// Without GetBody, net/http's transport repeats no request with a body
	// by itself, so that this package alone decides.
	out.GetBody = nil
	if p.stream == nil {
		out.Body, out.ContentLength = nil, 0
		if len(p.small) > 0 {
			out.Body, out.ContentLength = io.NopCloser(bytes.NewReader(p.small)), int64(len(p.small))
		}
		return func() bool { return true }
	}
	loan := &loan{payload: p}
	out.Body, out.ContentLength = loan, p.header
	return func() bool { return loan.state.CompareAndSwap(fresh, revoked) }
}

// clientError returns the client's failure to deliver the body, if any.
func (p *payload) clientError() error {
	if err := p.broken.Load(); err != nil {
		return *err
	}
	return nil
}

// The states of a loan.
const (
	fresh int32 = iota
	begun
	revoked
)

// loan is a streamed body in the hands of one try. Its first Read takes the
// stream for good; if none came, the next try may have it.
type loan struct {
	*payload
	state atomic.Int32
}

func (l *loan) Read(b []byte) (int, error) {
	if l.state.Load() != begun && !l.state.CompareAndSwap(fresh, begun) {
		return 0, errRevoked
	}
	n, err := l.stream.Read(b)
	if err != nil && err != io.EOF {
		l.broken.CompareAndSwap(nil, &err)
	}
	return n, err
}

// Close does nothing: the balancer's own HTTP server closes the body.
func (l *loan) Close() error { return nil }
