// Package evicttest checks implementations of evict.Policy against a model that is
// too simple to be wrong.
package evicttest

import "rung/targets/evict"

// Item is what the model knows of a key. Times are counts of operations.
type Item struct {
	Key            string
	Cost           int64
	Added, LastUse int
	Uses           int
}

// Before says that item a leaves before item b.
type Before func(a, b Item) bool

// FIFO, LRU and LFU are the orders of eviction by definition.
func FIFO(a, b Item) bool { return a.Added < b.Added }

// LRU is the order of eviction of evict.NewLRU.
func LRU(a, b Item) bool { return a.LastUse < b.LastUse }

// LFU is the order of eviction of evict.NewLFU.
func LFU(a, b Item) bool {
	if a.Uses != b.Uses {
		return a.Uses < b.Uses
	}
	return a.LastUse < b.LastUse
}

// Model is an evict.Policy that searches all its items for each decision. It is
// not safe for concurrent use.
type Model struct {
	capacity int64
	before   Before
	now      int
	items    []Item
}

var _ evict.Policy = (*Model)(nil)

// NewModel returns an empty model.
func NewModel(capacity int64, before Before) *Model {
	return &Model{capacity: capacity, before: before}
}

func (m *Model) find(key string) int {
	for i := range m.items {
		if m.items[i].Key == key {
			return i
		}
	}
	return -1
}

// Add is evict.Policy's.
func (m *Model) Add(key string, cost int64) (evicted []string) {
	cost = max(cost, 1)
	if cost > m.capacity {
		m.Remove(key)
		return []string{key}
	}
	if !m.Touch(key) {
		m.now++
		m.items = append(m.items, Item{Key: key, Added: m.now, LastUse: m.now, Uses: 1})
	}
	m.items[m.find(key)].Cost = cost
	for m.Cost() > m.capacity {
		victim := -1
		for i, item := range m.items {
			if item.Key != key && (victim < 0 || m.before(item, m.items[victim])) {
				victim = i
			}
		}
		evicted = append(evicted, m.items[victim].Key)
		m.items = append(m.items[:victim], m.items[victim+1:]...)
	}
	return evicted
}

// Touch is evict.Policy's.
func (m *Model) Touch(key string) bool {
	i := m.find(key)
	if i < 0 {
		return false
	}
	m.now++
	m.items[i].LastUse = m.now
	m.items[i].Uses++
	return true
}

// Remove is evict.Policy's.
func (m *Model) Remove(key string) bool {
	i := m.find(key)
	if i < 0 {
		return false
	}
	m.items = append(m.items[:i], m.items[i+1:]...)
	return true
}

// Len is evict.Policy's.
func (m *Model) Len() int { return len(m.items) }

// Cost is evict.Policy's.
func (m *Model) Cost() (sum int64) {
	for _, item := range m.items {
		sum += item.Cost
	}
	return sum
}
