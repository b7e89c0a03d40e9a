package simulate

// event is something that happens to a token. Of events at one time the one
// that was planned first comes first.
type event struct {
	at    int64
	turn  uint32
	token int32
}

// before compares turns as they wrap around: events that wait together are
// never two billion apart.
func (e event) before(f event) bool {
	return e.at < f.at || (e.at == f.at && int32(e.turn-f.turn) < 0)
}

// agenda is a 4-ary min-heap of events.
type agenda struct {
	heap []event
	turn uint32
}

func (a *agenda) plan(at int64, token int32) {
	a.turn++
	e := event{at, a.turn, token}
	a.heap = append(a.heap, e)
	h := a.heap
	i := len(h) - 1
	for i > 0 {
		parent := (i - 1) >> 2
		if !e.before(h[parent]) {
			break
		}
		h[i] = h[parent]
		i = parent
	}
	h[i] = e
}

func (a *agenda) next() event {
	h := a.heap
	first, last := h[0], len(h)-1
	e := h[last]
	h = h[:last]
	a.heap = h
	if last == 0 {
		return first
	}
	i := 0
	for {
		child := 4*i + 1
		if child >= last {
			break
		}
		least := child
		for k := child + 1; k < min(child+4, last); k++ {
			if h[k].before(h[least]) {
				least = k
			}
		}
		if !h[least].before(e) {
			break
		}
		h[i] = h[least]
		i = least
	}
	h[i] = e
	return first
}
