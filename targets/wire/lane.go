package wire

import (
	"net"
	"sync"
	"time"

	"rung/targets/clock"
)

const (
	// streamWindow bounds the buffers on their way in one direction of a TCP
	// connection; beyond it writers wait. It is Linux's largest automatic
	// send buffer (net.ipv4.tcp_wmem), so a long wire carries as much as a
	// real one.
	streamWindow = 4 << 20
	// datagramWindow bounds those of a UDP connection; beyond it datagrams are
	// lost. It holds as many small ones as the queue of a network card does
	// (txqueuelen, 1000).
	datagramWindow = 1000 * small
)

// lane is one direction of a connection: a bounded queue of chunks, each of
// which may be pulled when it has arrived. One goroutine at a time pushes and
// one pulls; pushTurn and pullTurn see to that.
type lane struct {
	clk  *clock.Clock
	link *Link

	pushTurn, pullTurn sync.Mutex
	// Told of every change that its side may wait for. Their buffer of one
	// keeps a change that comes just before the wait.
	pushNews, pullNews chan struct{}

	mu     sync.Mutex
	path   path
	chunks chunks
	size   int // of the buffers in chunks, not only of their data
	turn   uint64
	// Why nothing can be pushed or pulled any more.
	pushErr, pullErr error
	// When waits end; zero is never.
	pushDeadline, pullDeadline time.Time
}

func newLane(l *Link, number, stream uint64, datagrams bool) *lane {
	return &lane{
		clk: l.clk, link: l,
		pushNews: make(chan struct{}, 1),
		pullNews: make(chan struct{}, 1),
		path:     path{link: l, datagrams: datagrams, random: l.random(number, stream)},
	}
}

func tell(news chan struct{}) {
	select {
	case news <- struct{}{}:
	default:
	}
}

// wait waits for news, or until t unless t is zero.
func (l *lane) wait(t time.Time, news <-chan struct{}) error {
	if t.IsZero() {
		<-news
		return nil
	}
	_, err := l.clk.UntilOr(t, news)
	return err
}

// stopPush makes every push fail with err from now on. The first error stays,
// but for the user's own Close.
func (l *lane) stopPush(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.pushErr == nil || err == net.ErrClosed {
		l.pushErr = err
	}
	tell(l.pushNews)
}

// stopPull makes every pull fail with err from now on, and forgets what is on
// its way.
func (l *lane) stopPull(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.pullErr == nil {
		l.pullErr = err
	}
	for len(l.chunks) > 0 {
		l.drop()
	}
	tell(l.pullNews)
}

func (l *lane) setPushDeadline(t time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pushDeadline = t
	tell(l.pushNews)
}

func (l *lane) setPullDeadline(t time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pullDeadline = t
	tell(l.pullNews)
}
