package reshard

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	"rung/targets"
	"rung/targets/shard"
)

// Routers implements Platform. A command may get lost, or its answer.
func (w *world) Routers(ctx context.Context, m targets.Move) error {
	w.mu.Lock()
	w.journal = append(w.journal, m)
	nodes := slices.Clone(w.nodes)
	w.mu.Unlock()
	errs := make([]error, len(nodes))
	var all sync.WaitGroup
	for i, n := range nodes {
		moves := []targets.Move{m}
		if w.skipSwitch && i == len(nodes)-1 {
			switch m.Phase {
			case targets.PhaseSwitch:
				continue
			case targets.PhaseRelease:
				late := m
				late.Phase, late.Sharding = targets.PhaseSwitch, nil
				moves = []targets.Move{late, m}
			}
		}
		all.Go(func() {
			if len(moves) > 1 {
				w.sleep(20 * w.slowest)
			}
			for _, m := range moves {
				errs[i] = errors.Join(errs[i], w.send(ctx, n, m))
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

func (w *world) send(ctx context.Context, n *node, m targets.Move) error {
	if w.fails() {
		w.sleep(w.slowest)
		return errInjected
	}
	c := command{move: m, done: make(chan error, 1)}
	n.inbox <- c
	select {
	case err := <-c.done:
		if err == nil && w.fails() {
			return errInjected
		}
		return err
	case <-n.life.Done():
		return errors.New("the router is gone")
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Copy implements Platform, user by user.
func (w *world) Copy(ctx context.Context, m targets.Move) (Counts, error) {
	counts := Counts{}
	for i, user := range m.Users {
		w.sleep(w.slowest / 4)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if w.fails() && w.fails() {
			return nil, errInjected
		}
		from := w.router(0).Owner(user)
		if from == m.To[i] {
			continue
		}
		w.mu.Lock()
		source := w.shards[from]
		version, there := source.users[user]
		posts := maps.Clone(source.posts)
		w.mu.Unlock()
		maps.DeleteFunc(posts, func(_ string, u int64) bool { return u != user })
		w.sleep(w.slowest / 4)
		w.mu.Lock()
		target := w.shards[m.To[i]]
		target.erase(user)
		if there {
			target.users[user] = version
		}
		maps.Copy(target.posts, posts)
		counts["users"]++
		counts["rows"] += int64(1 + len(posts))
		w.mu.Unlock()
	}
	return counts, nil
}

// Erase implements Platform.
func (w *world) Erase(_ context.Context, m targets.Move) (Counts, error) {
	counts := Counts{}
	for i, user := range m.Users {
		if w.fails() && w.fails() {
			return nil, errInjected
		}
		owner := w.router(0).Owner(user)
		w.mu.Lock()
		for name, db := range w.shards {
			if name != owner && (m.Phase == targets.PhaseRelease || name == m.To[i]) {
				counts["rows"] += db.erase(user)
			}
		}
		w.mu.Unlock()
		if m.Phase == targets.PhaseRelease && owner != m.To[i] || m.Phase == targets.PhaseAbort && owner == m.To[i] {
			w.violate("%s: user %d lives on %s, and the move was to %s", m.Phase, user, owner, m.To[i])
		}
	}
	return counts, nil
}

func (db *database) erase(user int64) int64 {
	before := len(db.users) + len(db.posts)
	delete(db.users, user)
	maps.DeleteFunc(db.posts, func(_ string, u int64) bool { return u == user })
	return int64(before - len(db.users) - len(db.posts))
}

func (w *world) router(i int) *shard.Router {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.nodes[i].router
}
