package simulate

// station is one resource of all servers of a group.
type station struct {
	slots, queue int32
	quantum      int64
	servers      []server
	tally
}

// server is its slots and its line, which is linked through the tokens.
type server struct {
	busy, waiting int32
	head, tail    int32
}

// none ends a list of tokens.
const none = -1

func newStation(s Station, servers int) station {
	out := station{slots: int32(s.Slots), queue: int32(min(s.Queue, 1<<30)), quantum: int64(s.Quantum), servers: make([]server, servers)}
	if s.Queue < 0 {
		out.queue = 1 << 30
	}
	for i := range out.servers {
		out.servers[i].head, out.servers[i].tail = none, none
	}
	return out
}

// tally is what is known of a station. Areas are integrals over time, in
// nanoseconds: of the slots in use, and of the pieces that wait.
type tally struct {
	busy, waiting       int32
	last                int64
	busyArea, queueArea float64
	came, done, refused uint64
	// stays is the time that finished work spent, from coming to leaving.
	stays float64
	// worked is the length of all pieces that began.
	worked float64
	most   int32
}

// settle brings the areas up to date.
func (t *tally) settle(now int64) {
	if d := float64(now - t.last); d > 0 {
		t.busyArea += d * float64(t.busy)
		t.queueArea += d * float64(t.waiting)
		t.last = now
	}
}

// work brings a token's work to a station. False means that the line is full.
func (e *engine) work(i int32, in *instruction) bool {
	t := &e.tokens[i]
	st := &e.stations[in.index]
	s := &st.servers[t.server(in)]
	st.settle(e.now)
	st.came++
	t.entered = e.now
	if s.busy < st.slots {
		s.busy++
		st.busy++
		e.serve(i, t, st)
		return true
	}
	if s.waiting >= st.queue && t.join != anApplier { // which keeps trying
		st.refused++
		return false
	}
	e.enqueue(i, st, s)
	return true
}

func (e *engine) enqueue(i int32, st *station, s *server) {
	e.tokens[i].next = none
	if s.tail == none {
		s.head = i
	} else {
		e.tokens[s.tail].next = i
	}
	s.tail = i
	s.waiting++
	st.waiting++
	st.most = max(st.most, s.waiting)
}

// serve begins the next piece of a token's work.
func (e *engine) serve(i int32, t *token, st *station) {
	piece := t.rest
	if st.quantum > 0 && piece > st.quantum {
		piece = st.quantum
	}
	t.rest -= piece
	st.worked += float64(piece)
	e.agenda.plan(e.now+piece, i)
}

// served ends a piece: the rest of the work goes to the back of the line, and
// the first in the line gets the slot. It reports whether the work is done.
func (e *engine) served(i int32, in *instruction) (done bool) {
	t := &e.tokens[i]
	st := &e.stations[in.index]
	s := &st.servers[t.server(in)]
	st.settle(e.now)
	if done = t.rest == 0; done {
		st.done++
		st.stays += float64(e.now - t.entered)
	} else if s.head == none {
		e.serve(i, t, st) // nobody waits
		return false
	} else {
		e.enqueue(i, st, s)
	}
	first := s.head
	if first == none {
		s.busy--
		st.busy--
		return done
	}
	next := &e.tokens[first]
	if s.head = next.next; s.head == none {
		s.tail = none
	}
	s.waiting--
	st.waiting--
	e.serve(first, next, st)
	return done
}
