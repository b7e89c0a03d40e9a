package clock

import "time"

// waiter is one goroutine in Until.
type waiter struct {
	deadline time.Duration
	index    int // place in the queue; -1 when not queued
	wake     chan error
}

// queue is a binary heap of waiters, earliest deadline first.
type queue []*waiter

func (q *queue) push(w *waiter) {
	w.index = len(*q)
	*q = append(*q, w)
	q.up(w.index)
}

func (q *queue) pop() *waiter {
	w := (*q)[0]
	q.remove(w)
	return w
}

// remove takes w out; false means that it was not queued.
func (q *queue) remove(w *waiter) bool {
	i, last := w.index, len(*q)-1
	if i < 0 || i > last || (*q)[i] != w {
		return false
	}
	q.swap(i, last)
	(*q)[last] = nil
	*q = (*q)[:last]
	w.index = -1
	if i < last {
		q.down(i)
		q.up(i)
	}
	return true
}

func (q queue) swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].index, q[j].index = i, j
}

func (q queue) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if q[parent].deadline <= q[i].deadline {
			return
		}
		q.swap(i, parent)
		i = parent
	}
}

func (q queue) down(i int) {
	for {
		child := 2*i + 1
		if child >= len(q) {
			return
		}
		if right := child + 1; right < len(q) && q[right].deadline < q[child].deadline {
			child = right
		}
		if q[i].deadline <= q[child].deadline {
			return
		}
		q.swap(i, child)
		i = child
	}
}
