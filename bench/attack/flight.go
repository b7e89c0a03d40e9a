package attack

import (
	"context"
	"io"
	"net/http"
	"sync"

	"rung/bench"
)

// flight is what the courier learns of a request and vegeta's result does not
// tell. It belongs to the worker until the result is handed over.
type flight struct {
	request bench.Request
	header  http.Header
	bytes   int64
	err     error
}

// flights are keyed by sequence number. They are at most as many as workers,
// because a worker starts no request before its last result was taken.
type flights struct {
	mu    sync.Mutex
	bySeq map[uint64]*flight
}

func (f *flights) add(seq uint64, one *flight) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.bySeq[seq] = one
}

// take removes and returns a flight, or nil.
func (f *flights) take(seq uint64) *flight {
	f.mu.Lock()
	defer f.mu.Unlock()
	one := f.bySeq[seq]
	delete(f.bySeq, seq)
	return one
}

// payload is an answer's body that counts its bytes and ends the request's
// time-out when it is closed.
type payload struct {
	io.ReadCloser
	flight *flight
	cancel context.CancelFunc
}

func (p *payload) Read(b []byte) (int, error) {
	n, err := p.ReadCloser.Read(b)
	p.flight.bytes += int64(n)
	if err != nil && err != io.EOF {
		p.flight.err = err
	}
	return n, err
}

func (p *payload) Close() error {
	defer p.cancel()
	return p.ReadCloser.Close()
}
