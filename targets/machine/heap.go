package machine

import "time"

// heap is a min-heap of jobs by the end of their present piece; jobs that end
// together leave in the order they came.
type heap []*job

func (h heap) less(i, j int) bool {
	if h[i].finish != h[j].finish {
		return h[i].finish < h[j].finish
	}
	return h[i].turn < h[j].turn
}

func (h *heap) push(j *job) {
	*h = append(*h, j)
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

func (h *heap) pop() *job {
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

// siftDown restores a min-heap of times after its first element grew.
func siftDown(times []time.Duration) {
	for i := 0; ; {
		child := 2*i + 1
		if child >= len(times) {
			return
		}
		if right := child + 1; right < len(times) && times[right] < times[child] {
			child = right
		}
		if times[child] >= times[i] {
			return
		}
		times[i], times[child] = times[child], times[i]
		i = child
	}
}

// line is a queue of times in rising order. Its memory is bounded by the
// longest it ever was.
type line struct {
	times []time.Duration // a ring
	first int
	count int
}

func (l *line) len() int { return l.count }

func (l *line) push(t time.Duration) {
	if l.count == len(l.times) {
		grown := make([]time.Duration, max(16, 2*len(l.times)))
		n := copy(grown, l.times[l.first:])
		copy(grown[n:], l.times[:l.first])
		l.times, l.first = grown, 0
	}
	l.times[(l.first+l.count)%len(l.times)] = t
	l.count++
}

// drop removes every time up to and including t.
func (l *line) drop(t time.Duration) {
	for l.count > 0 && l.times[l.first] <= t {
		l.first = (l.first + 1) % len(l.times)
		l.count--
	}
}
