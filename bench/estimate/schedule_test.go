package estimate_test

// queue is a binary heap, the first at its root. It is that of container/heap
// without an allocation for each element.
type queue[E interface{ before(E) bool }] []E

func (q *queue[E]) push(e E) {
	*q = append(*q, e)
	h := *q
	for i := len(h) - 1; i > 0; {
		up := (i - 1) / 2
		if !h[i].before(h[up]) {
			return
		}
		h[i], h[up] = h[up], h[i]
		i = up
	}
}

// pop takes the first; there must be one.
func (q *queue[E]) pop() E {
	h := *q
	first, last := h[0], len(h)-1
	h[0] = h[last]
	var none E
	h[last] = none
	h = h[:last]
	*q = h
	for i := 0; ; {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < last; child++ {
			if h[child].before(h[least]) {
				least = child
			}
		}
		if least == i {
			return first
		}
		h[i], h[least] = h[least], h[i]
		i = least
	}
}
