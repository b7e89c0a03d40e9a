package store

import (
	"context"
	"net"
	"sync"
	"time"
)

// sqlFarewell is how long the connections may take to say goodbye when the store is
// closed. A server that is stuck never hears it.
const sqlFarewell = time.Second

// lifeline ends connections and dials of a store. Pgx lets those that timed out go only
// 15 seconds later if the server does not say anything.
type lifeline struct {
	dial func(ctx context.Context, network, address string) (net.Conn, error)
	life context.Context
}

// DialContext is like that of net.Dialer.
func (l lifeline) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(l.life, cancel)()
	c, err := l.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &lifelineConn{Conn: c, stop: context.AfterFunc(l.life, func() { _ = c.Close() })}, nil
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
