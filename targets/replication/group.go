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

	sent  traffic
	peers []*peer
	work  chan func()
	// commit holds a token for the one commit that may be under way.
	commit chan struct{}

	ctx    context.Context
	stop   context.CancelFunc
	tasks  sync.WaitGroup
	once   sync.Once
	closed bool
}

// Start starts a member. The caller must call Close.
func Start(config Config) (*Group, error) {
	self, err := config.check()
	if err != nil {
		return nil, fmt.Errorf("group member %q: %w", config.Self, err)
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	c, err := newCore(config.Now(), self, config.Spec, config.Storage, config.Seed)
	if err != nil {
		return nil, fmt.Errorf("group member %q: %w", config.Self, err)
	}
	g := &Group{config: config, log: config.Log.With("member", config.Self), now: config.Now, core: c,
		waiters: map[*waiter]struct{}{}, conns: map[net.Conn]bool{}, work: make(chan func(), 4), commit: make(chan struct{}, 1)}
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
	out := g.core.take(now)
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

// eventsMost are remembered.
const eventsMost = 1000

func (g *Group) remember(events []targets.Event) {
	for _, e := range events {
		g.log.Info(e.What, "subject", e.Subject, "cause", e.Cause)
	}
	g.events = append(g.events, events...)
	if over := len(g.events) - eventsMost; over > 0 {
		g.events = slices.Delete(g.events, 0, over)
	}
}

// Writable says whether this member may accept writes now.
func (g *Group) Writable() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return !g.closed && g.core.writable(g.now())
}

// Events returns what happened to the member, oldest first, at most 1,000. The
// package's documentation lists what they say.
func (g *Group) Events() []targets.Event {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.events)
}

// Close ends the member: it waits for a commit and storage work that are under
// way. It may be called more than once.
func (g *Group) Close() error {
	g.once.Do(func() {
		g.mu.Lock()
		now := g.now()
		g.core.stepDown(now, "the member is closed")
		g.remember(g.core.take(now).events)
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
		g.commit <- struct{}{} // no other commit begins, and the last one is over
		<-g.commit
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
