package replication

import (
	"context"
	"errors"
	"time"
)

// waitersMost writes may wait for their acknowledgement at once.
const waitersMost = 100_000

var errPanicked = errors.New("the commit panicked")

// waiter waits for the acknowledgement of a write.
type waiter struct {
	at   Position
	done chan error
}

// settle answers those who wait, and tells of a change of the primacy.
func (g *Group) settle(now time.Time) {
	writable := g.core.writable(now)
	if writable != g.open {
		g.open = writable
		if g.config.OnRole != nil {
			g.config.OnRole(writable)
		}
	}
	reached := g.core.reached(now)
	for w := range g.waiters {
		if g.answer(w, reached) {
			delete(g.waiters, w)
		}
	}
}

// answer tells a waiter how its write ended, if it has.
func (g *Group) answer(w *waiter, reached uint64) bool {
	switch {
	case g.core.role != primary || g.core.term != w.at.Term:
		w.done <- ErrFenced
	case w.at.Index <= reached:
		w.done <- nil
	default:
		return false
	}
	return true
}

// Append gives the next position to a write and calls commit with it, which
// must make the write and its log entry durable together. Entries get
// positions in the order of commits. When this member may not accept writes
// now it returns ErrNotPrimary and does not call commit. After an error of
// commit the log is as it was. One commit runs at a time; others wait for it, or
// for the end of ctx. The group's storage applies nothing meanwhile.
func (g *Group) Append(ctx context.Context, commit func(p Position, at time.Time) error) (Position, error) {
	select {
	case g.commit <- struct{}{}:
	case <-ctx.Done():
		return Position{}, ctx.Err()
	}
	defer func() { <-g.commit }()
	p, at, err := g.begin()
	if err != nil {
		return Position{}, err
	}
	err = errPanicked // unless commit returns
	defer func() {
		g.input(func(now time.Time) error {
			g.core.finish(now, p, err != nil)
			return nil
		})
	}()
	if err = commit(p, at); err != nil {
		return Position{}, err
	}
	return p, nil
}

// begin gives a write its position and its time.
func (g *Group) begin() (p Position, at time.Time, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	at = g.now()
	ok := g.failed == nil && !g.closed
	if ok {
		p, ok = g.core.begin(at)
	}
	if !ok {
		return p, at, ErrNotPrimary
	}
	return p, at, nil
}

// Wait returns nil when the write at p may be acknowledged by the mode, with a
// lease that was valid at that moment; ErrFenced when this member lost its
// primacy before that; or the context's error.
func (g *Group) Wait(ctx context.Context, p Position) error {
	w := &waiter{at: p, done: make(chan error, 1)}
	g.mu.Lock()
	if g.closed || len(g.waiters) >= waitersMost {
		g.mu.Unlock()
		return ErrFenced
	}
	if !g.answer(w, g.core.reached(g.now())) {
		g.waiters[w] = struct{}{}
	}
	g.mu.Unlock()
	select {
	case err := <-w.done:
		return err
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.waiters, w)
	select {
	case err := <-w.done: // both at once
		return err
	default:
		return ctx.Err()
	}
}
