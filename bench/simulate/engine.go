package simulate

import "context"

// engine is one replication under way.
type engine struct {
	program
	now      int64
	agenda   agenda
	stations []station
	groups   []*balancer
	appliers [][]applying

	tokens   []token
	free     int32
	inFlight int
	joins    []join
	spare    []int32

	outcome
	timeout int64 // 0 is none
	limit   int64 // above which an answer counts as slow; 0 is none
	// enough slow requests end the run; 0 never does.
	enough uint64
}

// outcome is what is counted of the requests that are measured.
type outcome struct {
	from, until int64 // the window: when the first and the last of them came
	open        bool
	// took is their response times by operation, without failures.
	took                         []histogram
	started, done, refused, late uint64
	// slow ones failed or took longer than the limit.
	slow       uint64
	overloaded bool    // more were in flight than there is room for
	operation  []int32 // by route
	// closed is the stations when the last of them had come.
	closed []tally
}

func newEngine(n Network, p program) *engine {
	e := &engine{program: p, free: none}
	for _, s := range n.Stations {
		e.stations = append(e.stations, newStation(s, n.Groups[s.Group].total()))
	}
	for _, g := range n.Groups {
		e.groups = append(e.groups, newBalancer(n, g))
	}
	e.appliers = newAppliers(n)
	names, of := operations(n)
	e.took, e.operation = make([]histogram, len(names)), of
	return e
}

// operations are the names of operations in the order of the routes, and the
// index of each route's.
func operations(n Network) (names []string, of []int32) {
	at := map[string]int32{}
	for _, r := range n.Routes {
		i, known := at[r.Operation]
		if !known {
			i = int32(len(names))
			at[r.Operation] = i
			names = append(names, r.Operation)
		}
		of = append(of, i)
	}
	return names, of
}

// run plays all arrivals and what follows from them.
func (e *engine) run(ctx context.Context, a *arrivals, most int) error {
	const stride = 1 << 16 // events between looks at the context
	for steps := 1; ; steps++ {
		if steps%stride == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if !a.over && (len(e.agenda.heap) == 0 || a.at <= e.agenda.heap[0].at) {
			if e.inFlight >= most || (e.enough > 0 && e.slow >= e.enough) {
				e.overloaded = e.inFlight >= most
				e.close()
				return nil
			}
			e.arrive(a)
			continue
		}
		if len(e.agenda.heap) == 0 {
			return nil
		}
		if a.over && e.ended() {
			return nil
		}
		next := e.agenda.next()
		e.now = next.at
		e.happen(next.token)
	}
}

// ended says that all requests that are measured have their answer, or will
// be too late. It closes the window when the last request has come.
func (e *engine) ended() bool {
	answered := e.done + e.refused + e.late
	if answered == e.started {
		return true
	}
	if e.timeout > 0 && e.agenda.heap[0].at > e.until+e.timeout {
		n := e.started - answered
		e.late += n
		e.slow += n
		return true
	}
	return false
}

// arrive lets the next request in.
func (e *engine) arrive(a *arrivals) {
	e.now = a.at
	if !e.open && a.at >= a.warm {
		e.begin()
	}
	i := e.newToken()
	t := &e.tokens[i]
	d := diceOf(a.seed, a.number)
	route := a.route(&d)
	*t = token{dice: d, began: e.now, join: aRequest, number: route, pc: e.starts[route]}
	t.key = uint32(t.dice.bits() >> 32)
	if e.open {
		e.started++
		e.until = e.now
	}
	a.next()
	e.proceed(i)
	if a.over {
		e.close()
	}
}

// begin opens the window.
func (e *engine) begin() {
	e.open, e.from = true, e.now
	for i := range e.stations {
		st := &e.stations[i]
		st.tally = tally{busy: st.busy, waiting: st.waiting, last: e.now}
		for k := range st.servers {
			st.most = max(st.most, st.servers[k].waiting)
		}
	}
}

// close takes down the stations at the end of the window.
func (e *engine) close() {
	e.closed = e.closed[:0]
	for i := range e.stations {
		e.stations[i].settle(e.now)
		e.closed = append(e.closed, e.stations[i].tally)
	}
}

// happen is the end of a delay, of a piece of work, or of a fork.
func (e *engine) happen(i int32) {
	t := &e.tokens[i]
	in := &e.code[t.pc]
	switch in.op {
	case opWork:
		if !e.served(i, in) {
			return
		}
	case opFork:
		if t.failed {
			e.fail(i, in)
			return
		}
	}
	e.tokens[i].pc++
	e.proceed(i)
}

// proceed does what a token does next until it must wait.
func (e *engine) proceed(i int32) {
	for {
		t := &e.tokens[i]
		in := &e.code[t.pc]
		switch in.op {
		case opDelay:
			e.agenda.plan(e.now+in.delay, i)
			return
		case opOneOf:
			list := e.delays[in.index]
			e.agenda.plan(e.now+list[t.dice.below(int32(len(list)))], i)
			return
		case opWork:
			if t.rest = e.laws[in.law].draw(&t.dice); t.rest > 0 {
				if !e.work(i, in) {
					e.fail(i, in)
				}
				return
			}
		case opHold:
			view := int32(none)
			if in.view >= 0 {
				view = t.servers[in.view]
			}
			t.servers[in.at] = e.groups[in.index].pick(&t.dice, t.key, in.fixed, view)
		case opLeave:
			e.leave(t, grip{in.index, in.at, in.view})
		case opFork:
			if !e.fork(i, in) {
				return
			}
		case opApply:
			e.apply(i, in)
			return
		case opItem:
			if t.count--; t.count > 0 {
				t.pc--
				continue
			}
		case opBatchEnd:
			e.endBatch(i)
			return
		case opDone:
			e.end(i, true)
			return
		}
		e.tokens[i].pc++
	}
}

func (e *engine) leave(t *token, g grip) {
	view := int32(none)
	if g.view >= 0 {
		view = t.servers[g.view]
	}
	e.groups[g.group].leave(t.servers[g.at], view)
}

// fail ends a token whose work was refused, or whose branches were.
func (e *engine) fail(i int32, in *instruction) {
	for _, g := range in.grips {
		e.leave(&e.tokens[i], g)
	}
	e.end(i, false)
}

// end drops a token that is done or has failed.
func (e *engine) end(i int32, ok bool) {
	t := &e.tokens[i]
	switch {
	case t.join == aRequest && e.open && t.began >= e.from:
		e.answer(t, ok)
	case t.join >= 0:
		e.joined(t.join, ok)
	}
	e.drop(i)
}

// answer counts a request.
func (e *engine) answer(t *token, ok bool) {
	took := e.now - t.began
	switch {
	case !ok:
		e.refused++
	case e.timeout > 0 && took > e.timeout:
		e.late++
		ok = false
	default:
		e.done++
		e.took[e.operation[t.number]].add(took)
	}
	if !ok || (e.limit > 0 && took > e.limit) {
		e.slow++
	}
}
