package store

import (
	"hash/fnv"
	"sync"
)

// fenceCount keeps fences of different keys apart, mostly. Two keys with one fence cost
// an entry that is not cached, now and then.
const fenceCount = 256

// fence keeps a row out of the cache that was read before it was written: a read that
// began before Forget must not put its old row in after Forget has deleted it.
type fence struct {
	mu     sync.RWMutex
	height uint64
}

func (c *CachedStore) fence(key string) *fence {
	h := fnv.New32a()
	_, _ = h.Write([]byte(key)) // never fails
	return &c.fences[h.Sum32()%fenceCount]
}

// look is to be called before the row is read.
func (f *fence) look() (height uint64) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.height
}

// pass reports whether the row may be put into the cache, and then leave must follow.
func (f *fence) pass(height uint64) bool {
	f.mu.RLock()
	if f.height == height {
		return true
	}
	f.mu.RUnlock()
	return false
}

func (f *fence) leave() { f.mu.RUnlock() }

// raise waits for those that have passed, which is no longer than CacheConfig.Timeout,
// and lets nobody pass who looked before.
func (f *fence) raise() {
	f.mu.Lock()
	f.height++
	f.mu.Unlock()
}
