package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// locates bounds how often a read is sent after rows that move. They move once in a
// reshard, so that more than two are hardly ever needed.
const locates = 4

func isOfMember(metric string) bool { return strings.HasPrefix(metric, "member_") }

// located asks the shard of a user, and again if it had nothing and rows may have gone
// from there since.
func located[T any](ctx context.Context, s *Sharded, at func(user int64) string, user int64,
	ask func(context.Context, shardBackend) (value T, empty bool, t Timing, err error)) (value T, total Timing, err error) {
	start := time.Now()
	defer func() { total.Total = time.Since(start) }()
	for try := range locates {
		version := s.router.Version()
		var b shardBackend
		if b, err = s.at(at(user)); err != nil {
			return value, total, err
		}
		var t Timing
		var empty bool
		value, empty, t, err = ask(ctx, b)
		if try == 0 {
			total = t
		} else {
			total = total.then(t)
		}
		if !errors.Is(err, ErrNotFound) && !(err == nil && empty) || s.router.Version() == version {
			break
		}
	}
	return value, total, err
}

// User is one SELECT at the user's shard.
func (s *Sharded) User(ctx context.Context, id int64) (User, Timing, error) {
	return located(ctx, s, s.router.Read, id, func(ctx context.Context, b shardBackend) (User, bool, Timing, error) {
		u, t, err := b.User(ctx, id)
		return u, false, t, err
	})
}

// Orders is one join at the customer's shard.
func (s *Sharded) Orders(ctx context.Context, customer int64) ([]Order, Timing, error) {
	return located(ctx, s, s.router.Owner, customer, func(ctx context.Context, b shardBackend) ([]Order, bool, Timing, error) {
		orders, t, err := b.Orders(ctx, customer)
		return orders, false, t, err
	})
}

// Following is Followees at the user's shard. If not Denormalised, it then is one SELECT
// of their rows at every shard that has some, all at the same time: a join that the
// databases cannot do. It is as slow as the slowest of them, and fails when one does.
func (s *Sharded) Following(ctx context.Context, id int64) ([]User, Timing, error) {
	if !s.follows {
		return nil, Timing{}, fmt.Errorf("read whom user %d follows: %w", id, ErrNoFollows)
	}
	start := time.Now()
	copies, total, err := located(ctx, s, s.router.Owner, id, func(ctx context.Context, b shardBackend) ([]User, bool, Timing, error) {
		users, t, err := b.Followees(ctx, id)
		return users, len(users) == 0, t, err
	})
	if err != nil || s.denormalised {
		return copies, total, err
	}
	missing := make([]int64, len(copies))
	for i, u := range copies {
		missing[i] = u.ID
	}
	users := make([]User, 0, len(copies))
	for range locates {
		if len(missing) == 0 {
			break
		}
		version := s.router.Version()
		found, t, err := s.gather(ctx, missing)
		total = total.then(t)
		if err != nil {
			total.Total = time.Since(start)
			return nil, total, fmt.Errorf("read whom user %d follows: %w", id, err)
		}
		users = append(users, found...)
		if len(found) == len(missing) || s.router.Version() == version {
			break
		}
		missing = slices.DeleteFunc(missing, func(id int64) bool {
			return slices.ContainsFunc(found, func(u User) bool { return u.ID == id })
		})
	}
	slices.SortFunc(users, func(a, b User) int { return cmp.Compare(a.ID, b.ID) })
	total.Total = time.Since(start)
	return users, total, nil
}

// gather reads users from all shards that have some of them.
func (s *Sharded) gather(ctx context.Context, ids []int64) ([]User, Timing, error) {
	byShard := map[string][]int64{}
	for _, id := range ids {
		name := s.router.Read(id)
		byShard[name] = append(byShard[name], id)
	}
	var mu sync.Mutex
	var users []User
	t, err := s.scatter(ctx, sortedKeys(byShard), func(ctx context.Context, name string, b shardBackend) (Timing, error) {
		found, t, err := b.UsersByID(ctx, byShard[name])
		mu.Lock()
		defer mu.Unlock()
		for _, u := range found {
			u.Email = "" // as the join of one database
			users = append(users, u)
		}
		return t, err
	})
	return users, t, err
}

func sortedKeys[T any](m map[string]T) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// scatter does something at several shards at the same time, and returns when all have
// answered. The first error ends the others.
func (s *Sharded) scatter(ctx context.Context, names []string,
	ask func(ctx context.Context, name string, b shardBackend) (Timing, error)) (Timing, error) {
	if len(names) > 1 {
		s.fanOuts.Add(1)
		s.fanned.Add(int64(len(names)))
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	timings := make([]Timing, len(names))
	one := func(i int, name string) {
		b, err := s.at(name)
		if err == nil {
			timings[i], err = ask(ctx, name, b)
		}
		if err != nil {
			cancel(fmt.Errorf("shard %s: %w", name, err)) // the first one counts
		}
	}
	if len(names) == 1 {
		one(0, names[0])
	} else {
		var all sync.WaitGroup
		for i, name := range names {
			all.Go(func() { one(i, name) })
		}
		all.Wait()
	}
	if ctx.Err() != nil {
		return together(timings), context.Cause(ctx)
	}
	return together(timings), nil
}

// together is the timing of calls that were made at the same time.
func together(timings []Timing) Timing {
	var all Timing
	for i, t := range timings {
		statements, misses, known := all.Statements+t.Statements, all.Misses+t.Misses, t.Known && (all.Known || i == 0)
		if i == 0 || t.Total > all.Total {
			all = t
		}
		all.Statements, all.Misses, all.Known = statements, misses, known
	}
	if !all.Known {
		all.Queued, all.Served, all.Misses = 0, 0, 0
	}
	return all
}
