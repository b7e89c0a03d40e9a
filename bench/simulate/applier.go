package simulate

// applying is an applier at one server: the items that gather, and the batch
// under way.
type applying struct {
	gathered, first, last int32 // a list
	batch                 int32 // the first of the batch; none when idle
}

func newAppliers(n Network) [][]applying {
	out := make([][]applying, len(n.Appliers))
	for i, a := range n.Appliers {
		out[i] = make([]applying, n.Groups[a.Group].total())
		for k := range out[i] {
			out[i][k] = applying{first: none, last: none, batch: none}
		}
	}
	return out
}

// apply adds a token's item to what gathers at its server.
func (e *engine) apply(i int32, in *instruction) {
	server := e.tokens[i].server(in)
	a := &e.appliers[in.index][server]
	e.tokens[i].next = none
	if a.last == none {
		a.first = i
	} else {
		e.tokens[a.last].next = i
	}
	a.last = i
	a.gathered++
	if a.batch == none {
		e.beginBatch(in.index, server)
	}
}

// beginBatch takes what has gathered. A token of its own does the work, in the
// first register of which is the server.
func (e *engine) beginBatch(number, server int32) {
	a := &e.appliers[number][server]
	worker := e.newToken()
	t := &e.tokens[worker]
	*t = token{dice: dice(e.tokens[a.first].dice.bits()), began: e.now, pc: e.batches[number], join: anApplier, number: number, count: a.gathered}
	t.servers[0] = server
	a.batch, a.first, a.last, a.gathered = a.first, none, none, 0
	e.proceed(worker)
}

// endBatch lets all that waited for the batch go on, and begins the next one.
func (e *engine) endBatch(worker int32) {
	number, server := e.tokens[worker].number, e.tokens[worker].servers[0]
	e.drop(worker)
	i := e.appliers[number][server].batch
	e.appliers[number][server].batch = none
	for i != none {
		next := e.tokens[i].next
		e.tokens[i].pc++
		e.proceed(i)
		i = next
	}
	if a := &e.appliers[number][server]; a.batch == none && a.gathered > 0 {
		e.beginBatch(number, server)
	}
}
