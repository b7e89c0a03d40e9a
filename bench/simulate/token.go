package simulate

// token is a request, a branch of one, or an applier at a batch.
type token struct {
	dice dice
	// began is when the request came, entered when the present work did, and
	// rest what is left of it after the present piece.
	began, entered, rest int64
	pc                   int32
	next                 int32 // in a line, or of the free ones
	// join that a branch belongs to; or one of the words below.
	join int32
	// number is the route of a request, or the applier, and count what is left
	// of a batch.
	number, count int32
	key           uint32
	// failed says that the fork which the token waits for came to nothing.
	failed  bool
	servers [MaxHeld]int32
}

// What a token is that belongs to no join.
const (
	aRequest    = -1
	aBackground = -2
	anApplier   = -3
)

// server is the one that an instruction means.
func (t *token) server(in *instruction) int32 {
	if in.at < 0 {
		return 0
	}
	return t.servers[in.at]
}

// join is a fork under way: who waits for how many more, and how many still
// run.
type join struct {
	waits       int32 // the parent, or none once it has gone on
	need, alive int32
}

func (e *engine) newToken() int32 {
	e.inFlight++
	if i := e.free; i != none {
		e.free = e.tokens[i].next
		return i
	}
	e.tokens = append(e.tokens, token{})
	return int32(len(e.tokens) - 1)
}

func (e *engine) drop(i int32) {
	e.inFlight--
	e.tokens[i].next = e.free
	e.free = i
}

func (e *engine) newJoin(j join) int32 {
	if n := len(e.spare); n > 0 {
		i := e.spare[n-1]
		e.spare = e.spare[:n-1]
		e.joins[i] = j
		return i
	}
	e.joins = append(e.joins, j)
	return int32(len(e.joins) - 1)
}

// fork begins the branches that a token does. It reports whether the token
// goes on at once.
func (e *engine) fork(i int32, in *instruction) (on bool) {
	f := &e.forks[in.index]
	chosen, n := uint64(0), int32(0)
	for k, chance := range f.chances {
		if chance >= 1 || e.tokens[i].dice.uniform() <= chance {
			chosen |= 1 << k
			n++
		}
	}
	if n == 0 {
		return true
	}
	to := int32(aBackground)
	if f.need != nobody {
		need := n
		if f.need > 0 {
			need = min(need, f.need)
		}
		to = e.newJoin(join{waits: i, need: need, alive: n})
	}
	for k, start := range f.starts {
		if chosen&(1<<k) == 0 {
			continue
		}
		b := e.newToken()
		parent := &e.tokens[i]
		child := &e.tokens[b]
		*child = *parent
		child.join, child.pc = to, start
		child.dice = dice(parent.dice.bits())
		e.proceed(b)
	}
	return to == aBackground
}

// joined ends a branch. The last one that is needed wakes who waits for it; so
// does the first after which too few are left, and then the request fails.
func (e *engine) joined(at int32, ok bool) {
	j := &e.joins[at]
	j.alive--
	if ok {
		j.need--
	}
	if j.waits != none && (j.need == 0 || j.need > j.alive) {
		e.tokens[j.waits].failed = j.need > 0
		e.agenda.plan(e.now, j.waits)
		j.waits = none
	}
	if j.alive == 0 {
		e.spare = append(e.spare, at)
	}
}
