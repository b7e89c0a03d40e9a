package web_test

import (
	"context"
	"slices"
	"sync"
	"time"

	"rung/targets/store"
)

// memoryStore is a Store with a few rows. Its knobs are set before use.
type memoryStore struct {
	// fail is what every call returns, unless nil.
	fail error
	// hang makes every call wait for the end of its context.
	hang bool
	// timing is what every call says of itself.
	timing store.Timing

	mu     sync.Mutex
	cities map[int64]string
	posts  map[string]store.Post
	photos map[string]store.Post
	calls  int
	last   context.Context // of the latest call
}

var _ store.Store = (*memoryStore)(nil)

// known is a plausible timing of a store that says where its time went.
func known() store.Timing {
	return store.Timing{
		Statements: 1, Known: true, Misses: 2,
		Wait: 250 * time.Microsecond, Total: 15 * time.Millisecond,
		Queued: 3 * time.Millisecond, Served: 11 * time.Millisecond,
	}
}

func (m *memoryStore) call(ctx context.Context) (store.Timing, error) {
	m.mu.Lock()
	m.calls++
	m.last = ctx
	m.mu.Unlock()
	if m.hang {
		<-ctx.Done()
		return store.Timing{Wait: time.Millisecond, Total: 2 * time.Millisecond}, ctx.Err()
	}
	return m.timing, m.fail
}

func (m *memoryStore) User(ctx context.Context, id int64) (store.User, store.Timing, error) {
	t, err := m.call(ctx)
	if err != nil {
		return store.User{}, t, err
	}
	if id > 100 {
		return store.User{}, t, store.ErrNotFound
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	city, moved := m.cities[id]
	if !moved {
		city = "Lima"
	}
	return store.User{ID: id, Name: `Ann "<&>" Ö`, Email: "ann@example.com", City: city}, t, nil
}

func (m *memoryStore) Orders(ctx context.Context, customer int64) ([]store.Order, store.Timing, error) {
	t, err := m.call(ctx)
	switch {
	case err != nil:
		return nil, t, err
	case customer > 100:
		return nil, t, store.ErrNotFound
	case customer == 100: // has bought nothing
		return nil, t, nil
	}
	return []store.Order{{ID: 1, Customer: "Ann", Item: "lamp", Cents: 995}, {ID: 2, Customer: "Ann", Item: "tent", Cents: 100}}, t, nil
}

func (m *memoryStore) AddPost(ctx context.Context, p store.Post) (store.Timing, error) {
	return m.add(ctx, &m.posts, p)
}

func (m *memoryStore) AddPhoto(ctx context.Context, p store.Post) (store.Timing, error) {
	return m.add(ctx, &m.photos, p)
}

func (m *memoryStore) add(ctx context.Context, table *map[string]store.Post, p store.Post) (store.Timing, error) {
	t, err := m.call(ctx)
	if err != nil {
		return t, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if *table == nil {
		*table = map[string]store.Post{}
	}
	if _, there := (*table)[p.ID]; !there {
		(*table)[p.ID] = p
	}
	return t, nil
}

func (m *memoryStore) SetCity(ctx context.Context, id int64, city string) (store.Timing, error) {
	t, err := m.call(ctx)
	switch {
	case err != nil:
		return t, err
	case id > 100:
		return t, store.ErrNotFound
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.cities == nil {
		m.cities = map[int64]string{}
	}
	m.cities[id] = city
	return t, nil
}

// Following knows no one whom users from 100 on follow.
func (m *memoryStore) Following(ctx context.Context, id int64) ([]store.User, store.Timing, error) {
	t, err := m.call(ctx)
	if err != nil || id >= 100 {
		return nil, t, err
	}
	return []store.User{{ID: 2, Name: "Bob", Email: "bob@example.com", City: "Oslo"}, {ID: 5, Name: "Eve", City: "Rome"}}, t, nil
}

func (m *memoryStore) Posts(ctx context.Context, cursor string, limit int) ([]string, string, error) {
	return m.list(ctx, &m.posts, cursor, limit)
}

func (m *memoryStore) Photos(ctx context.Context, cursor string, limit int) ([]string, string, error) {
	return m.list(ctx, &m.photos, cursor, limit)
}

// list pages by id: the cursor is the last id seen.
func (m *memoryStore) list(ctx context.Context, table *map[string]store.Post, cursor string, limit int) ([]string, string, error) {
	if _, err := m.call(ctx); err != nil {
		return nil, "", err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var ids []string
	for id := range *table {
		if id > cursor {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	if len(ids) <= limit {
		return ids, "", nil
	}
	return ids[:limit], ids[limit-1], nil
}

func (m *memoryStore) Close() {}

func (m *memoryStore) post(id string) (store.Post, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, ok := m.posts[id]
	return p, ok
}

func (m *memoryStore) photo(id string) (store.Post, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, ok := m.photos[id]
	return p, ok
}

func (m *memoryStore) lastContext() context.Context {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.last
}

func (m *memoryStore) called() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.calls
}
