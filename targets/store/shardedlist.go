package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
)

// listTries bounds how often a page is read again because users moved meanwhile. A move
// of a batch takes longer than a page.
const listTries = 8

// Posts lists ids in their order, over all shards: each page asks every shard for the next
// few rows and takes those whose user lives there, up to the last row that every shard
// was asked for. A page may thus be shorter than limit, even empty, and have a next one.
//
// An id that was stored before the first page was asked for is in exactly one page, also
// while its user is moved, and whichever routers serve the pages: its place is by id
// and not by shard, and a page is read again when rows may have gone from a shard
// while it was read. It fails when that happens eight times in a row.
func (s *Sharded) Posts(ctx context.Context, cursor string, limit int) (ids []string, next string, err error) {
	return s.list(ctx, "posts", cursor, limit)
}

// Photos is as Posts.
func (s *Sharded) Photos(ctx context.Context, cursor string, limit int) (ids []string, next string, err error) {
	return s.list(ctx, "photos", cursor, limit)
}

func (s *Sharded) list(ctx context.Context, table, cursor string, limit int) (ids []string, next string, err error) {
	limit = min(max(limit, 1), 100_000)
	for range listTries {
		now := s.router.Now()
		ids, next, err = s.page(ctx, table, cursor, limit, now.Used(), now.Owner)
		if err != nil {
			return nil, "", fmt.Errorf("list %s: %w", table, err)
		}
		if s.router.Version() == now.Version() {
			return ids, next, nil
		}
	}
	return nil, "", fmt.Errorf("list %s: users moved during each of %d tries", table, listTries)
}

// page reads one page, with owners as of one moment.
func (s *Sharded) page(ctx context.Context, table, cursor string, limit int, names []string, owner func(int64) string) (ids []string, next string, err error) {
	each := max(limit/len(names), 1)
	var mu sync.Mutex
	var rows []Post
	bounded := false
	_, err = s.scatter(ctx, names, func(ctx context.Context, name string, b shardBackend) (Timing, error) {
		part, err := b.listOwned(ctx, table, cursor, each)
		mu.Lock()
		defer mu.Unlock()
		if n := len(part); n == each {
			if last := part[n-1].ID; !bounded || last < next {
				bounded, next = true, last
			}
		}
		for _, p := range part {
			if owner(p.User) == name {
				rows = append(rows, p)
			}
		}
		return Timing{}, err
	})
	if err != nil {
		return nil, "", err
	}
	slices.SortFunc(rows, func(a, b Post) int { return cmp.Compare(a.ID, b.ID) })
	ids = make([]string, 0, min(len(rows), limit))
	for _, p := range rows {
		if bounded && p.ID > next {
			break
		}
		if len(ids) == limit {
			return ids, ids[limit-1], nil
		}
		ids = append(ids, p.ID)
	}
	return ids, next, nil
}
