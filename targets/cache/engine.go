package cache

import (
	"bytes"
	"sync"
	"time"

	"rung/targets/evict"
)

// EntryOverhead is the memory in bytes that an entry is charged besides its key and
// its value. It is about what one costs this process on a 64-bit machine: slots of
// two maps, an item, a place in the order of eviction, and the rounding of
// allocations. TestOverhead measures it.
const EntryOverhead = 192

// engine is the memory of the cache. It is safe for concurrent use. Values are never
// changed in place, so they may be handed out.
type engine struct {
	capacity int64
	policy   string
	clock    func() time.Time
	epoch    time.Time

	mu    sync.Mutex
	items map[string]*item
	order evict.Policy
	due   deadlines
	counts
}

// counts are the engine's counters, which only grow.
type counts struct {
	hits, misses, evictions, expirations int64
}

// item is one entry.
type item struct {
	key     string
	value   []byte
	expires instant
	place   int // among the deadlines, if it expires
}

// instant is a time, in nanoseconds since the engine's epoch.
type instant int64

// never is the deadline of an entry that stays until it is evicted.
const never instant = 0

func (it *item) expired(now instant) bool { return it.expires != never && it.expires <= now }

func newEngine(capacity int64, policy string, clock func() time.Time) *engine {
	e := &engine{capacity: capacity, policy: policy, clock: clock, epoch: clock()}
	e.clear()
	return e
}

func (e *engine) clear() {
	e.items = map[string]*item{}
	e.order = newPolicy(e.policy, e.capacity)
	e.due = nil
}

// begin locks the engine, removes some of what is due and returns the time.
func (e *engine) begin() instant {
	e.mu.Lock()
	now := instant(e.clock().Sub(e.epoch))
	e.removeDue(now)
	return now
}

// find returns the entry of a key that is alive, or nil.
func (e *engine) find(key []byte, now instant) *item {
	it := e.items[string(key)]
	if it == nil || !it.expired(now) {
		return it
	}
	e.expirations++
	e.remove(it)
	return nil
}

// read is find for a reader: it counts, and the entry has been used.
func (e *engine) read(key []byte, now instant) (value []byte, found bool) {
	it := e.find(key, now)
	if it == nil {
		e.misses++
		return nil, false
	}
	e.hits++
	e.order.Touch(it.key)
	return it.value, true
}

func (e *engine) fits(key, value []byte) bool { return cost(key, value) <= e.capacity }

// cost of an entry in bytes.
func cost(key, value []byte) int64 { return int64(len(key)) + int64(len(value)) + EntryOverhead }

// write puts an entry in that fits, and evicts others to make room. The value is
// copied: it is a part of a larger buffer.
func (e *engine) write(key, value []byte, expires, now instant) {
	it := e.items[string(key)]
	if it == nil {
		it = &item{key: string(key)}
		e.items[it.key] = it
	}
	it.value = bytes.Clone(value)
	e.schedule(it, expires)
	for _, victim := range e.order.Add(it.key, cost(key, value)) {
		e.forget(e.items[victim], now)
	}
}

// forget drops what the policy has evicted.
func (e *engine) forget(it *item, now instant) {
	if it.expired(now) {
		e.expirations++ // it was dead: nobody loses anything
	} else {
		e.evictions++
	}
	e.schedule(it, never)
	delete(e.items, it.key)
}

// remove takes an entry out of everything.
func (e *engine) remove(it *item) {
	e.order.Remove(it.key)
	e.schedule(it, never)
	delete(e.items, it.key)
}
