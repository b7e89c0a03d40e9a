package store_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rung/targets"
	"rung/targets/cache"
	"rung/targets/clock"
	"rung/targets/machine"
	"rung/targets/store"
	"rung/targets/store/storetest"
)

// hands is a clock that a test moves.
type hands struct {
	mu sync.Mutex
	at time.Time
}

func newHands() *hands { return &hands{at: time.Unix(1e9, 0)} }

func (h *hands) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.at
}

func (h *hands) advance(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at = h.at.Add(d)
}

// cacheServer is a cache on a fixed address that can go away and come back, empty.
type cacheServer struct {
	t        testing.TB
	share    *machine.Share
	hands    *hands // nil: real time
	settings cache.Settings
	server   *cache.Server
	address  string
	stop     func()
}

func startCache(t testing.TB, h *hands, settings cache.Settings) *cacheServer {
	t.Helper()
	clk := clock.New()
	t.Cleanup(clk.Close)
	s := &cacheServer{t: t, hands: h, settings: settings, share: machine.New(clk, targets.Machine{}, 1).For("cache"), address: "127.0.0.1:0"}
	s.start()
	t.Cleanup(func() { s.stop() })
	return s
}

func (s *cacheServer) start() {
	s.t.Helper()
	config := cache.Config{Role: "cache", Share: s.share}
	if s.hands != nil {
		config.Now = s.hands.now
	}
	server, err := cache.New(s.settings, config)
	if err != nil {
		s.t.Fatal(err)
	}
	l, err := net.Listen("tcp", s.address)
	if err != nil {
		s.t.Fatal(err)
	}
	s.server, s.address = server, l.Addr().String()
	done := make(chan error, 1)
	go func() { done <- server.Serve(context.Background(), l) }()
	s.stop = sync.OnceFunc(func() {
		_ = server.Close()                                                 // always nil
		if err := <-done; err != nil && !errors.Is(err, cache.ErrClosed) { // closed before it began
			s.t.Errorf("serve: %v", err)
		}
	})
}

// startTier starts n caches, named a, b, c and so on.
func startTier(t testing.TB, h *hands, n int) (servers map[string]*cacheServer, nodes []store.CacheNode) {
	return startTierOf(t, h, n, cache.Settings{Bytes: 1 << 20, Policy: cache.PolicyLRU})
}

func startTierOf(t testing.TB, h *hands, n int, settings cache.Settings) (servers map[string]*cacheServer, nodes []store.CacheNode) {
	servers = map[string]*cacheServer{}
	for i := range n {
		name := string(rune('a' + i))
		servers[name] = startCache(t, h, settings)
		nodes = append(nodes, store.CacheNode{Name: name, Address: servers[name].address})
	}
	return servers, nodes
}

// leakless checks, after all that the test cleans up, that no goroutine is left.
func leakless(t *testing.T) {
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) })
}

func openCached(t testing.TB, inner store.Store, config store.CacheConfig) *store.CachedStore {
	t.Helper()
	c := store.Cached(inner, config)
	t.Cleanup(c.Close)
	return c
}

// roomy never times out by accident.
const roomy = time.Minute

// rows is a Store of users that a test can change and hold up. Every customer has one
// order.
type rows struct {
	store.Store // nil: nothing else is called
	calls       atomic.Int64
	name        atomic.Value  // of every user
	gate        chan struct{} // if set, a read waits for it after it has its row
}

func newRows() *rows {
	r := &rows{}
	r.name.Store("old")
	return r
}

func (r *rows) User(ctx context.Context, id int64) (store.User, store.Timing, error) {
	u := store.User{ID: id, Name: r.name.Load().(string)}
	r.calls.Add(1)
	if r.gate != nil {
		select {
		case <-r.gate:
		case <-ctx.Done():
			return store.User{}, store.Timing{}, ctx.Err()
		}
	}
	if id <= 0 {
		return store.User{}, store.Timing{Statements: 1}, store.ErrNotFound
	}
	return u, store.Timing{Statements: 1, Served: time.Millisecond, Known: true}, nil
}

func (r *rows) Orders(_ context.Context, customer int64) ([]store.Order, store.Timing, error) {
	r.calls.Add(1)
	return []store.Order{{ID: customer, Customer: r.name.Load().(string)}}, store.Timing{Statements: 1}, nil
}

func (r *rows) Close() {}

// read reads a user, and fails the test unless the name is as wanted.
func read(t *testing.T, c *store.CachedStore, id int64, name string) store.Timing {
	t.Helper()
	u, took, err := c.User(t.Context(), id)
	if err != nil || u != (store.User{ID: id, Name: name}) {
		t.Fatalf("user %d is %+v, %v; want the name %q", id, u, err, name)
	}
	return took
}

func metrics(t *testing.T, c *store.CachedStore, want map[string]float64) {
	t.Helper()
	got := c.Metrics()
	for name, v := range want {
		if g, there := got[name]; !there || g != v {
			t.Errorf("%s is %v; want %v", name, g, v)
		}
	}
}

func TestCachedConformance(t *testing.T) {
	leakless(t)
	data := targets.Data{Users: 20, OrdersPerUser: 4}
	spec := targets.KeyValue{Data: data, Fsync: targets.FsyncOff}
	for _, c := range []struct {
		name        string
		alive, dead int
		coalesce    bool
	}{
		{"one node", 1, 0, false},
		{"three nodes", 3, 0, true},
		{"one of three is dead", 3, 1, true},
		{"all are dead", 2, 2, true},
		{"no nodes", 0, 0, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			storetest.Run(t, storetest.Subject{Kind: targets.KindKeyValue, Data: data, Open: func(t *testing.T) store.Store {
				servers, nodes := startTier(t, newHands(), c.alive)
				for _, n := range nodes[:c.dead] {
					servers[n.Name].stop()
				}
				inner := openKV(t, store.KVConfig{Address: startKV(t, spec, targets.Machine{}).address, Connections: 4})
				return openCached(t, inner, store.CacheConfig{Nodes: nodes, TTL: time.Minute, Coalesce: c.coalesce, Invalidate: true, Connections: 4, Timeout: roomy})
			}})
		})
	}
}

// TestCachedTiming: a miss has the timing of the store behind, a hit has sent nothing
// and spent all of its time on the cache, and the outcome says which it was.
func TestCachedTiming(t *testing.T) {
	leakless(t)
	_, nodes := startTier(t, newHands(), 1)
	inner := newRows()
	c := openCached(t, inner, store.CacheConfig{Nodes: nodes, Timeout: roomy, Coalesce: true})
	took := read(t, c, 1, "old")
	if took.Outcome != store.OutcomeMiss || took.Cache <= 0 || took.Statements != 1 || took.Served != time.Millisecond || !took.Known || took.Total < took.Cache {
		t.Errorf("miss: %+v", took)
	}
	took = read(t, c, 1, "old")
	if took.Cache <= 0 || took != (store.Timing{Total: took.Total, Cache: took.Total, Outcome: store.OutcomeHit}) {
		t.Errorf("hit: %+v", took)
	}
	for range 2 {
		if orders, _, err := c.Orders(t.Context(), 7); err != nil || !slices.Equal(orders, []store.Order{{ID: 7, Customer: "old"}}) {
			t.Errorf("orders are %+v, %v", orders, err)
		}
		if _, _, err := c.User(t.Context(), -1); !errors.Is(err, store.ErrNotFound) { // not cached
			t.Errorf("nobody: %v", err)
		}
	}
	metrics(t, c, map[string]float64{"cache_hits_total": 2, "cache_misses_total": 4, "cache_loads_total": 4, "cache_errors_total": 0, "coalesced_total": 0, "cache_nodes_down": 0})
	if inner.calls.Load() != 4 {
		t.Errorf("the store behind was asked %d times; want 4", inner.calls.Load())
	}
}

// TestCachedNonsense: an entry that is not a user is a miss, and written over.
func TestCachedNonsense(t *testing.T) {
	leakless(t)
	servers, nodes := startTier(t, newHands(), 1)
	c := openCached(t, newRows(), store.CacheConfig{Nodes: nodes, Timeout: roomy})
	tell(t, servers["a"].address, "SET user:1 nonsense")
	if read(t, c, 1, "old").Outcome == store.OutcomeHit {
		t.Error("nonsense was a hit")
	}
	if read(t, c, 1, "old").Outcome != store.OutcomeHit {
		t.Error("nonsense is still there")
	}
	metrics(t, c, map[string]float64{"cache_errors_total": 1, "cache_misses_total": 1, "cache_hits_total": 1})
}

// tell sends an inline command, and waits for its reply.
func tell(t *testing.T, address, line string) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := fmt.Fprintf(conn, "%s\r\n", line); err != nil {
		t.Fatal(err)
	}
	reply := make([]byte, 100)
	if n, err := conn.Read(reply); err != nil || reply[0] == '-' {
		t.Fatalf("%s: %q, %v", line, reply[:n], err)
	}
}

// TestCachedExpiry: an entry lives for its TTL; with jitter, for a part of it that
// differs.
func TestCachedExpiry(t *testing.T) {
	leakless(t)
	const users = 60
	for _, jitter := range []float64{0, 0.5} {
		t.Run(fmt.Sprint(jitter), func(t *testing.T) {
			h := newHands()
			_, nodes := startTier(t, h, 1)
			c := openCached(t, newRows(), store.CacheConfig{Nodes: nodes, Timeout: roomy, TTL: 10 * time.Second, Jitter: jitter, Seed: 1})
			for id := range int64(users) {
				read(t, c, id+1, "old")
			}
			// Each user is looked at once, so that no look fills what the next expects.
			hits := func(from, to int64) (n int64) {
				for id := from; id < to; id++ {
					if read(t, c, id+1, "old").Outcome == store.OutcomeHit {
						n++
					}
				}
				return n
			}
			h.advance(4999 * time.Millisecond)
			if n := hits(0, 20); n != 20 {
				t.Errorf("just before half of the TTL %d of 20 are there", n)
			}
			h.advance(2500 * time.Millisecond)
			if n := hits(20, 40); (jitter == 0 && n != 20) || (jitter > 0 && (n < 3 || n > 17)) {
				t.Errorf("at three quarters of the TTL %d of 20 are there", n)
			}
			h.advance(2501 * time.Millisecond)
			if n := hits(40, users); n != 0 {
				t.Errorf("after the TTL %d of 20 are there", n)
			}
		})
	}
}

// TestCachedInvalidation: after a write, Forget makes reads see it at once; without it
// the old row is seen until the TTL is over.
func TestCachedInvalidation(t *testing.T) {
	leakless(t)
	for _, invalidate := range []bool{true, false} {
		t.Run(fmt.Sprint(invalidate), func(t *testing.T) {
			h := newHands()
			_, nodes := startTier(t, h, 3)
			inner := newRows()
			c := openCached(t, inner, store.CacheConfig{Nodes: nodes, Timeout: roomy, TTL: 10 * time.Second, Invalidate: invalidate, Coalesce: true})
			read(t, c, 1, "old")
			if _, _, err := c.Orders(t.Context(), 1); err != nil {
				t.Fatal(err)
			}
			inner.name.Store("new")
			if err := c.Forget(t.Context(), 1); err != nil {
				t.Fatal(err)
			}
			want, deleted := "old", 0.0
			if invalidate {
				want, deleted = "new", 2
			}
			read(t, c, 1, want)
			if orders, _, err := c.Orders(t.Context(), 1); err != nil || orders[0].Customer != want {
				t.Errorf("orders are %+v, %v; want the name %q", orders, err, want)
			}
			metrics(t, c, map[string]float64{"cache_invalidations_total": deleted})
			h.advance(10 * time.Second)
			read(t, c, 1, "new")
		})
	}
}

// TestCachedLateFill holds up a read that has the old row already, until the row was
// written and forgotten: the old row must not come into the cache after that, and
// later readers must not share it.
func TestCachedLateFill(t *testing.T) {
	leakless(t)
	for _, coalesce := range []bool{true, false} {
		t.Run(fmt.Sprint(coalesce), func(t *testing.T) {
			_, nodes := startTier(t, newHands(), 1)
			inner := newRows()
			inner.gate = make(chan struct{})
			c := openCached(t, inner, store.CacheConfig{Nodes: nodes, Timeout: roomy, Invalidate: true, Coalesce: coalesce, Connections: 4})
			var slow, later sync.WaitGroup
			slow.Go(func() {
				if u, _, err := c.User(t.Context(), 1); err != nil || u.Name != "old" {
					t.Errorf("the slow reader got %+v, %v", u, err)
				}
			})
			poll(t, "the slow reader to have its row", func() bool { return inner.calls.Load() == 1 })
			inner.name.Store("new")
			if err := c.Forget(t.Context(), 1); err != nil {
				t.Fatal(err)
			}
			later.Go(func() {
				if u, _, err := c.User(t.Context(), 1); err != nil || u.Name != "new" {
					t.Errorf("a reader after the write got %+v, %v", u, err)
				}
			})
			poll(t, "the later reader to ask the store behind", func() bool { return inner.calls.Load() == 2 })
			close(inner.gate)
			slow.Wait()
			later.Wait()
			read(t, c, 1, "new")
		})
	}
}
