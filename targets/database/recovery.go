package database

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"
)

// Recovered is what became of the transactions that only one member still held.
type Recovered struct {
	// Restored are in the group's data now. Present were there already, so there
	// was nothing to do. Conflicts were left aside: a row is not what it was
	// before the transaction, or what that did is not known.
	Restored, Present, Conflicts int64
}

// Recover sends the transactions that only this member still holds to the present
// primary, in their order, as a client of it. Each is done as a whole or not at
// all. A row is inserted when its key is free, and changed or deleted when it
// still has the values that it had before the transaction; a row that already
// looks as after the transaction is present. Anything else is a conflict: nothing
// is overwritten, and the transaction stays aside with its reason, to be tried
// again by the next call.
//
// It waits a few leases for a primary. An error says that the recovery ended early; what it did until then counts, and
// a transaction whose outcome is unknown is found to be present by the next call.
// Without a group, and when nothing is kept aside, nothing is done. One call
// waits for another.
func (s *Server) Recover(ctx context.Context) (did Recovered, err error) {
	m := s.member
	if m == nil {
		return did, nil
	}
	select {
	case m.recovering <- struct{}{}:
		defer func() { <-m.recovering }()
	case <-ctx.Done():
		return did, ctx.Err()
	}
	kept := m.keepsake.list()
	if len(kept) == 0 {
		return did, nil
	}
	conn, end, err := s.toPrimary(ctx)
	if err != nil {
		return did, fmt.Errorf("recover: %w", err)
	}
	defer end()
	c, err := newClient(conn)
	if err != nil {
		return did, fmt.Errorf("recover: %w", err)
	}
	done, reasons := map[place]bool{}, map[place]string{}
	for _, d := range kept {
		result, reason, failed := c.restore(d)
		if failed != nil {
			err = fmt.Errorf("recover entry %d of term %d: %w", d.Index, d.Term, failed)
			break
		}
		switch result {
		case restored:
			did.Restored++
			done[d.place()] = true
		case present:
			did.Present++
			done[d.place()] = true
		default:
			did.Conflicts++
			reasons[d.place()] = reason
		}
	}
	return did, errors.Join(err, m.keepsake.settle(done, reasons))
}

// toPrimary connects to the primary, which may be this server. The connection
// ends with the context; end must be called.
func (s *Server) toPrimary(ctx context.Context) (net.Conn, func(), error) {
	primary, err := s.member.primary(ctx)
	if err != nil {
		return nil, nil, err
	}
	var conn net.Conn
	var end func()
	switch {
	case primary == s.config.Role:
		conn, end, err = s.toSelf()
	case s.config.Dial == nil:
		return nil, nil, errors.New("there is no way to other members")
	default:
		conn, err = s.config.Dial(ctx, primary)
		end = func() { conn.Close() }
	}
	if err != nil {
		return nil, nil, fmt.Errorf("connect to the primary %s: %w", primary, err)
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	return conn, func() { stop(); end() }, nil
}

// patience is how many leases a recovery waits for a primary: an election takes
// two or three.
const patience = 5

// primary waits until the member knows a primary.
func (m *member) primary(ctx context.Context) (string, error) {
	spec := m.server.spec.Replication
	ctx, cancel := context.WithTimeout(ctx, patience*spec.Lease)
	defer cancel()
	tick := time.NewTicker(spec.Heartbeat)
	defer tick.Stop()
	for {
		if name := m.group.Status().Primary; name != "" {
			return name, nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return "", fmt.Errorf("the group has no primary: %w", ctx.Err())
		}
	}
}

// toSelf opens a session of this server, inside of the process.
func (s *Server) toSelf() (net.Conn, func(), error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, nil, errors.New("the server is closed")
	}
	near, far := net.Pipe()
	over := make(chan struct{})
	s.serving.Add(1)
	go func() {
		defer s.serving.Done()
		defer close(over)
		s.attend(s.ctx, far)
	}()
	return near, func() { near.Close(); <-over }, nil
}
