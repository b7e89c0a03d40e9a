package ring

import "slices"

// Jump places keys by the jump consistent hash of Lamping and Veach, "A Fast,
// Minimal Memory, Consistent Hash Algorithm" (arXiv 1406.2294). It is perfectly even
// and needs no memory, but its nodes are numbered: they come and go at the end.
// Where a key lives depends on the order in which the nodes were added.
type Jump struct {
	list
	seed uint64
}

// NewJump returns a Jump. Nodes that are named twice count once.
func NewJump(seed uint64, nodes ...string) *Jump {
	j := &Jump{seed: seed}
	for _, node := range nodes {
		j.Add(node)
	}
	return j
}

// Locate returns the node of a key, or "" when there is no node.
func (j *Jump) Locate(key string) string {
	j.mu.RLock()
	defer j.mu.RUnlock()
	if len(j.nodes) == 0 {
		return ""
	}
	return j.nodes[jump(xxh64(key, j.seed), len(j.nodes))]
}

// LocateN returns the node of a key, and then again and again the node that the key
// has among those that are left, by a hash of its own.
func (j *Jump) LocateN(key string, n int) []string {
	j.mu.RLock()
	defer j.mu.RUnlock()
	n = min(n, len(j.nodes))
	if n < 1 {
		return nil
	}
	left := slices.Clone(j.nodes)
	found := make([]string, 0, n)
	for round := range n {
		at := jump(xxh64(key, j.seed+uint64(round)), len(left))
		found = append(found, left[at])
		left = slices.Delete(left, at, at+1)
	}
	return found
}

// Remove takes a node out. The last one loses its own keys only; in place of any
// other one the last one steps in, so that its keys and those of the last one move.
func (j *Jump) Remove(node string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	at := slices.Index(j.nodes, node)
	if at < 0 {
		return false
	}
	last := len(j.nodes) - 1
	j.nodes[at] = j.nodes[last]
	j.nodes = j.nodes[:last]
	return true
}

// jump is the algorithm of the paper: the bucket of a key, 0 to buckets-1. Buckets
// are 1 or more.
func jump(key uint64, buckets int) int {
	b, next := int64(-1), int64(0)
	for next < int64(buckets) {
		b = next
		key = key*2862933555777941757 + 1
		next = int64(float64(b+1) * (float64(1<<31) / float64(key>>33+1)))
	}
	return int(b)
}
