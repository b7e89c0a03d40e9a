package store

import (
	"maps"
	"sync/atomic"
)

// cacheCounts are the counters of a CachedStore.
type cacheCounts struct {
	hits, misses, errors, skips, coalesced, loads, invalidations, forgetErrors atomic.Int64
}

// Metrics returns counters, which only grow, and one gauge:
//
//	cache_hits_total          reads that the cache answered
//	cache_misses_total        all other reads, whatever the reason
//	cache_skipped_total       misses because the node was left alone
//	cache_errors_total        commands to nodes that failed, and entries not understood
//	cache_loads_total         reads of the store behind
//	cache_invalidations_total keys that Forget deleted
//	cache_forget_errors_total of cache_errors_total, keys that Forget could not delete
//	coalesced_total           reads that shared another's read of the store behind
//	cache_nodes_down          nodes that are left alone now
//
// and those of the store behind, if it has any. Whether an entry is stale the store cannot
// know.
func (c *CachedStore) Metrics() map[string]float64 {
	down := 0
	for _, n := range c.nodes {
		if n.circuit.open() {
			down++
		}
	}
	out := map[string]float64{
		"cache_hits_total":          float64(c.counts.hits.Load()),
		"cache_misses_total":        float64(c.counts.misses.Load()),
		"cache_skipped_total":       float64(c.counts.skips.Load()),
		"cache_errors_total":        float64(c.counts.errors.Load()),
		"cache_loads_total":         float64(c.counts.loads.Load()),
		"cache_invalidations_total": float64(c.counts.invalidations.Load()),
		"cache_forget_errors_total": float64(c.counts.forgetErrors.Load()),
		"coalesced_total":           float64(c.counts.coalesced.Load()),
		"cache_nodes_down":          float64(down),
	}
	if behind, ok := c.inner.(interface{ Metrics() map[string]float64 }); ok {
		maps.Copy(out, behind.Metrics())
	}
	return out
}
