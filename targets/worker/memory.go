package worker

import "sync"

// memoryLength bounds the ids that a worker remembers.
const memoryLength = 10_000

// memory knows the latest jobs that this worker did. It is safe for concurrent
// use.
type memory struct {
	mu     sync.Mutex
	known  map[string]int // how often among the latest
	latest []string       // a ring
	next   int
}

func newMemory() *memory { return &memory{known: map[string]int{}} }

// seen remembers an id and says whether it was known.
func (m *memory) seen(id string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	was := m.known[id] > 0
	m.known[id]++
	if len(m.latest) < memoryLength {
		m.latest = append(m.latest, id)
		return was
	}
	oldest := m.latest[m.next]
	if m.known[oldest]--; m.known[oldest] == 0 {
		delete(m.known, oldest)
	}
	m.latest[m.next] = id
	m.next = (m.next + 1) % memoryLength
	return was
}
