package store

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"
)

// sqlFarewell is how long the connections may take to say goodbye when the store is
// closed. A server that is stuck never hears it.
const sqlFarewell = time.Second

// errCut says that connections are not wanted.
var errCut = errors.New("member is given up, or the store closed")

// lifeline ends connections and dials together: all of them with the store, and those to
// one member when it is found to be dead. Pgx lets connections that timed out go only 15
// seconds later if the server does not say anything, and what waits for an answer of the
// dead would wait for its own time-out.
type lifeline struct {
	dial  func(ctx context.Context, network, address string) (net.Conn, error)
	store context.Context // ends with the store

	mu   sync.Mutex
	life context.Context // ends with cut, or with the store; begins anew with mend
	end  context.CancelFunc
}

func newLifeline(store context.Context, dial func(ctx context.Context, network, address string) (net.Conn, error)) *lifeline {
	l := &lifeline{dial: dial, store: store}
	l.life, l.end = context.WithCancel(store)
	return l
}

// cut ends what there is, and dials fail at once until mend. Otherwise pgx would go on
// dialling the dead, to cancel statements there, and not free their place in the pool.
func (l *lifeline) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.end()
}

func (l *lifeline) mend() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.life.Err() != nil && l.store.Err() == nil {
		l.life, l.end = context.WithCancel(l.store)
	}
}

// DialContext is like that of net.Dialer.
func (l *lifeline) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	l.mu.Lock()
	life := l.life
	l.mu.Unlock()
	if life.Err() != nil {
		return nil, errCut
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(life, cancel)()
	c, err := l.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &lifelineConn{Conn: c, stop: context.AfterFunc(life, func() { _ = c.Close() })}, nil
}

// lifelineConn is a connection that ends with its lifeline.
type lifelineConn struct {
	net.Conn
	stop func() bool
}

// Close may be called again.
func (c *lifelineConn) Close() error {
	c.stop()
	return c.Conn.Close()
}

// closePools closes every connection, and cuts those that are left after a time.
func (s *SQL) closePools() {
	late := time.AfterFunc(sqlFarewell, s.cut)
	defer late.Stop()
	defer s.cut()
	var all sync.WaitGroup
	for _, m := range s.group.members {
		all.Go(m.pool.Close)
	}
	all.Wait()
}
