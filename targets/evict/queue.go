package evict

// NewFIFO returns a policy that evicts the key that was added first; uses do not
// matter, and adding a key again leaves it in its place. A capacity below 1 keeps
// nothing.
func NewFIFO(capacity int64) Policy { return newQueue(capacity, false) }

// NewLRU returns a policy that evicts the key whose last use, by Add or Touch, is
// the longest ago. A capacity below 1 keeps nothing.
func NewLRU(capacity int64) Policy { return newQueue(capacity, true) }

// queue is one chain of keys. A use moves a key to the young end (LRU) or does not
// (FIFO).
type queue struct {
	capacity, cost int64
	renew          bool
	entries        map[string]*entry
	order          chain
}

func newQueue(capacity int64, renew bool) *queue {
	q := &queue{capacity: capacity, renew: renew, entries: map[string]*entry{}}
	q.order.init()
	return q
}

func (q *queue) Add(key string, cost int64) (evicted []string) {
	cost = max(cost, 1)
	if cost > q.capacity {
		q.Remove(key)
		return []string{key}
	}
	e, known := q.entries[key]
	if known {
		q.cost -= e.cost
		q.use(e)
	} else {
		e = &entry{key: key}
		q.entries[key] = e
		q.order.push(e)
	}
	e.cost = cost
	q.cost += cost
	for q.cost > q.capacity {
		victim := q.order.oldest(e)
		q.drop(victim)
		evicted = append(evicted, victim.key)
	}
	return evicted
}

func (q *queue) Touch(key string) bool {
	e, known := q.entries[key]
	if known {
		q.use(e)
	}
	return known
}

func (q *queue) Remove(key string) bool {
	e, known := q.entries[key]
	if known {
		q.drop(e)
	}
	return known
}

func (q *queue) Len() int    { return len(q.entries) }
func (q *queue) Cost() int64 { return q.cost }

func (q *queue) use(e *entry) {
	if q.renew {
		e.unlink()
		q.order.push(e)
	}
}

func (q *queue) drop(e *entry) {
	e.unlink()
	delete(q.entries, e.key)
	q.cost -= e.cost
}
