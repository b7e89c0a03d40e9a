package shard

import (
	"context"
	"errors"
	"fmt"

	"rung/targets"
)

// ErrNotHeld says that a batch is not held: it never was, or the hold has ended.
var ErrNotHeld = errors.New("the batch is not held")

// Apply carries out one phase of a move, for every request, before it returns; see
// the package's comment. Hold waits for the writes under way until ctx ends, which
// aborts it, or another phase of the batch does. A Move.Patience of 0 or less means
// 10 s. An error means that nothing has changed; that of a hold, that the
// batch is as after abort.
func (r *Router) Apply(ctx context.Context, m targets.Move) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s: %w", m.Phase, err)
	}
	if err := r.view.Load().check(m); err != nil {
		return fmt.Errorf("%s: %w", m.Phase, err)
	}
	var err error
	switch m.Phase {
	case targets.PhaseHold:
		err = r.hold(ctx, m)
	case targets.PhaseConfirm:
		err = r.confirm(m)
	case targets.PhaseSwitch:
		err = r.toggle(m)
	case targets.PhaseRelease:
		err = r.release(m)
	case targets.PhaseAbort:
		r.abort(m)
	default:
		return fmt.Errorf("%q is no phase of a move", m.Phase)
	}
	if err != nil {
		return fmt.Errorf("%s a batch of %d users: %w", m.Phase, len(m.Users), err)
	}
	return nil
}

func (r *Router) hold(ctx context.Context, m targets.Move) error {
	b, err := r.startHold(m)
	if err != nil {
		return err
	}
	for r.writing(b.users) {
		select {
		case <-b.nudge:
		case <-b.quiet:
		case <-b.ended:
			return ErrNotHeld
		case <-ctx.Done():
			r.mu.Lock()
			defer r.mu.Unlock()
			r.end(b, expired)
			return fmt.Errorf("writes under way have not ended: %w", ctx.Err())
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch b.state {
	case holding:
		b.state = held
		close(b.quiet)
	case expired:
		return ErrNotHeld
	}
	return nil
}

func (r *Router) confirm(m targets.Move) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.find(m)
	switch {
	case b == nil, b.state == expired, b.state == holding:
		return ErrNotHeld
	case b.state == held:
		b.timer.Stop()
		b.state = confirmed
	}
	return nil
}

func (r *Router) toggle(m targets.Move) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	v := r.view.Load()
	b := r.find(m)
	switch {
	case b == nil && r.live(m):
		return nil // it was released before
	case b == nil, b.state == expired, b.state == holding:
		return ErrNotHeld
	case b.state != switched:
		b.timer.Stop()
		b.state = switched
		r.view.Store(v.hold(b, b.to))
	}
	return nil
}

// live reports whether all users of a move are where it takes them.
func (r *Router) live(m targets.Move) bool {
	v := r.view.Load()
	for i, user := range m.Users {
		if v.owner(user) != m.To[i] {
			return false
		}
	}
	return true
}

func (r *Router) release(m targets.Move) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	v := r.view.Load()
	b := r.find(m)
	if b != nil && b.state != switched {
		return fmt.Errorf("its reads have not been switched: %w", ErrNotHeld)
	}
	next := *v
	if b == nil {
		for _, user := range m.Users {
			if v.held[user].batch != nil {
				return fmt.Errorf("user %d is in another batch that is held", user)
			}
		}
	} else {
		next = *v.free(b)
	}
	next.version++
	if m.Sharding == nil {
		next.moved = v.moved.with(m.Users, m.To)
		next.use(m.To)
	} else {
		rule, err := New(*m.Sharding)
		if err != nil {
			return err
		}
		if err := v.fits(rule, m); err != nil {
			return err
		}
		next.rule, next.moved, next.used = rule, nil, rule.used()
	}
	r.view.Store(&next)
	if b != nil {
		r.forget(b)
		close(b.ended)
	}
	return nil
}

// fits makes sure that a new rule has everybody who was moved where they are.
func (v *view) fits(rule *Map, m targets.Move) error {
	for i, user := range m.Users {
		if home := rule.Home(user); home != m.To[i] {
			return fmt.Errorf("the new sharding has user %d on shard %q, not %q", user, home, m.To[i])
		}
	}
	for _, page := range v.moved {
		for user, to := range page {
			if home := rule.Home(user); home != to {
				return fmt.Errorf("the new sharding has user %d on shard %q, not %q", user, home, to)
			}
		}
	}
	return nil
}
