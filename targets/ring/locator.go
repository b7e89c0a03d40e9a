package ring

import (
	"slices"
	"sync"
)

// Locator places keys on nodes. It is safe for concurrent use; look-ups see the
// nodes of before or after a change, never a mixture.
type Locator interface {
	// Locate returns the node of a key, or "" when there is no node.
	Locate(key string) string
	// LocateN returns the first n different nodes of a key, fewer when there are
	// not as many: the node of Locate first, then those that stand in for it.
	LocateN(key string, n int) []string
	// Add adds a node, and reports whether it was new.
	Add(node string) bool
	// Remove removes a node, and reports whether it was there.
	Remove(node string) bool
	// Nodes returns the names of all nodes.
	Nodes() []string
}

// list is the nodes of a Locator, in the order in which they were added.
type list struct {
	mu    sync.RWMutex
	nodes []string
}

// Nodes returns the names in the order that the placing depends on.
func (l *list) Nodes() []string {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return slices.Clone(l.nodes)
}

// Add puts a node at the end.
func (l *list) Add(node string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if slices.Contains(l.nodes, node) {
		return false
	}
	l.nodes = append(l.nodes, node)
	return true
}
