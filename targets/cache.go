package targets

import "time"

// Eviction says what a full cache drops.
type Eviction string

// The eviction policies.
const (
	EvictionLRU  Eviction = "lru"  // least recently used
	EvictionLFU  Eviction = "lfu"  // least frequently used
	EvictionFIFO Eviction = "fifo" // oldest
)

// Evictions lists the eviction policies.
func Evictions() []Eviction { return []Eviction{EvictionLRU, EvictionLFU, EvictionFIFO} }

// Cache is a cache server that speaks RESP.
type Cache struct {
	// Bytes bounds what it holds: keys, values and the overhead of an entry.
	Bytes  int64    `json:"bytes"`
	Policy Eviction `json:"policy"`
	// Demand is the CPU time of one command.
	Demand Law `json:"demand"`
	// Connections bounds the clients served at once.
	Connections int `json:"connections"`
}

// ReadThrough is how a web server uses a tier of caches: look there first,
// else ask the store and keep the answer.
type ReadThrough struct {
	// Nodes are the cache roles of the tier, spread over by consistent
	// hashing with VirtualNodes points each.
	Nodes        []string `json:"nodes"`
	VirtualNodes int      `json:"virtual_nodes"`
	// TTL is how long an entry lives at most. Zero means until evicted.
	TTL time.Duration `json:"ttl_ns"`
	// Jitter is the share of the TTL, 0 to 1, by which lifetimes differ.
	Jitter float64 `json:"jitter_ratio"`
	// Coalesce lets requests that miss one key at one time share one read.
	Coalesce bool `json:"coalesce"`
	// Invalidate deletes the entry of what is written.
	Invalidate bool `json:"invalidate"`
	// Connections bounds the open connections to each node.
	Connections int `json:"connections"`
	// Timeout bounds one question to a cache node.
	Timeout time.Duration `json:"timeout_ns"`
	// Hold is how long a node that failed is left alone.
	Hold time.Duration `json:"hold_ns"`
}
