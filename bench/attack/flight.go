package attack

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"rung/bench"
)

// flight is one request from the courier to its sample: what is sent, and
// what vegeta's result does not tell of the answer. It belongs to the worker
// until the result is handed over.
type flight struct {
	seq     uint64
	request bench.Request
	header  http.Header
	bytes   int64
	err     error

	// What is sent, kept together so that a request costs no allocations.
	// out and limit point to each other.
	out   *http.Request
	url   url.URL
	limit limit
	sent  http.Header
	// answer is the body that is given to vegeta.
	answer payload
	// once is set when the flight must not be used again.
	once bool
}

func newFlight(dials *atomic.Int64) *flight {
	f := &flight{sent: http.Header{}, limit: limit{dials: dials}}
	f.out = (&http.Request{
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: f.sent, URL: &f.url,
	}).WithContext(&f.limit)
	return f
}

// limit is the context of a request for a transport that keeps a Deadline
// without being woken: no timer, no goroutine.
type limit struct {
	deadline time.Time
	dials    *atomic.Int64
}

// Deadline implements context.Context.
func (l *limit) Deadline() (time.Time, bool) { return l.deadline, true }

// Done is nil: nobody waits for it.
func (l *limit) Done() <-chan struct{} { return nil }

// Err implements context.Context.
func (l *limit) Err() error {
	if time.Now().Before(l.deadline) {
		return nil
	}
	return context.DeadlineExceeded
}

// Value knows the attack's counter of dials.
func (l *limit) Value(key any) any {
	if key == (dialsKey{}) {
		return l.dials
	}
	return nil
}

// shards of flights, so that workers seldom meet at a lock.
const shards = 64

// flights are keyed by sequence number. They are at most as many as workers,
// because a worker starts no request before its last result was taken.
type flights struct {
	free   sync.Pool
	shards [shards]shard
}

type shard struct {
	mu    sync.Mutex
	bySeq map[uint64]*flight
	_     [48]byte // a cache line each
}

func newFlights(dials *atomic.Int64) *flights {
	f := &flights{free: sync.Pool{New: func() any { return newFlight(dials) }}}
	for i := range f.shards {
		f.shards[i].bySeq = make(map[uint64]*flight)
	}
	return f
}

// start returns an empty flight that take will find.
func (f *flights) start(seq uint64) *flight {
	one := f.free.Get().(*flight)
	one.seq = seq
	s := &f.shards[seq%shards]
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bySeq[seq] = one
	return one
}

// take removes and returns a flight, or nil.
func (f *flights) take(seq uint64) *flight {
	s := &f.shards[seq%shards]
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.bySeq[seq]
	delete(s.bySeq, seq)
	return one
}

// end takes a flight back that nobody uses any more.
func (f *flights) end(one *flight) {
	if one.once || one.err != nil {
		return // its transport may not have let go of it
	}
	one.request, one.header, one.bytes = bench.Request{}, nil, 0
	one.answer = payload{}
	f.free.Put(one)
}

// payload is an answer's body that counts its bytes and ends the request's
// time-out, if it has a timer, when it is closed.
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
	if p.cancel != nil {
		defer p.cancel()
	}
	return p.ReadCloser.Close()
}
