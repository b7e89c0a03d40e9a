package dns

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

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

// TestStaleModel: what has ended can be had from stale, and only for the time
// of linger; what came after it is all that counts.
func TestStaleModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		linger := time.Duration(rapid.IntRange(0, 10).Draw(t, "linger")) * time.Second
		c := newCache[int](10)
		c.linger = linger
		now := time.Unix(0, 0)
		type fact struct {
			value       int
			until, held time.Time
		}
		known := map[string]fact{}
		for i := range rapid.IntRange(1, 60).Draw(t, "steps") {
			key := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "key")
			now = now.Add(time.Duration(rapid.IntRange(0, 4).Draw(t, "pause")) * time.Second)
			f, has := known[key]
			fresh := has && now.Before(f.until)
			stale := has && !fresh && now.Before(f.until.Add(linger))
			switch rapid.SampledFrom([]string{"put", "hold", "look"}).Draw(t, "step") {
			case "put":
				ttl := time.Duration(rapid.IntRange(0, 5).Draw(t, "ttl")) * time.Second
				c.put(key, i, now, ttl)
				if ttl > 0 {
					known[key] = fact{value: i, until: now.Add(ttl)}
				} else if !fresh {
					delete(known, key)
				}
			case "hold":
				if stale {
					c.hold(key, now.Add(2*time.Second))
					f.held = now.Add(2 * time.Second)
					known[key] = f
				}
			default:
				if k, ok := c.get(key, now); ok != fresh || ok && k.value != f.value {
					t.Fatalf("get %s: %d, %v; want %d, %v", key, k.value, ok, f.value, fresh)
				}
				if k, ok := c.stale(key, now); ok != stale || ok && (k.value != f.value || k.held != f.held) {
					t.Fatalf("stale %s: %+v, %v; want %+v, %v", key, k, ok, f, stale)
				}
			}
		}
	})
}
