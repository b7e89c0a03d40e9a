package shard

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// stripes is how many parts the set of writes under way has.
const stripes = 64

// stripe counts the writes under way of some users.
type stripe struct {
	mu     sync.Mutex
	writes map[int64]int // no zeros
	_      [48]byte      // a cache line of its own
}

// every counts the writes under way that touch all shards.
type every struct {
	mu     sync.Mutex
	writes int
}

// Ticket is the leave to write. Done must be called once the write has ended,
// however it ended.
type Ticket struct {
	// Shards to be written, the user's own first. Not to be changed.
	Shards []string
	// Held is how long the write had to wait for a move.
	Held time.Duration

	router *Router
	user   int64
	all    bool
}

// Done says that the write has ended. Further calls do nothing.
func (t *Ticket) Done() {
	switch {
	case t.router == nil:
	case t.all:
		t.router.leaveAll()
	default:
		t.router.leave(t.user)
	}
	t.router = nil
}

// Write waits while the user is held, and counts as a write under way until Done.
// The only error is that of the context.
func (r *Router) Write(ctx context.Context, user int64) (Ticket, error) {
	held, err := r.wait(ctx, user, func() *batch { return r.enter(user) })
	if err != nil {
		return Ticket{Held: held}, err
	}
	return Ticket{Shards: r.view.Load().copies(user), Held: held, router: r, user: user}, nil
}

// WriteAll is Write for a write that also changes rows of other users, whoever
// they are: it waits while anybody is held.
func (r *Router) WriteAll(ctx context.Context, user int64) (Ticket, error) {
	held, err := r.wait(ctx, user, r.enterAll)
	if err != nil {
		return Ticket{Held: held}, err
	}
	return Ticket{Shards: r.view.Load().copies(user), Held: held, router: r, all: true}, nil
}

// wait tries to enter until no batch is in the way.
func (r *Router) wait(ctx context.Context, user int64, enter func() *batch) (held time.Duration, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	b := enter()
	if b == nil {
		return 0, nil
	}
	start := time.Now()
	for b != nil {
		select {
		case <-b.ended:
		case <-ctx.Done():
			return time.Since(start), fmt.Errorf("user %d waits for a move: %w", user, ctx.Err())
		}
		b = enter()
	}
	return time.Since(start), nil
}

// enter counts a write, or returns the batch that is in its way. A hold first makes
// its view known and then looks at the counts, under the same mutex: so either it
// sees the write, or the write sees the hold. Until the write has ended nobody can
// move the user, so that the places of any later view are right for it.
func (r *Router) enter(user int64) *batch {
	s := r.stripe(user)
	s.mu.Lock()
	defer s.mu.Unlock()
	if v := r.view.Load(); len(v.held) > 0 {
		if b := v.held[user].batch; b != nil {
			return b
		}
	}
	s.writes[user]++
	return nil
}

func (r *Router) leave(user int64) {
	s := r.stripe(user)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.writes[user]--; s.writes[user] > 0 {
		return
	}
	delete(s.writes, user)
	if b := r.view.Load().held[user].batch; b != nil {
		b.look()
	}
}

func (r *Router) enterAll() *batch {
	r.every.mu.Lock()
	defer r.every.mu.Unlock()
	for _, s := range r.view.Load().held {
		return s.batch
	}
	r.every.writes++
	return nil
}

func (r *Router) leaveAll() {
	r.every.mu.Lock()
	defer r.every.mu.Unlock()
	if r.every.writes--; r.every.writes > 0 {
		return
	}
	for _, s := range r.view.Load().held {
		s.batch.look()
	}
}

func (r *Router) stripe(user int64) *stripe { return &r.stripes[uint64(user)%stripes] }

// writing reports whether a write to one of the users is under way.
func (r *Router) writing(users []int64) bool {
	r.every.mu.Lock()
	all := r.every.writes
	r.every.mu.Unlock()
	if all > 0 {
		return true
	}
	for _, user := range users {
		s := r.stripe(user)
		s.mu.Lock()
		n := s.writes[user]
		s.mu.Unlock()
		if n > 0 {
			return true
		}
	}
	return false
}
