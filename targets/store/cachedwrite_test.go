package store_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"rung/targets/cache"
	"rung/targets/shop"
	"rung/targets/store"
)

// SetCity changes the name of every user, which is all that a test can see.
func (r *rows) SetCity(ctx context.Context, id int64, city string) (store.Timing, error) {
	if err := ctx.Err(); err != nil {
		return store.Timing{}, err
	}
	if id <= 0 {
		return store.Timing{Statements: 1}, store.ErrNotFound
	}
	r.name.Store(city)
	if city == "doubtful" {
		return store.Timing{Statements: 1}, errors.New("nobody knows")
	}
	return store.Timing{Statements: 1, Served: time.Millisecond, Known: true}, nil
}

// TestCachedWrites: what was written is forgotten, also when it may have been; what was
// not written stays.
func TestCachedWrites(t *testing.T) {
	leakless(t)
	servers, nodes := startTier(t, newHands(), 1)
	c := openCached(t, newRows(), store.CacheConfig{Nodes: nodes, Timeout: roomy, Invalidate: true})
	read(t, c, 1, "old")
	took, err := c.SetCity(t.Context(), 1, "new")
	if err != nil || took.Statements != 1 || !took.Known || took.Served != time.Millisecond || took.Cache <= 0 || took.Cache > took.Total || took.Outcome != "" {
		t.Errorf("%+v, %v", took, err)
	}
	if got := read(t, c, 1, "new").Outcome; got != store.OutcomeMiss {
		t.Errorf("after the write: %s", got)
	}
	if _, err := c.SetCity(t.Context(), 1, "doubtful"); err == nil {
		t.Error("no error")
	}
	read(t, c, 1, "doubtful")
	metrics(t, c, map[string]float64{"cache_invalidations_total": 4, "cache_forget_errors_total": 0})

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.SetCity(ended, 1, "never"); !errors.Is(err, context.Canceled) {
		t.Errorf("with an ended context: %v", err)
	}
	if _, err := c.SetCity(t.Context(), -1, "nobody"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
	if got := read(t, c, 1, "doubtful").Outcome; got != store.OutcomeHit {
		t.Errorf("after what was not written: %s", got)
	}
	metrics(t, c, map[string]float64{"cache_invalidations_total": 4})

	servers["a"].stop()
	if _, err := c.SetCity(t.Context(), 1, "newest"); err != nil {
		t.Errorf("a write with a dead cache: %v", err)
	}
	read(t, c, 1, "newest")
	metrics(t, c, map[string]float64{"cache_invalidations_total": 4, "cache_forget_errors_total": 2})
}

// TestCachedGroupMetrics: a cache in front does not hide the counts of the group behind.
func TestCachedGroupMetrics(t *testing.T) {
	leakless(t)
	_, nodes := startTier(t, newHands(), 1)
	_, members := startFakes(t, "a", "b")
	c := openCached(t, openGroup(t, members, store.SQLConfig{Reads: "replicas", Probe: never}), store.CacheConfig{Nodes: nodes, Timeout: roomy})
	for range 3 {
		read := access(t, c, "users/7")
		if share := read.Total - read.Wait - read.Cache; share < 0 || (share == 0) != (read.Outcome == store.OutcomeHit) {
			t.Errorf("the database's share is %v of %+v", share, read)
		}
	}
	metrics(t, c, map[string]float64{"cache_hits_total": 2, "member_b_reads_total": 1, "members_up": 2})
}

// shopRows is a Store of the seeded data set.
type shopRows struct {
	store.Store // nil
	orders      int
}

func (s shopRows) User(_ context.Context, id int64) (store.User, store.Timing, error) {
	u := store.User{ID: id}
	u.Name, u.Email, u.City = shop.UserRow(id)
	return u, store.Timing{Statements: 1}, nil
}

func (s shopRows) Orders(_ context.Context, customer int64) ([]store.Order, store.Timing, error) {
	name, _, _ := shop.UserRow(customer)
	orders := []store.Order{}
	for k := 1; k <= s.orders; k++ {
		o := store.Order{Customer: name}
		o.ID, o.Item, o.Cents = shop.OrderRow(customer, k)
		orders = append(orders, o)
	}
	return orders, store.Timing{Statements: 1}, nil
}

func (shopRows) Close() {}

// history is a skewed list of accesses, more of them than the cache has room for.
func history() (pages []string) {
	for i := range int64(6000) {
		id := 1 + (i*i*7919+i*104729)%(1+(i*i)%997)
		if i%5 == 0 {
			pages = append(pages, shop.OrdersPage(id))
		} else {
			pages = append(pages, shop.UserPage(id))
		}
	}
	return pages
}

// access reads a page.
func access(t *testing.T, c *store.CachedStore, page string) store.Timing {
	t.Helper()
	var id int64
	var took store.Timing
	var err error
	if _, scan := fmt.Sscanf(page, "users/%d", &id); scan == nil {
		_, took, err = c.User(t.Context(), id)
	} else if _, scan := fmt.Sscanf(page, "orders/%d", &id); scan == nil {
		_, took, err = c.Orders(t.Context(), id)
	}
	if err != nil {
		t.Fatalf("%s: %v", page, err)
	}
	return took
}

// contents asks each node for every key of a history, in a way that touches nothing, and
// returns what is there with its value.
func contents(t *testing.T, servers map[string]*cacheServer, pages []string) map[string]string {
	t.Helper()
	sorted := slices.Compact(slices.Sorted(slices.Values(pages)))
	out := map[string]string{}
	for name, s := range servers {
		k := openCacheKeeper(t, store.KeeperConfig{Nodes: []store.CacheNode{{Name: name, Address: s.address}}})
		for _, page := range sorted {
			key := strings.Replace(strings.Replace(page, "users/", "user:", 1), "/", ":", 1)
			value, _, err := k.Get(t.Context(), key)
			if err == nil {
				out[name+" "+key] = string(value)
			} else if !errors.Is(err, store.ErrNotFound) {
				t.Fatal(err)
			}
		}
	}
	return out
}

// TestWarmIsLikeReading: after Warm the nodes hold what they hold after reading the same
// pages one by one, entry by entry, whatever they drop when they are full.
func TestWarmIsLikeReading(t *testing.T) {
	leakless(t)
	pages := history()
	for _, policy := range []string{cache.PolicyLRU, cache.PolicyLFU, cache.PolicyFIFO} {
		t.Run(policy, func(t *testing.T) {
			var held [2]map[string]string
			for i := range held {
				servers, nodes := startTierOf(t, newHands(), 3, cache.Settings{Bytes: 16 << 10, Policy: policy})
				c := openCached(t, shopRows{orders: 3}, store.CacheConfig{Nodes: nodes, Timeout: roomy, TTL: time.Hour, Seed: 5})
				if i == 0 {
					for _, page := range pages {
						access(t, c, page)
					}
				} else {
					if err := c.Warm(t.Context(), append([]string{"", "users/", "users/0", "users/x", "posts/1", "orders/-1", "users/01"}, pages...)); err != nil {
						t.Fatal(err)
					}
					metrics(t, c, map[string]float64{"cache_hits_total": 0, "cache_misses_total": 0, "cache_loads_total": 0, "cache_errors_total": 0})
				}
				held[i] = contents(t, servers, pages)
			}
			if len(held[0]) < 100 || len(held[0]) > 1500 {
				t.Errorf("%d entries are held: the cache is full or empty", len(held[0]))
			}
			for key, value := range held[0] {
				if held[1][key] != value {
					t.Errorf("%s is %q after reading, %q after Warm", key, value, held[1][key])
				}
			}
			if len(held[1]) != len(held[0]) {
				t.Errorf("%d entries after Warm, %d after reading", len(held[1]), len(held[0]))
			}
		})
	}
}

// TestWarmExpires: entries live for the TTL, as those of reads.
func TestWarmExpires(t *testing.T) {
	leakless(t)
	h := newHands()
	_, nodes := startTier(t, h, 1)
	c := openCached(t, shopRows{orders: 2}, store.CacheConfig{Nodes: nodes, Timeout: roomy, TTL: 10 * time.Second})
	if err := c.Warm(t.Context(), []string{"users/1", "orders/1"}); err != nil {
		t.Fatal(err)
	}
	h.advance(9 * time.Second)
	for _, page := range []string{"users/1", "orders/1"} {
		if got := access(t, c, page).Outcome; got != store.OutcomeHit {
			t.Errorf("%s: %s", page, got)
		}
	}
	h.advance(time.Second)
	if got := access(t, c, "users/1").Outcome; got != store.OutcomeMiss {
		t.Errorf("after the TTL: %s", got)
	}
}

// TestWarmDeadNode: the other nodes are warm, and the error names the one that is not.
func TestWarmDeadNode(t *testing.T) {
	leakless(t)
	servers, nodes := startTier(t, newHands(), 3)
	servers["b"].stop()
	c := openCached(t, shopRows{}, store.CacheConfig{Nodes: nodes, Timeout: roomy})
	var pages []string
	for id := range int64(60) {
		pages = append(pages, shop.UserPage(id+1))
	}
	if err := c.Warm(t.Context(), pages); err == nil || !strings.Contains(err.Error(), "warm cache b: ") || strings.Contains(err.Error(), "cache a: ") {
		t.Errorf("got %v", err)
	}
	hits := 0
	for _, page := range pages {
		if access(t, c, page).Outcome == store.OutcomeHit {
			hits++
		}
	}
	if hits < 10 || hits > 55 {
		t.Errorf("%d of %d pages are warm", hits, len(pages))
	}
}

// TestWarmEnds with its context, and with the store.
func TestWarmEnds(t *testing.T) {
	leakless(t)
	_, nodes := startTier(t, newHands(), 1)
	dialling := make(chan struct{}, 10)
	stuck := func(ctx context.Context, _, _, _ string) (net.Conn, error) {
		dialling <- struct{}{}
		<-ctx.Done()
		return nil, ctx.Err()
	}
	for name, end := range map[string]func(*store.CachedStore, context.CancelFunc){
		"context": func(_ *store.CachedStore, cancel context.CancelFunc) { cancel() },
		"store":   func(c *store.CachedStore, _ context.CancelFunc) { c.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			c := openCached(t, shopRows{}, store.CacheConfig{Nodes: nodes, Timeout: roomy, Dial: stuck})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			done := make(chan error, 1)
			go func() { done <- c.Warm(ctx, []string{"users/1"}) }()
			<-dialling
			end(c, cancel)
			if err := <-done; err == nil {
				t.Error("no error")
			}
		})
	}
	c := openCached(t, shopRows{}, store.CacheConfig{Nodes: nodes})
	c.Close()
	if err := c.Warm(t.Context(), nil); err == nil {
		t.Error("a closed store was warmed")
	}
}
