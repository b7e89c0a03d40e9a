package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"rung/targets"
)

// eraseEach is how many users one transaction deletes.
const eraseEach = 100

// Apply is Router.Apply of the store's router.
func (s *Sharded) Apply(ctx context.Context, m targets.Move) error { return s.router.Apply(ctx, m) }

// Copy makes the rows of a move's users, at the shards they go to, what they are where
// they live now: users, orders, follows, posts and photos. Rows that are there from
// before are replaced, those that the users no longer have deleted, so that it may be
// repeated. The users must be held. The source is read at its primary; when the
// destination's replicas answer reads, Copy ends when those that are up have the
// rows.
//
// It counts "users" and "rows" that were written, and their "bytes": 8 for a number, the
// length of a text.
func (s *Sharded) Copy(ctx context.Context, m targets.Move) (map[string]int64, error) {
	type way struct{ from, to string }
	ways := map[way][]int64{}
	if len(m.Users) != len(m.To) {
		return nil, fmt.Errorf("copy: %d users and %d shards", len(m.Users), len(m.To))
	}
	for i, user := range m.Users {
		if !s.router.Moving(user) {
			return nil, fmt.Errorf("copy user %d: not held", user)
		}
		if from := s.router.Owner(user); from != m.To[i] {
			ways[way{from, m.To[i]}] = append(ways[way{from, m.To[i]}], user)
		}
	}
	token := s.nextToken()
	counts := map[string]int64{"users": 0, "rows": 0, "bytes": 0}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var mu sync.Mutex
	var all sync.WaitGroup
	for w, users := range ways {
		all.Go(func() {
			did, err := s.copyWay(ctx, token, w.from, w.to, users)
			if err != nil {
				cancel(fmt.Errorf("copy %d users from %s to %s: %w", len(users), w.from, w.to, err))
			}
			mu.Lock()
			defer mu.Unlock()
			for name, n := range did {
				counts[name] += n
			}
		})
	}
	all.Wait()
	if ctx.Err() != nil {
		return counts, context.Cause(ctx)
	}
	return counts, nil
}

// nextToken returns a greater number each time, also after a restart: the time.
func (s *Sharded) nextToken() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token = max(s.token+1, time.Now().UnixNano())
	return s.token
}

// copyWay copies users who all go the same way, fewer at a time if need be.
func (s *Sharded) copyWay(ctx context.Context, token int64, from, to string, users []int64) (map[string]int64, error) {
	source, err := s.at(from)
	if err != nil {
		return nil, err
	}
	target, err := s.at(to)
	if err != nil {
		return nil, err
	}
	if err := s.fence(ctx, to, target); err != nil {
		return nil, err
	}
	counts := map[string]int64{}
	for todo := slices.Collect(slices.Chunk(users, maxUsersByID)); len(todo) > 0; {
		part := todo[0]
		todo = todo[1:]
		rows, err := source.readUsers(ctx, part, s.follows)
		if errors.Is(err, errTooMuch) && len(part) > 1 {
			todo = append(todo, part[:len(part)/2], part[len(part)/2:])
			continue
		}
		if err != nil {
			return counts, err
		}
		work := rows.copies(part, s.follows)
		for _, tx := range work.done {
			if _, err := target.transact(ctx, token, tx); err != nil {
				return counts, s.unfence(to, err)
			}
		}
		counts["users"] += int64(len(rows.users))
		counts["rows"] += work.rows
		counts["bytes"] += work.bytes
	}
	return counts, target.awaitFence(ctx, token)
}

// fence makes sure that a shard has the table of tokens.
func (s *Sharded) fence(ctx context.Context, name string, b shardBackend) error {
	s.mu.Lock()
	there := s.fenced[name]
	s.mu.Unlock()
	if there {
		return nil
	}
	if err := b.makeFence(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fenced[name] = true
	return nil
}

// unfence forgets that a shard has the table: the database may be another one now.
func (s *Sharded) unfence(name string, err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.fenced, name)
	return err
}

// Erase deletes the rows of a move's users: with Move.Phase targets.PhaseRelease at every
// shard but those where they live, which must be where the move took them; with
// targets.PhaseAbort where the move was to take them, which must be elsewhere. It
// counts "users" and "rows" that were deleted. It may be repeated. The users must not be
// held.
func (s *Sharded) Erase(ctx context.Context, m targets.Move) (map[string]int64, error) {
	victims, err := s.victims(m)
	if err != nil {
		return nil, fmt.Errorf("erase: %w", err)
	}
	token := s.nextToken()
	counts := map[string]int64{"users": 0, "rows": 0}
	var mu sync.Mutex
	_, err = s.scatter(ctx, sortedKeys(victims), func(ctx context.Context, name string, b shardBackend) (Timing, error) {
		users, rows, err := s.eraseAt(ctx, token, name, b, victims[name])
		mu.Lock()
		defer mu.Unlock()
		counts["users"] += users
		counts["rows"] += rows
		return Timing{}, err
	})
	if err != nil {
		return counts, fmt.Errorf("erase: %w", err)
	}
	return counts, nil
}

// victims lists by shard who is to be erased there. A router that is not where the move
// is must not decide: it would delete what is in use.
func (s *Sharded) victims(m targets.Move) (map[string][]int64, error) {
	if len(m.Users) != len(m.To) {
		return nil, fmt.Errorf("%d users and %d shards", len(m.Users), len(m.To))
	}
	victims := map[string][]int64{}
	for i, user := range m.Users {
		home, copies := s.router.Owner(user), s.router.Copies(user)
		switch {
		case s.router.Moving(user):
			return nil, fmt.Errorf("user %d is held", user)
		case m.Phase == targets.PhaseRelease && home == m.To[i]:
			for _, name := range s.names {
				if !slices.Contains(copies, name) {
					victims[name] = append(victims[name], user)
				}
			}
		case m.Phase == targets.PhaseAbort && !slices.Contains(copies, m.To[i]):
			victims[m.To[i]] = append(victims[m.To[i]], user)
		case m.Phase == targets.PhaseRelease || m.Phase == targets.PhaseAbort:
			return nil, fmt.Errorf("user %d lives on shard %s, after the %s of a move to %s", user, home, m.Phase, m.To[i])
		default:
			return nil, fmt.Errorf("the phase is %q: allowed are %q and %q", m.Phase, targets.PhaseRelease, targets.PhaseAbort)
		}
	}
	return victims, nil
}

// eraseAt deletes users at one shard. Who has no row in users has nothing else there
// either, because that row comes with the first rows and goes with the last; but for a
// late post, which the next copy to there deletes, and which is never listed.
func (s *Sharded) eraseAt(ctx context.Context, token int64, name string, b shardBackend, ids []int64) (users, rows int64, err error) {
	var present []int64
	for part := range slices.Chunk(ids, maxUsersByID) {
		found, err := b.presentUsers(ctx, part)
		if err != nil {
			return 0, 0, err
		}
		present = append(present, found...)
	}
	if len(present) == 0 {
		return 0, 0, nil
	}
	if err := s.fence(ctx, name, b); err != nil {
		return 0, 0, err
	}
	for part := range slices.Chunk(present, eraseEach) {
		in := list(part)
		var tx []change
		if s.follows {
			tx = append(tx, change{sql: `DELETE FROM follows WHERE "user" IN ` + in})
		}
		for _, what := range []string{"photos WHERE user_id IN ", "posts WHERE user_id IN ", "orders WHERE customer_id IN ", "users WHERE id IN "} {
			tx = append(tx, change{sql: "DELETE FROM " + what + in})
		}
		deleted, err := b.transact(ctx, token, tx)
		if err != nil {
			return users, rows, s.unfence(name, err)
		}
		for _, n := range deleted {
			rows += n
		}
		users += deleted[len(deleted)-1]
	}
	return users, rows, nil
}
