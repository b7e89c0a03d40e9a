package cache

import "container/heap"

// expireBatch is the most entries that one command removes because they are due. A
// command adds one deadline for each of its keys at most, so under traffic nothing
// piles up, and no command waits for thousands that were due at once.
const expireBatch = 16

// removeDue removes the entries that are due, first due first, expireBatch of them
// at most.
func (e *engine) removeDue(now instant) {
	for range expireBatch {
		if len(e.due) == 0 || !e.due[0].expired(now) {
			return
		}
		e.expirations++
		e.remove(e.due[0])
	}
}

// schedule sets when an entry expires.
func (e *engine) schedule(it *item, expires instant) {
	was := it.expires
	it.expires = expires
	switch {
	case was == never && expires != never:
		heap.Push(&e.due, it)
	case was != never && expires == never:
		heap.Remove(&e.due, it.place)
	case was != expires:
		heap.Fix(&e.due, it.place)
	}
}

// deadlines is a heap of the entries that expire, first due first.
type deadlines []*item

func (d deadlines) Len() int           { return len(d) }
func (d deadlines) Less(i, j int) bool { return d[i].expires < d[j].expires }

func (d deadlines) Swap(i, j int) {
	d[i], d[j] = d[j], d[i]
	d[i].place, d[j].place = i, j
}

// Push is for container/heap.
func (d *deadlines) Push(x any) {
	it := x.(*item)
	it.place = len(*d)
	*d = append(*d, it)
}

// Pop is for container/heap.
func (d *deadlines) Pop() any {
	last := len(*d) - 1
	it := (*d)[last]
	(*d)[last] = nil
	*d = (*d)[:last]
	return it
}
