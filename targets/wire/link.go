package wire

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"rung/targets"
	"rung/targets/clock"
)

// Link is one caller's wire to one node. Make it with NewLink. It is safe for
// concurrent use.
type Link struct {
	clk    *clock.Clock
	spec   targets.Link
	seed   uint64
	source string // address of dials; "" lets the system choose

	dials, bytesOut, bytesIn atomic.Int64

	impairment atomic.Pointer[targets.Impairment]

	mu      sync.Mutex
	changed chan struct{} // closed and replaced by every Impair
	closed  bool
	open    map[*conn]struct{}
	shuttle sync.WaitGroup // the goroutines of open connections

	buffers buffers
}

// NewLink makes a link as spec says, whose waits run on clk. Seed fixes the
// sequence of jitter and loss. The From and To of spec are not used: an
// address is given to every dial.
func NewLink(clk *clock.Clock, spec targets.Link, seed uint64) *Link {
	l := &Link{
		clk:     clk,
		spec:    spec,
		seed:    seed,
		changed: make(chan struct{}),
		open:    map[*conn]struct{}{},
	}
	l.impairment.Store(&targets.Impairment{})
	return l
}

// From makes ip the source address of every dial, so that each node of one
// real machine has an address of its own, and returns the link. Call it before
// the first dial. An ip that is none is reported by the dials.
func (l *Link) From(ip string) *Link {
	l.source = ip
	return l
}

// Impair replaces the present impairment, for new and for open connections.
// The zero Impairment heals. Data that is already on its way keeps the arrival
// time it has, but nothing arrives while the link is cut: TCP data then
// arrives when the link is healed, UDP data is lost. A Loss of 1 or more is a
// cut.
func (l *Link) Impair(i targets.Impairment) {
	if i.Loss >= 1 {
		i.Cut = true
	}
	l.mu.Lock()
	l.impairment.Store(&i)
	close(l.changed)
	l.changed = make(chan struct{})
	open := make([]*conn, 0, len(l.open))
	for c := range l.open {
		open = append(open, c)
	}
	l.mu.Unlock()
	for _, c := range open {
		c.impaired(i == targets.Impairment{})
	}
}

// Counts returns how many dials were started, and how many bytes of payload
// were written to and read from sockets.
func (l *Link) Counts() (dials, bytesOut, bytesIn int64) {
	return l.dials.Load(), l.bytesOut.Load(), l.bytesIn.Load()
}

// Close ends every open connection at once, also those that were closed and
// still have data on the way; that data is lost. It returns when nothing of
// them is left. Later dials fail with net.ErrClosed, later Closes do nothing.
//
// A link whose connections are all closed needs no Close: it has nothing left
// once their last data has arrived.
func (l *Link) Close() error {
	l.mu.Lock()
	l.closed = true
	open := make([]*conn, 0, len(l.open))
	for c := range l.open {
		open = append(open, c)
	}
	l.mu.Unlock()
	for _, c := range open {
		c.abort()
	}
	l.shuttle.Wait()
	return nil
}

// direct reports whether data passes without delay at present.
func (l *Link) direct() bool {
	return l.spec.OneWay == 0 && l.spec.Jitter == 0 && l.spec.Bandwidth == 0 &&
		*l.impairment.Load() == targets.Impairment{}
}

// cut reports whether nothing passes at present, and what is closed when that
// may have changed.
func (l *Link) cut() (bool, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.impairment.Load().Cut, l.changed
}

// begin accounts for the two goroutines of a connection; false means that the
// link is closed.
func (l *Link) begin() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.shuttle.Add(2)
	}
	return !l.closed
}

// delay draws the one-way delay of one packet.
func (l *Link) delay(random *rand.Rand) time.Duration {
	delay := l.spec.OneWay + l.impairment.Load().Extra
	if j := l.spec.Jitter; j > 0 {
		delay += time.Duration(random.Int64N(2*int64(j)+1)) - j
	}
	return max(delay, 0)
}
