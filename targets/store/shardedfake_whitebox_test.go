package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"rung/targets"
	"rung/targets/shard"
)

// fakeShard is a shard in memory. Its transactions are not understood, only kept.
type fakeShard struct {
	mu      sync.Mutex
	users   map[int64]User
	follows map[int64][]User
	posts   map[string]int64
	asked   []string
	// before is called at the start of each call, with its name, and may fail it.
	before func(call string) error
	closed int
}

var errFake = errors.New("the shard is on fire")

func (f *fakeShard) enter(ctx context.Context, format string, args ...any) (Timing, error) {
	call := fmt.Sprintf(format, args...)
	if f.before != nil {
		if err := f.before(call); err != nil {
			return Timing{Statements: 1}, err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, call)
	return Timing{Statements: 1, Wait: 1, Total: 10, Queued: 2, Served: 3, Misses: 1, Known: true}, ctx.Err()
}

// edit changes the rows.
func (f *fakeShard) edit(change func(*fakeShard)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(f)
}

func (f *fakeShard) User(ctx context.Context, id int64) (User, Timing, error) {
	t, err := f.enter(ctx, "user %d", id)
	f.mu.Lock()
	defer f.mu.Unlock()
	u, ok := f.users[id]
	if err == nil && !ok {
		err = ErrNotFound
	}
	return u, t, err
}

func (f *fakeShard) Orders(ctx context.Context, customer int64) ([]Order, Timing, error) {
	t, err := f.enter(ctx, "orders %d", customer)
	return []Order{}, t, err
}

func (f *fakeShard) AddPost(ctx context.Context, p Post) (Timing, error) {
	t, err := f.enter(ctx, "post %s", p.ID)
	f.mu.Lock()
	defer f.mu.Unlock()
	if err == nil {
		f.posts[p.ID] = p.User
	}
	return t, err
}

func (f *fakeShard) AddPhoto(ctx context.Context, p Post) (Timing, error) {
	return f.enter(ctx, "photo %s", p.ID)
}

func (f *fakeShard) Followees(ctx context.Context, id int64) ([]User, Timing, error) {
	t, err := f.enter(ctx, "followees %d", id)
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.follows[id]), t, err
}

func (f *fakeShard) UsersByID(ctx context.Context, ids []int64) (users []User, t Timing, err error) {
	t, err = f.enter(ctx, "users %v", ids)
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, id := range ids {
		if u, ok := f.users[id]; ok {
			users = append(users, u)
		}
	}
	return users, t, err
}

func (f *fakeShard) SetCopies(ctx context.Context, followee int64, city string) (Timing, error) {
	return f.enter(ctx, "copies %d %s", followee, city)
}

func (f *fakeShard) setRow(ctx context.Context, id int64, city string) (Timing, error) {
	t, err := f.enter(ctx, "row %d %s", id, city)
	f.mu.Lock()
	defer f.mu.Unlock()
	u, ok := f.users[id]
	if err == nil && !ok {
		return t, ErrNotFound
	}
	if err == nil {
		u.City = city
		f.users[id] = u
	}
	return t, err
}

func (f *fakeShard) listOwned(ctx context.Context, table, cursor string, limit int) (list []Post, err error) {
	_, err = f.enter(ctx, "list %s", table)
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(f.posts)) {
		if id > cursor && len(list) < limit {
			list = append(list, Post{ID: id, User: f.posts[id]})
		}
	}
	return list, err
}

func (f *fakeShard) readUsers(ctx context.Context, ids []int64, _ bool) (rows userRows, err error) {
	_, err = f.enter(ctx, "read %v", ids)
	if len(ids) > 2 {
		return rows, errTooMuch
	}
	for _, id := range ids {
		rows.users = append(rows.users, f.users[id])
	}
	return rows, err
}

func (f *fakeShard) presentUsers(ctx context.Context, ids []int64) ([]int64, error) {
	_, err := f.enter(ctx, "present %v", ids)
	return ids, err
}

func (f *fakeShard) makeFence(ctx context.Context) error {
	_, err := f.enter(ctx, "fence")
	return err
}

func (f *fakeShard) transact(ctx context.Context, _ int64, work []change) ([]int64, error) {
	_, err := f.enter(ctx, "transact %s", work[0].sql)
	return make([]int64, len(work)), err
}

func (f *fakeShard) awaitFence(ctx context.Context, _ int64) error {
	_, err := f.enter(ctx, "await")
	return err
}

func (f *fakeShard) Metrics() map[string]float64 {
	return map[string]float64{"reads_total": 2, "member_a_reads_total": 1}
}

func (f *fakeShard) Close() { f.closed++ }

// calls returns what a shard was asked since the last time.
func (f *fakeShard) calls() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	asked := strings.Join(f.asked, "; ")
	f.asked = nil
	return asked
}

// fakes are shards s0 to s3, the last one spare, with 12 users each of whom follows the
// next three.
type fakes struct {
	*Sharded
	at map[string]*fakeShard
}

func openFakes(t *testing.T, config ShardedConfig, pins ...targets.Pin) fakes {
	t.Helper()
	sharding := targets.Sharding{Method: targets.ShardModulo, Pins: pins}
	for i := range 4 {
		sharding.Shards = append(sharding.Shards, targets.Shard{Name: fmt.Sprintf("s%d", i), Members: []string{"db"}})
	}
	sharding.Shards, sharding.Spare = sharding.Shards[:3:3], sharding.Shards[3:]
	m, err := shard.New(sharding)
	if err != nil {
		t.Fatal(err)
	}
	f := fakes{at: map[string]*fakeShard{}}
	config.Router, config.Shards = shard.NewRouter(m), sharding.All()
	f.Sharded, err = openSharded(config, func(x targets.Shard) (shardBackend, error) {
		b := &fakeShard{users: map[int64]User{}, follows: map[int64][]User{}, posts: map[string]int64{}}
		for id := int64(1); id <= 12; id++ {
			if m.Holds(x.Name, id) {
				b.users[id] = User{ID: id, Name: "name", Email: "mail", City: "here"}
				for k := int64(1); k <= 3; k++ {
					b.follows[id] = append(b.follows[id], User{ID: (id+k-1)%12 + 1, City: "copied"})
				}
			}
		}
		f.at[x.Name] = b
		return b, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// asked checks what each shard was asked since the last time.
func (f fakes) asked(t *testing.T, want map[string]string) {
	t.Helper()
	for name, b := range f.at {
		if got := b.calls(); got != want[name] {
			t.Errorf("%s was asked %q; want %q", name, got, want[name])
		}
	}
}

func (f fakes) phases(t *testing.T, m targets.Move, phases ...targets.Phase) {
	t.Helper()
	for _, m.Phase = range phases {
		if err := f.Apply(t.Context(), m); err != nil {
			t.Error(err)
		}
	}
}
