package dns

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

func TestFlightIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running sync.WaitGroup
		f := newFlights[int](&running)
		calls := 0
		slow := func(context.Context) (int, error) {
			calls++
			time.Sleep(time.Second)
			return calls, nil
		}
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() {
				if v, _, err := f.do(t.Context(), "k", slow); v != 1 || err != nil {
					t.Errorf("got %d, %v", v, err)
				}
			})
		}
		all.Wait()
		if v, joined, err := f.do(t.Context(), "k", slow); v != 2 || joined || err != nil {
			t.Errorf("later: got %d, joined %v, %v", v, joined, err)
		}
		running.Wait()
		if len(f.calls) != 0 {
			t.Errorf("%d calls left behind", len(f.calls))
		}
	})
}

func TestFlightEndsWithItsLastWaiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running, all sync.WaitGroup
		f := newFlights[int](&running)
		start := time.Now()
		ended := make(chan time.Duration, 1)
		forever := func(ctx context.Context) (int, error) {
			<-ctx.Done()
			ended <- time.Since(start)
			return 0, ctx.Err()
		}
		for _, patience := range []time.Duration{time.Second, 3 * time.Second, 2 * time.Second} {
			all.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				if _, _, err := f.do(ctx, "k", forever); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v", err)
				}
			})
		}
		all.Wait()
		running.Wait()
		if took := <-ended; took != 3*time.Second {
			t.Errorf("the call ended after %v, want with its last waiter after 3s", took)
		}
		// A call that nobody waits for must not be joined.
		if v, joined, err := f.do(t.Context(), "k", func(context.Context) (int, error) { return 7, nil }); v != 7 || joined || err != nil {
			t.Errorf("afterwards: got %d, joined %v, %v", v, joined, err)
		}
	})
}

// TestCacheModel compares the cache with the plain description of it.
func TestCacheModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.IntRange(1, 5).Draw(t, "most")
		c := newCache[int](most)
		now := time.Unix(0, 0)
		until := map[string]time.Time{}
		latest := map[string]int{}
		for i := range rapid.IntRange(1, 60).Draw(t, "steps") {
			key := rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f", "g"}).Draw(t, "key")
			now = now.Add(time.Duration(rapid.IntRange(0, 3).Draw(t, "pause")) * time.Second)
			if rapid.Bool().Draw(t, "put") {
				ttl := time.Duration(rapid.IntRange(0, 10).Draw(t, "ttl")) * time.Second
				c.put(key, i, now, ttl)
				if ttl > 0 {
					until[key], latest[key] = now.Add(ttl), i
					if k, ok := c.get(key, now); !ok || k.value != i {
						t.Fatalf("put %d, got %d, %v", i, k.value, ok)
					}
				}
			} else if k, ok := c.get(key, now); ok && (k.value != latest[key] || !now.Before(until[key])) {
				t.Fatalf("got %d at %v, want %d before %v", k.value, now, latest[key], until[key])
			}
			if c.len() > most || len(c.kept) != c.len() {
				t.Fatalf("%d keys, %d values, at most %d", c.len(), len(c.kept), most)
			}
		}
	})
}

func TestCountdown(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ttl := rapid.Uint32Range(0, maxTTL).Draw(t, "ttl")
		since := time.Unix(1_700_000_000, 0)
		now := since.Add(time.Duration(rapid.Int64().Draw(t, "elapsed")))
		got := left(ttl, age(since, now))
		if got > ttl {
			t.Fatalf("ttl %d became %d", ttl, got)
		}
		if elapsed := now.Sub(since); got > 0 && elapsed > 0 && ttlDuration(got) > ttlDuration(ttl)-elapsed {
			t.Fatalf("ttl %d is %d after %v", ttl, got, elapsed)
		}
		if later := left(ttl, age(since, now.Add(time.Second))); now.Sub(since) < 1<<62 && later > got {
			t.Fatalf("ttl %d is %d, and a second later %d", ttl, got, later)
		}
	})
}
