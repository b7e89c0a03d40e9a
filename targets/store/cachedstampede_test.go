package store_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"rung/targets/store"
)

// TestStampede lets 100 requests miss one key at the same time: coalesced they make one
// read of the store behind, otherwise 100.
func TestStampede(t *testing.T) {
	leakless(t)
	const crowd = 100
	for _, c := range []struct {
		name             string
		coalesce         bool
		loads, coalesced float64
	}{
		{"coalesced", true, 1, crowd - 1},
		{"not coalesced", false, crowd, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, nodes := startTier(t, newHands(), 1)
			inner := newRows()
			inner.gate = make(chan struct{})
			s := openCached(t, inner, store.CacheConfig{Nodes: nodes, Timeout: roomy, Coalesce: c.coalesce, Connections: 8})
			var all sync.WaitGroup
			for range crowd {
				all.Go(func() {
					u, took, err := s.User(t.Context(), 1)
					if err != nil || u.Name != "old" {
						t.Errorf("got %+v, %v", u, err)
					}
					want := []string{store.OutcomeShared, store.OutcomeMiss}[took.Statements]
					if took.Outcome != want || took.Cache <= 0 || took.Cache > took.Total {
						t.Errorf("%+v; want the outcome %s", took, want)
					}
				})
			}
			// All have missed, and the one that reads cannot end yet.
			poll(t, "everybody to miss", func() bool {
				return s.Metrics()["cache_misses_total"] == crowd && float64(inner.calls.Load()) == c.loads
			})
			close(inner.gate)
			all.Wait()
			metrics(t, s, map[string]float64{"cache_loads_total": c.loads, "coalesced_total": c.coalesced, "cache_hits_total": 0})
			if read(t, s, 1, "old").Outcome != store.OutcomeHit {
				t.Error("afterwards it is not in the cache")
			}
		})
	}
}

// TestNoGap sends waves of readers at one key that nobody holds up: when the cache
// keeps it, one read of the store behind is enough, however they meet.
func TestNoGap(t *testing.T) {
	leakless(t)
	_, nodes := startTier(t, newHands(), 1)
	inner := newRows()
	c := openCached(t, inner, store.CacheConfig{Nodes: nodes, Timeout: roomy, Coalesce: true, Connections: 4})
	for id := int64(1); id <= 20; id++ {
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				if _, _, err := c.User(t.Context(), id); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if n := inner.calls.Load(); n != id {
			t.Fatalf("after %d keys the store behind was asked %d times", id, n)
		}
	}
}

// TestSharedReadOutlivesItsBeginner: whoever began the shared read may go; only when
// everybody has gone does it end.
func TestSharedReadOutlivesItsBeginner(t *testing.T) {
	leakless(t)
	_, nodes := startTier(t, newHands(), 1)
	inner := newRows()
	inner.gate = make(chan struct{})
	c := openCached(t, inner, store.CacheConfig{Nodes: nodes, Timeout: roomy, Coalesce: true, Connections: 4})
	var first, second sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	first.Go(func() {
		if _, _, err := c.User(ctx, 1); !errors.Is(err, context.Canceled) {
			t.Errorf("the first one got %v", err)
		}
	})
	poll(t, "the read", func() bool { return inner.calls.Load() == 1 })
	second.Go(func() {
		if u, _, err := c.User(t.Context(), 1); err != nil || u.Name != "old" {
			t.Errorf("the second one got %+v, %v", u, err)
		}
	})
	poll(t, "the second miss", func() bool { return c.Metrics()["cache_misses_total"] == 2 })
	cancel()
	first.Wait()
	inner.gate <- struct{}{}
	second.Wait()

	ctx, cancel = context.WithCancel(t.Context())
	first.Go(func() {
		if _, _, err := c.User(ctx, 2); !errors.Is(err, context.Canceled) {
			t.Errorf("the lonely one got %v", err)
		}
	})
	poll(t, "the lonely read", func() bool { return inner.calls.Load() == 2 })
	cancel()
	first.Wait()
	c.Close() // waits for the read, which nothing but its context can end
}

// TestSharedError: everybody gets the error of the shared read, and the next one tries
// again.
func TestSharedError(t *testing.T) {
	leakless(t)
	_, nodes := startTier(t, newHands(), 1)
	inner := newRows()
	inner.gate = make(chan struct{})
	c := openCached(t, inner, store.CacheConfig{Nodes: nodes, Timeout: roomy, Coalesce: true, Connections: 4})
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			if _, _, err := c.User(t.Context(), -1); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("got %v", err)
			}
		})
	}
	poll(t, "everybody to miss", func() bool { return c.Metrics()["cache_misses_total"] == 5 })
	close(inner.gate)
	all.Wait()
	if _, _, err := c.User(t.Context(), -1); !errors.Is(err, store.ErrNotFound) || inner.calls.Load() != 2 {
		t.Errorf("afterwards: %v, asked %d times", err, inner.calls.Load())
	}
}

// BenchmarkCached is the price of a hit, and of a miss that is filled.
func BenchmarkCached(b *testing.B) {
	h := newHands()
	_, nodes := startTier(b, h, 1)
	c := openCached(b, newRows(), store.CacheConfig{Nodes: nodes, Timeout: roomy, Coalesce: true, TTL: time.Hour})
	for name, step := range map[string]int64{"hit": 0, "miss": 1} {
		b.Run(name, func(b *testing.B) {
			for id := int64(1); b.Loop(); id += step {
				if _, _, err := c.User(b.Context(), id); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
