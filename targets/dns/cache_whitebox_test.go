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
