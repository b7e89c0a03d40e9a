package dns

import (
	"sync"
	"time"

	"rung/targets/evict"
)

// cache keeps values until their time ends, and the stale ones as long as
// linger says after that; when it is full, the least recently used leaves. It
// is safe for concurrent use.
type cache[V any] struct {
	// linger is how long after its time a value can be had from stale.
	linger time.Duration

	mu    sync.Mutex
	order evict.Policy
	kept  map[string]kept[V]
}

// kept is a value and the time it is good for: from since until just before
// until.
type kept[V any] struct {
	value        V
	since, until time.Time
	// held is until when a stale value is good enough; see hold.
	held time.Time
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
		if !now.Before(k.until.Add(c.linger)) {
			c.remove(key)
		}
		return kept[V]{}, false
	}
	c.order.Touch(key)
	return k, true
}

// stale returns a value whose time has ended, at most linger ago.
func (c *cache[V]) stale(key string, now time.Time) (kept[V], bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, ok := c.kept[key]
	if !ok || now.Before(k.until) || !now.Before(k.until.Add(c.linger)) {
		return kept[V]{}, false
	}
	c.order.Touch(key)
	return k, true
}

// hold notes until when a stale value is good enough, as no better one can be
// had.
func (c *cache[V]) hold(key string, until time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if k, ok := c.kept[key]; ok {
		k.held = until
		c.kept[key] = k
	}
}

func (c *cache[V]) remove(key string) {
	c.order.Remove(key)
	delete(c.kept, key)
}

// put keeps a value for that long. Zero or less keeps nothing: what was there
// stays, but not what is stale, as there is something newer.
func (c *cache[V]) put(key string, value V, now time.Time, ttl time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if ttl <= 0 {
		if k, ok := c.kept[key]; ok && !now.Before(k.until) {
			c.remove(key)
		}
		return
	}
	c.kept[key] = kept[V]{value: value, since: now, until: now.Add(ttl)}
	for _, evicted := range c.order.Add(key, 1) {
		delete(c.kept, evicted)
	}
}

// len counts the values, those included whose time has ended: they linger, or
// nobody asked for them since.
func (c *cache[V]) len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.order.Len()
}
