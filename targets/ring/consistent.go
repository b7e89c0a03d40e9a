package ring

import (
	"cmp"
	"slices"
	"sort"
	"strconv"
	"sync"
)

// MaxVirtual is the most virtual nodes of one node.
const MaxVirtual = 10_000

// Consistent is a ring of 64-bit hashes, as of Karger et al., "Consistent Hashing
// and Random Trees" (STOC 1997). Each node owns the arcs that end at its points, and
// a key belongs to the first point at or after its hash. Where a key lives depends
// on the set of nodes only, not on the order in which they came.
type Consistent struct {
	seed    uint64
	virtual int

	mu     sync.RWMutex
	nodes  []string // sorted
	points []point  // sorted by hash
}

// point is one virtual node.
type point struct {
	hash uint64
	node string
}

// NewConsistent returns a ring on which every node has virtual points, at least 1
// and at most MaxVirtual. Nodes that are named twice count once.
func NewConsistent(seed uint64, virtual int, nodes ...string) *Consistent {
	c := &Consistent{seed: seed, virtual: min(max(virtual, 1), MaxVirtual)}
	for _, node := range nodes {
		c.Add(node)
	}
	return c
}

// Locate returns the node of a key, or "" when there is no node.
func (c *Consistent) Locate(key string) string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if len(c.points) == 0 {
		return ""
	}
	return c.points[c.after(key)].node
}

// LocateN follows the ring from the key's hash and returns the first n different
// nodes: what a key of a node that goes will be moved to.
func (c *Consistent) LocateN(key string, n int) []string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	n = min(n, len(c.nodes))
	if n < 1 {
		return nil
	}
	found := make([]string, 0, n)
	for i := c.after(key); len(found) < n; i = (i + 1) % len(c.points) {
		if node := c.points[i].node; !slices.Contains(found, node) {
			found = append(found, node)
		}
	}
	return found
}

// after returns the index of the first point at or after a key's hash. There is a
// point.
func (c *Consistent) after(key string) int {
	hash := xxh64(key, c.seed)
	i := sort.Search(len(c.points), func(i int) bool { return c.points[i].hash >= hash })
	return i % len(c.points)
}

// Add puts a node's points on the ring. The only keys that move are those that
// move to it.
func (c *Consistent) Add(node string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	at, there := slices.BinarySearch(c.nodes, node)
	if there {
		return false
	}
	c.nodes = slices.Insert(c.nodes, at, node)
	for i := range c.virtual {
		c.points = append(c.points, point{xxh64(node+"\x00"+strconv.Itoa(i), c.seed), node})
	}
	slices.SortFunc(c.points, func(a, b point) int {
		return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.node, b.node))
	})
	return true
}

// Remove takes a node's points off the ring. The only keys that move are its own.
func (c *Consistent) Remove(node string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	at, there := slices.BinarySearch(c.nodes, node)
	if !there {
		return false
	}
	c.nodes = slices.Delete(c.nodes, at, at+1)
	c.points = slices.DeleteFunc(c.points, func(p point) bool { return p.node == node })
	return true
}

// Nodes returns the names, sorted.
func (c *Consistent) Nodes() []string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return slices.Clone(c.nodes)
}
