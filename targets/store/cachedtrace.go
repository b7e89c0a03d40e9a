package store

import (
	"context"
	"sync/atomic"
	"time"
)

// CacheTrace is what the cache did for one call of a CachedStore.
type CacheTrace struct {
	// Node that the key lives on. Empty when there are no nodes.
	Node string
	// Hit says that the answer came from the cache.
	Hit bool
	// Skipped says that the node was not asked, because it had failed.
	Skipped bool
	// Coalesced says that the answer came from another request's read of the store
	// behind.
	Coalesced bool
	// Time of the look into the cache, the wait for a connection included.
	Time time.Duration
	// Fill is the time of putting the row into the cache after a miss. For what is
	// left of Timing.Total the caller waited for the store behind, or for another
	// request's read of it and its fill.
	Fill time.Duration
}

type cacheTraceKey struct{}

// WithCacheTrace returns a context with which each User and Orders of a CachedStore
// sets t anew, before it returns. One t is for one call at a time.
func WithCacheTrace(ctx context.Context, t *CacheTrace) context.Context {
	return context.WithValue(ctx, cacheTraceKey{}, t)
}

// cacheTrace returns the context's trace, or one that nobody reads.
func cacheTrace(ctx context.Context) *CacheTrace {
	if t, ok := ctx.Value(cacheTraceKey{}).(*CacheTrace); ok && t != nil {
		return t
	}
	return &CacheTrace{}
}

// cacheCounts are the counters of a CachedStore.
type cacheCounts struct {
	hits, misses, errors, skips, coalesced, loads, invalidations atomic.Int64
}

// Metrics returns counters, which only grow, and one gauge:
//
//	cache_hits_total          reads that the cache answered
//	cache_misses_total        all other reads, whatever the reason
//	cache_skipped_total       misses because the node was left alone
//	cache_errors_total        commands to nodes that failed, and entries not understood
//	cache_loads_total         reads of the store behind
//	cache_invalidations_total keys that Forget deleted
//	coalesced_total           reads that shared another's read of the store behind
//	cache_nodes_down          nodes that are left alone now
//
// Whether an entry is stale the store cannot know.
func (c *CachedStore) Metrics() map[string]float64 {
	down := 0
	for _, n := range c.nodes {
		if n.circuit.open() {
			down++
		}
	}
	return map[string]float64{
		"cache_hits_total":          float64(c.counts.hits.Load()),
		"cache_misses_total":        float64(c.counts.misses.Load()),
		"cache_skipped_total":       float64(c.counts.skips.Load()),
		"cache_errors_total":        float64(c.counts.errors.Load()),
		"cache_loads_total":         float64(c.counts.loads.Load()),
		"cache_invalidations_total": float64(c.counts.invalidations.Load()),
		"coalesced_total":           float64(c.counts.coalesced.Load()),
		"cache_nodes_down":          float64(down),
	}
}
