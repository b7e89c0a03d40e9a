package evict

// NewLFU returns a policy that evicts the key with the fewest uses, by Add or
// Touch, and among those the one whose last use is the longest ago. Counts start
// when a key comes in, are lost when it leaves, and do not age. A capacity below 1
// keeps nothing.
//
// The method is the frequency list of Shah, Mitra and Matani, "An O(1) algorithm
// for implementing the LFU cache eviction scheme" (2010).
func NewLFU(capacity int64) Policy {
	l := &lfu{capacity: capacity, entries: map[string]*entry{}}
	l.levels.prev, l.levels.next = &l.levels, &l.levels
	return l
}

// lfu is a ring of levels around a root, fewest uses first. No level is empty.
type lfu struct {
	capacity, cost int64
	entries        map[string]*entry
	levels         level
}

// level is the chain of the keys that were used equally often.
type level struct {
	uses       uint64
	keys       chain
	prev, next *level
}

func (l *lfu) Add(key string, cost int64) (evicted []string) {
	cost = max(cost, 1)
	if cost > l.capacity {
		l.Remove(key)
		return []string{key}
	}
	e, known := l.entries[key]
	if known {
		l.cost -= e.cost
		l.use(e)
	} else {
		e = &entry{key: key}
		l.entries[key] = e
		l.place(e, &l.levels, 1)
	}
	e.cost = cost
	l.cost += cost
	for l.cost > l.capacity {
		victim := l.rarest(e)
		l.drop(victim)
		evicted = append(evicted, victim.key)
	}
	return evicted
}

func (l *lfu) Touch(key string) bool {
	e, known := l.entries[key]
	if known {
		l.use(e)
	}
	return known
}

func (l *lfu) Remove(key string) bool {
	e, known := l.entries[key]
	if known {
		l.drop(e)
	}
	return known
}

func (l *lfu) Len() int    { return len(l.entries) }
func (l *lfu) Cost() int64 { return l.cost }

// rarest returns the next victim that is not except. There is one whenever the
// cost is above the capacity, since except alone fits.
func (l *lfu) rarest(except *entry) *entry {
	first := l.levels.next
	if victim := first.keys.oldest(except); victim != nil {
		return victim
	}
	return first.next.keys.oldest(except)
}

// use moves an entry up by one level.
func (l *lfu) use(e *entry) {
	old := e.level
	e.unlink()
	l.place(e, old, old.uses+1)
	old.dropIfEmpty()
}

// place puts an entry at the level of uses, which lies right after the level
// named after, or is made there.
func (l *lfu) place(e *entry, after *level, uses uint64) {
	to := after.next
	if to.uses != uses { // the root has 0 uses, and no entry has
		to = &level{uses: uses, prev: after, next: after.next}
		to.keys.init()
		to.prev.next, to.next.prev = to, to
	}
	to.keys.push(e)
	e.level = to
}

func (l *lfu) drop(e *entry) {
	e.unlink()
	e.level.dropIfEmpty()
	delete(l.entries, e.key)
	l.cost -= e.cost
}

func (v *level) dropIfEmpty() {
	if v.keys.empty() {
		v.prev.next, v.next.prev = v.next, v.prev
	}
}
