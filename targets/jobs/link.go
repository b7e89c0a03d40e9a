package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
)

// Errors of this package. Use errors.Is.
var (
	// ErrClosed says that the publisher, consumer or admin was closed.
	ErrClosed = errors.New("client of the queue is closed")
	// ErrUnavailable says that no queue could be reached.
	ErrUnavailable = errors.New("queue is unavailable")
	// ErrBusy says that a queue answered, and refused the job.
	ErrBusy = errors.New("queue is busy")
	// ErrUncertain says that a job was sent and not answered: it may be
	// stored.
	ErrUncertain = errors.New("outcome is unknown")
	// errLost ends waits of a connection that broke.
	errLost = errors.New("connection lost")
)

const (
	// reconnectWait is the pause between two tries to connect. NATS' own
	// default is 2 s; the emulated sites are faster than that.
	reconnectWait = 100 * time.Millisecond
	// pingInterval and pingsOut find a broker that is connected and mute.
	pingInterval = time.Second
	pingsOut     = 3
)

// Endpoint is where a queue is.
type Endpoint struct {
	// Name of the queue's role, which Dial gets.
	Name string
	// Address is host:port.
	Address string
}

// link is a connection to one queue, made when it is first used, and made
// again whenever it breaks.
type link struct {
	queue   Endpoint
	dial    func(ctx context.Context, queue string) (net.Conn, error)
	timeout time.Duration
	log     *slog.Logger
	name    string
	up      func() // called when a connection stands
	drops   atomic.Int64

	life context.Context // ends with close
	end  context.CancelFunc

	mu      sync.Mutex
	started bool
	ready   chan struct{} // closed when the first try has ended
	nc      *nats.Conn    // set before ready is closed
	failure error         // likewise, when there is no nc
	lost    chan struct{} // closed when the connection breaks, then replaced
}

func newLink(queue Endpoint, name string, timeout time.Duration, log *slog.Logger,
	dial func(ctx context.Context, queue string) (net.Conn, error), up func()) *link {
	l := &link{queue: queue, dial: dial, timeout: timeout, log: log, name: name, up: up,
		ready: make(chan struct{}), lost: make(chan struct{})}
	l.life, l.end = context.WithCancel(context.Background())
	return l
}

// Dial makes a link a dialer for NATS. The address is that of the endpoint.
func (l *link) Dial(network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(l.life, l.timeout)
	defer cancel()
	if l.dial != nil {
		return l.dial(ctx, l.queue.Name)
	}
	return (&net.Dialer{}).DialContext(ctx, network, address)
}

// conn returns the connection if it stands, and a channel that is closed when
// it breaks. The first call connects, and waits for that as long as ctx lasts.
func (l *link) conn(ctx context.Context) (*nats.Conn, <-chan struct{}, error) {
	l.mu.Lock()
	if l.life.Err() != nil {
		l.mu.Unlock()
		return nil, nil, ErrClosed
	}
	if !l.started {
		l.started = true
		go l.connect()
	}
	lost := l.lost
	l.mu.Unlock()
	select {
	case <-l.ready:
	case <-ctx.Done():
		return nil, nil, fmt.Errorf("queue %s: %w: %w", l.queue.Name, ErrUnavailable, context.Cause(ctx))
	}
	if l.failure != nil {
		return nil, nil, fmt.Errorf("queue %s: %w: %w", l.queue.Name, ErrUnavailable, l.failure)
	}
	if !l.nc.IsConnected() {
		return nil, nil, fmt.Errorf("queue %s: %w: %s", l.queue.Name, ErrUnavailable, l.nc.Status())
	}
	return l.nc, lost, nil
}

// connect makes the connection. It fails for wrong settings only: a queue that
// is away is tried again in the background.
func (l *link) connect() {
	nc, err := nats.Connect("nats://"+l.queue.Address,
		nats.Name(l.name), nats.SetCustomDialer(l), nats.Timeout(l.timeout),
		nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1),
		nats.ReconnectWait(reconnectWait), nats.ReconnectJitter(reconnectWait/2, reconnectWait/2),
		// What is published while there is no connection fails at once: it
		// must not be sent later, when its publisher has given up.
		nats.ReconnectBufSize(-1),
		// A queue is the one that was configured.
		nats.IgnoreDiscoveredServers(), nats.DontRandomize(),
		nats.PingInterval(pingInterval), nats.MaxPingsOutstanding(pingsOut),
		nats.ConnectHandler(func(*nats.Conn) { l.stands() }),
		nats.ReconnectHandler(func(*nats.Conn) { l.stands() }),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) { l.broke(err) }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			l.log.Warn("queue reports an error", "queue", l.queue.Name, "error", err)
		}))
	l.mu.Lock()
	l.nc, l.failure = nc, err
	l.mu.Unlock()
	close(l.ready)
}

func (l *link) stands() {
	l.log.Debug("connected to queue", "queue", l.queue.Name)
	if l.up != nil {
		l.up()
	}
}

func (l *link) broke(err error) {
	if l.life.Err() == nil {
		l.drops.Add(1)
		l.log.Info("connection to queue is lost", "queue", l.queue.Name, "error", err)
	}
	l.mu.Lock()
	close(l.lost)
	l.lost = make(chan struct{})
	l.mu.Unlock()
}

// connected says whether the connection stands now.
func (l *link) connected() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.nc != nil && l.nc.IsConnected()
}

// breaking returns a channel that is closed when the connection breaks.
func (l *link) breaking() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lost
}

// bound returns a context that also ends, with errLost, when the connection
// breaks, and with ErrClosed when the link is closed.
func (l *link) bound(ctx context.Context, lost <-chan struct{}) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	over := make(chan struct{})
	go func() {
		select {
		case <-lost:
			cancel(errLost)
		case <-l.life.Done():
			cancel(ErrClosed)
		case <-over:
		}
	}()
	return ctx, func() { close(over); cancel(nil) }
}

// close ends the connection and every wait for it. It may be called again.
func (l *link) close() {
	l.mu.Lock()
	l.end()
	started := l.started
	if !started {
		l.started = true
		l.failure = ErrClosed
		close(l.ready)
	}
	l.mu.Unlock()
	if started {
		<-l.ready // bounded by the timeout of a dial, which life cuts short
		if l.nc != nil {
			l.nc.Close()
		}
	}
}
