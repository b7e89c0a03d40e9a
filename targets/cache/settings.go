package cache

import (
	"fmt"

	"rung/targets"
	"rung/targets/evict"
)

// Settings say how large a cache is and what it does when it is full.
type Settings struct {
	// Bytes bounds the memory of all entries: their keys, their values and
	// EntryOverhead for each. 1 or more.
	Bytes int64
	// Policy of eviction: PolicyLRU, PolicyLFU or PolicyFIFO.
	Policy string
	// Demand is the CPU time of one command.
	Demand targets.Law
	// Connections bounds the clients that are served at once. 0 or less means
	// 10,000.
	Connections int
}

// The policies of eviction.
const (
	// PolicyLRU evicts the entry whose last use is the longest ago.
	PolicyLRU = "lru"
	// PolicyLFU evicts the entry with the fewest uses since it came in; counts do
	// not age.
	PolicyLFU = "lfu"
	// PolicyFIFO evicts the entry that came in first, used or not.
	PolicyFIFO = "fifo"
)

// Check reports why the settings are not usable, or nil.
func (s Settings) Check() error {
	if s.Bytes < 1 {
		return fmt.Errorf("bytes is %d: allowed is 1 or more", s.Bytes)
	}
	if newPolicy(s.Policy, s.Bytes) == nil {
		return fmt.Errorf("unknown policy %q: allowed are %s, %s, %s", s.Policy, PolicyLRU, PolicyLFU, PolicyFIFO)
	}
	if err := s.Demand.Check(); err != nil {
		return fmt.Errorf("demand: %w", err)
	}
	return nil
}

// newPolicy returns nil for an unknown name.
func newPolicy(name string, capacity int64) evict.Policy {
	switch name {
	case PolicyLRU:
		return evict.NewLRU(capacity)
	case PolicyLFU:
		return evict.NewLFU(capacity)
	case PolicyFIFO:
		return evict.NewFIFO(capacity)
	}
	return nil
}
