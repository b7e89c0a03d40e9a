package ring

import "slices"

// Modulo places a key by the remainder of its hash. It is what a consistent hash is
// compared with: perfectly even, and nearly every key moves when a node comes or
// goes. Where a key lives depends on the order in which the nodes were added.
type Modulo struct {
	list
	seed uint64
}

// NewModulo returns a Modulo. Nodes that are named twice count once.
func NewModulo(seed uint64, nodes ...string) *Modulo {
	m := &Modulo{seed: seed}
	for _, node := range nodes {
		m.Add(node)
	}
	return m
}

// Locate returns the node of a key, or "" when there is no node.
func (m *Modulo) Locate(key string) string {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if len(m.nodes) == 0 {
		return ""
	}
	return m.nodes[m.index(key)]
}

// LocateN returns the node of a key and those that were added after it.
func (m *Modulo) LocateN(key string, n int) []string {
	m.mu.RLock()
	defer m.mu.RUnlock()
	n = min(n, len(m.nodes))
	if n < 1 {
		return nil
	}
	at := m.index(key)
	return slices.Concat(m.nodes[at:], m.nodes[:at])[:n]
}

func (m *Modulo) index(key string) int { return int(xxh64(key, m.seed) % uint64(len(m.nodes))) }

// Remove takes a node out; those that were added later move up by one.
func (m *Modulo) Remove(node string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := slices.Index(m.nodes, node)
	if at < 0 {
		return false
	}
	m.nodes = slices.Delete(m.nodes, at, at+1)
	return true
}
