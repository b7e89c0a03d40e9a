package wire

import (
	"sync"
	"time"
)

// chunk is data on its way, or an event.
type chunk struct {
	due  time.Time
	turn uint64 // breaks ties: first sent, first received
	err  error  // the event, which the puller gets instead of data
	own  bool   // the event is this end's own: a cut does not hold it
	data []byte // what is left of the buffer's content
	full []byte // the buffer, for reuse
}

// Buffers come in three sizes: a small request, a page, a file.
const (
	small   = 2 << 10
	medium  = 16 << 10
	largest = 64 << 10 // also holds any datagram
)

// buffers recycles chunks. The zero value is ready; it is safe for concurrent
// use.
type buffers struct{ small, medium, largest sync.Pool }

// get returns a chunk with room for n bytes, n <= largest.
func (b *buffers) get(n int) *chunk {
	pool, size := &b.largest, largest
	switch {
	case n <= small:
		pool, size = &b.small, small
	case n <= medium:
		pool, size = &b.medium, medium
	}
	if c, ok := pool.Get().(*chunk); ok {
		return c
	}
	return &chunk{full: make([]byte, size)}
}

// put takes c back; it must not be used any more.
func (b *buffers) put(c *chunk) {
	c.data, c.err = nil, nil
	switch len(c.full) {
	case small:
		b.small.Put(c)
	case medium:
		b.medium.Put(c)
	case largest:
		b.largest.Put(c)
	}
}

// chunks is a min-heap by arrival. As arrivals of a stream never go back, it
// is a plain queue there.
type chunks []*chunk

func (h chunks) less(i, j int) bool {
	if !h[i].due.Equal(h[j].due) {
		return h[i].due.Before(h[j].due)
	}
	return h[i].turn < h[j].turn
}

func (h *chunks) push(c *chunk) {
	*h = append(*h, c)
	s := *h
	for i := len(s) - 1; i > 0; {
		parent := (i - 1) / 2
		if !s.less(i, parent) {
			return
		}
		s[i], s[parent] = s[parent], s[i]
		i = parent
	}
}

func (h *chunks) pop() *chunk {
	s := *h
	first, last := s[0], len(s)-1
	s[0], s[last] = s[last], nil
	s = s[:last]
	*h = s
	for i := 0; ; {
		child := 2*i + 1
		if child >= last {
			return first
		}
		if right := child + 1; right < last && s.less(right, child) {
			child = right
		}
		if !s.less(child, i) {
			return first
		}
		s[i], s[child] = s[child], s[i]
		i = child
	}
}
