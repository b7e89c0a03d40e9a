package dns

import (
	"sync"
	"time"

	"rung/targets/evict"
)

// cache keeps values until their time ends; when it is full, the least
// recently used leaves. It is safe for concurrent use.
type cache[V any] struct {
	mu    sync.Mutex
	order evict.Policy
	kept  map[string]kept[V]
}

// kept is a value and the time it is good for: from since until just before
// until.
type kept[V any] struct {
	value        V
	since, until time.Time
}

// newCache returns a cache of at most that many values.
func newCache[V any](most int) *cache[V] {
	return &cache[V]{order: evict.NewLRU(int64(most)), kept: map[string]kept[V]{}}
}

func (c *cache[V]) get(key string, now time.Time) (kept[V], bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, ok := c.kept[key]
	if !ok {
		return k, false
	}
	if !now.Before(k.until) {
		c.order.Remove(key)
		delete(c.kept, key)
		return kept[V]{}, false
	}
	c.order.Touch(key)
	return k, true
}

// put keeps a value for that long. Zero or less keeps nothing: what was there
// stays.
func (c *cache[V]) put(key string, value V, now time.Time, ttl time.Duration) {
	if ttl <= 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kept[key] = kept[V]{value, now, now.Add(ttl)}
	for _, evicted := range c.order.Add(key, 1) {
		delete(c.kept, evicted)
	}
}

// len counts the values, those included whose time has ended but that nobody
// asked for since.
func (c *cache[V]) len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.order.Len()
}
