// Package evict holds the algorithms that decide which key leaves a cache that is
// full: first in first out, least recently used, least frequently used.
//
// A policy keeps keys and their costs, never values. Every operation takes
// constant time, plus constant time for each key that is evicted. Policies are not
// safe for concurrent use: the cache around them has a lock already.
package evict

// Policy is a bounded set of keys. The sum of the costs of its keys never exceeds
// its capacity.
type Policy interface {
	// Add puts a key in at a cost, in whatever unit the capacity is in: bytes, or
	// 1 for each key. A cost below 1 counts as 1, so the number of keys is bounded.
	// It returns the keys that had to leave, first to leave first, nil if none.
	//
	// Adding a key that is there already sets its cost and counts as a use. The
	// added key is never evicted for itself, unless its cost alone is above the
	// capacity: then it is not kept, is the only key returned, and all others stay.
	Add(key string, cost int64) (evicted []string)
	// Touch counts a use of a key and reports whether the key is there.
	Touch(key string) bool
	// Remove takes a key out and reports whether it was there.
	Remove(key string) bool
	// Len is the number of keys.
	Len() int
	// Cost is the sum of the costs of all keys.
	Cost() int64
}
