package replication

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync"
	"time"

	"rung/targets"
)

// Config is what a member is given.
type Config struct {
	// Self is the member's own name in Spec.Members.
	Self    string
	Spec    targets.Replication
	Storage Storage
	// Dial opens a connection on which the other member calls Serve.
	Dial func(ctx context.Context, member string) (net.Conn, error)
	// Log receives what concerns no caller. Nil is silent.
	Log *slog.Logger
	// Now tells the time of events and of entries. Nil means time.Now, whose
	// monotonic part leases count by.
	Now  func() time.Time
	Seed uint64
	// OnRole, if set, is called when Writable changes, one call at a time. It
	// must not block or call the Group.
	OnRole func(primary bool)
}

// Group is one running member of a replication group. It is safe for
// concurrent use.
type Group struct {
	config Config
	log    *slog.Logger
	now    func() time.Time

	mu      sync.Mutex
	core    *core
	waiters map[*waiter]struct{}
	events  []targets.Event
	open    bool // what OnRole was last told
	failed  error
	conns   map[net.Conn]bool

	peers []*peer
	work  chan func()

	ctx    context.Context
	stop   context.CancelFunc
	tasks  sync.WaitGroup
	once   sync.Once
	closed bool
}

// waiter waits for the acknowledgement of a write.
type waiter struct {
	at   Position
	done chan error
}

// Start starts a member. The caller must call Close.
func Start(config Config) (*Group, error) {
	self := slices.Index(config.Spec.Members, config.Self)
	if self < 0 {
		return nil, fmt.Errorf("group member %q: it is not one of %q", config.Self, config.Spec.Members)
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	c, err := newCore(config.Now(), self, config.Spec, config.Storage)
	if err != nil {
		return nil, fmt.Errorf("group member %q: %w", config.Self, err)
	}
	g := &Group{config: config, log: config.Log.With("member", config.Self), now: config.Now, core: c,
		waiters: map[*waiter]struct{}{}, conns: map[net.Conn]bool{}, work: make(chan func(), 4)}
	g.ctx, g.stop = context.WithCancel(context.Background())
	for i, name := range config.Spec.Members {
		p := newPeer(g, i, name)
		g.peers = append(g.peers, p)
		if i != self {
			g.tasks.Go(p.run)
		}
	}
	g.tasks.Go(g.labour)
	g.tasks.Go(g.pulse)
	return g, nil
}

// pulse lets the core feel the time pass.
func (g *Group) pulse() {
	ticker := time.NewTicker(max(g.config.Spec.Heartbeat/2, time.Millisecond))
	defer ticker.Stop()
	for {
		g.input(func(now time.Time) error { return g.core.tick(now) })
		select {
		case <-g.ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// labour does the storage's slow work, one piece after another.
func (g *Group) labour() {
	for {
		select {
		case <-g.ctx.Done():
			return
		case do := <-g.work:
			do()
		}
	}
}

// input hands the core something and carries out what it wants. An error is
// the storage's: the member ends its primacy and takes no further part.
func (g *Group) input(do func(now time.Time) error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.locked(do)
}

func (g *Group) locked(do func(now time.Time) error) {
	if g.failed != nil || g.closed {
		return
	}
	now := g.now()
	if err := do(now); err != nil {
		g.failed = err
		g.log.Error("the member takes no further part", "error", err)
		g.core.stepDown(now, err.Error())
	}
	g.carryOut(now)
}

// carryOut does what the core wants done. The lock is held.
func (g *Group) carryOut(now time.Time) {
	out := g.core.take()
	for _, e := range out.to {
		g.peers[e.to].put(e.m)
	}
	if out.apply != nil {
		g.work <- func() { g.apply(out.apply) }
	}
	for _, o := range out.offer {
		g.tasks.Go(func() { g.sendSnapshot(o) })
	}
	g.remember(out.events)
	if out.changed || g.open != g.core.writable(now) {
		g.settle(now)
	}
}

// apply has the storage apply a batch.
func (g *Group) apply(entries []Entry) {
	err := g.config.Storage.Apply(g.ctx, entries)
	if err != nil && g.ctx.Err() == nil {
		g.log.Error("apply", "entries", len(entries), "error", err)
	}
	last := entries[len(entries)-1].Position
	g.input(func(now time.Time) error {
		g.core.applied(now, last, err != nil)
		return nil
	})
}

const (
	// eventsMost are remembered.
	eventsMost = 1000
	// waitersMost writes may wait for their acknowledgement at once.
	waitersMost = 100_000
)

func (g *Group) remember(events []targets.Event) {
	for _, e := range events {
		g.log.Info(e.What, "subject", e.Subject, "cause", e.Cause)
	}
	g.events = append(g.events, events...)
	if over := len(g.events) - eventsMost; over > 0 {
		g.events = slices.Delete(g.events, 0, over)
	}
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
	reached := uint64(0)
	if writable {
		reached = g.core.acknowledged()
	}
	for w := range g.waiters {
		switch {
		case g.core.role != primary || g.core.term != w.at.Term:
			w.done <- ErrFenced
		case w.at.Index <= reached:
			w.done <- nil
		default:
			continue
		}
		delete(g.waiters, w)
	}
}

// Append gives the next position to a write and calls commit with it, which
// must make the write and its log entry durable together. Entries get
// positions in the order of commits. When this member may not accept writes
// now it returns ErrNotPrimary and does not call commit. After an error of
// commit the log is as it was.
func (g *Group) Append(ctx context.Context, commit func(p Position, at time.Time) error) (Position, error) {
	if err := ctx.Err(); err != nil {
		return Position{}, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed || g.failed != nil || !g.core.writable(g.now()) {
		return Position{}, ErrNotPrimary
	}
	p := g.core.next()
	if err := commit(p, g.now()); err != nil {
		return Position{}, err
	}
	g.locked(func(now time.Time) error {
		g.core.committed(now, p)
		return nil
	})
	return p, nil
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
	g.waiters[w] = struct{}{}
	g.settle(g.now())
	g.mu.Unlock()
	select {
	case err := <-w.done:
		return err
	case <-ctx.Done():
		g.mu.Lock()
		delete(g.waiters, w)
		g.mu.Unlock()
		return ctx.Err()
	}
}

// Writable says whether this member may accept writes now.
func (g *Group) Writable() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return !g.closed && g.core.writable(g.now())
}

// Events returns what happened to the member, oldest first, at most 1,000. What
// is "suspect" (the lease of the primary ran out), "elected", "promoted" (it
// accepts writes), "demoted", "following", "diverged" (own entries are not in
// the group's log), "restored" (from a snapshot), and of the synchronous set
// "left" and "joined".
func (g *Group) Events() []targets.Event {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.events)
}

// Close ends the member at once. It may be called more than once.
func (g *Group) Close() error {
	g.once.Do(func() {
		g.mu.Lock()
		g.closed = true
		for w := range g.waiters {
			w.done <- ErrFenced
			delete(g.waiters, w)
		}
		if g.open && g.config.OnRole != nil {
			g.open = false
			g.config.OnRole(false)
		}
		conns := g.conns
		g.conns = nil
		g.mu.Unlock()
		g.stop()
		for c := range conns {
			c.Close()
		}
		g.tasks.Wait()
	})
	return nil
}

// keep notes a connection, so that Close can end it; false when it is too
// late.
func (g *Group) keep(c net.Conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false
	}
	g.conns[c] = true
	return true
}

func (g *Group) forget(c net.Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.conns, c)
}

var errClosed = errors.New("the member is closed")
