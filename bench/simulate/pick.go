package simulate

// balancer picks servers of a group and counts who is held.
type balancer struct {
	policy               Policy
	servers, cells, each int32
	// views is how many callers count by themselves.
	views int32
	// held counts by view and server; nil where no policy asks.
	held []int32
	// next of the round by cell; nil for other policies.
	next []int32
	// line is, by cell, a heap of the servers by requests held and last turn;
	// place is where each stands in it. Nil for other policies.
	line, place []int32
	turns       []uint64
	turn        uint64
}

// mostPairs bounds the counts of callers that count by themselves.
const mostPairs = 1 << 20

func newBalancer(n Network, g Group) *balancer {
	b := &balancer{policy: g.Policy, servers: int32(g.total()), cells: int32(g.cells()), each: int32(g.Servers), views: 1}
	if b.policy == "" {
		b.policy = PolicyRandom
	}
	switch b.policy {
	case PolicyRoundRobin:
		b.next = make([]int32, b.cells)
	case PolicyRandomTwo:
		if g.Callers > 0 {
			if callers := n.Groups[g.Callers-1].total(); callers*g.total() <= mostPairs {
				b.views = int32(callers)
			}
		}
		b.held = make([]int32, b.views*b.servers)
	case PolicyLeastConnections:
		b.held = make([]int32, b.servers)
		b.turns = make([]uint64, b.servers)
		b.line, b.place = make([]int32, b.servers), make([]int32, b.servers)
		for i := range b.line {
			b.line[i], b.place[i] = int32(i), int32(i)
		}
	}
	return b
}

// pick returns the server of a request with that key. Fixed is the server of
// the cell, or -1; view is the caller's server, or -1.
func (b *balancer) pick(d *dice, key uint32, fixed, view int32) int32 {
	spread := uint64(key) * uint64(b.cells)
	cell := int32(spread >> 32)
	first := cell * b.each
	if fixed >= 0 {
		return first + fixed
	}
	s := first
	switch b.policy {
	case PolicyRoundRobin:
		s += b.next[cell]
		if b.next[cell]++; b.next[cell] == b.each {
			b.next[cell] = 0
		}
	case PolicyRandomTwo:
		s = b.lighter(d, first, view)
	case PolicyLeastConnections:
		s = b.line[first]
	case PolicyKey: // the rest of the key's place within its cell
		s += int32(spread & 0xffffffff * uint64(b.each) >> 32)
	default:
		s += d.below(b.each)
	}
	b.took(s, view)
	return s
}

func (b *balancer) lighter(d *dice, first, view int32) int32 {
	i := d.below(b.each)
	if b.each == 1 {
		return first
	}
	j := d.below(b.each - 1)
	if j >= i { // all pairs are equally likely
		j++
	}
	counts := b.held[b.base(view)+first:]
	if counts[j] < counts[i] {
		return first + j
	}
	return first + i
}

func (b *balancer) base(view int32) int32 {
	if b.views == 1 || view < 0 {
		return 0
	}
	return view * b.servers
}

func (b *balancer) took(s, view int32) {
	if b.held == nil {
		return
	}
	b.held[b.base(view)+s]++
	if b.line != nil {
		b.turn++
		b.turns[s] = b.turn
		b.sink(s)
	}
}

// leave gives a server back.
func (b *balancer) leave(s, view int32) {
	if b.held == nil {
		return
	}
	b.held[b.base(view)+s]--
	if b.line != nil {
		b.rise(s)
	}
}

func (b *balancer) lighterThan(s, t int32) bool {
	return b.held[s] < b.held[t] || (b.held[s] == b.held[t] && b.turns[s] < b.turns[t])
}

// sink moves a server back in the heap of its cell, after it took a request.
func (b *balancer) sink(s int32) {
	first := s / b.each * b.each
	heap := b.line[first : first+b.each]
	i := b.place[s] - first
	for {
		child := 2*i + 1
		if child >= b.each {
			break
		}
		if right := child + 1; right < b.each && b.lighterThan(heap[right], heap[child]) {
			child = right
		}
		if !b.lighterThan(heap[child], s) {
			break
		}
		heap[i] = heap[child]
		b.place[heap[i]] = first + i
		i = child
	}
	heap[i] = s
	b.place[s] = first + i
}

// rise moves a server forward, after it gave one back.
func (b *balancer) rise(s int32) {
	first := s / b.each * b.each
	heap := b.line[first : first+b.each]
	i := b.place[s] - first
	for i > 0 {
		parent := (i - 1) / 2
		if !b.lighterThan(s, heap[parent]) {
			break
		}
		heap[i] = heap[parent]
		b.place[heap[i]] = first + i
		i = parent
	}
	heap[i] = s
	b.place[s] = first + i
}
