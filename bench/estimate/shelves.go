package estimate

import (
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"rung/bench"
	"rung/targets"
	"rung/targets/ring"
	"rung/targets/shop"
)

// entryOverhead is what a cache charges for an entry besides its key and its
// value, in bytes: that of package cache.
const entryOverhead = 192

// cached are the operations that are read through a cache, with the table of
// the page that a miss touches.
func cached(op targets.Operation) (table string, ok bool) {
	switch op {
	case targets.OpUser:
		return "users", true
	case targets.OpOrders:
		return "orders", true
	}
	return "", false
}

// shelves are the nodes of a cache tier in the steady state, as one.
type shelves struct {
	// hit is the share of an operation's reads that hit.
	hit map[targets.Operation]float64
	// missing is what the reads of users' pages miss, by table and in the order
	// of the audience's ranks.
	missing map[string][]float64
	// apart is the least time between two misses of one key, in seconds.
	apart float64
	ratio float64
	// share of all requests that come this way.
	share float64
	lines []string
	// rated says that a TTL or writes decide besides the size, so that the
	// ratio depends on the rate.
	rated bool
	// outside says why the estimate does not hold.
	outside string
}

// newShelves works out how often a tier of caches like the first hits, when a
// share of all requests come to it.
func (m *model) newShelves(spec targets.ReadThrough, first targets.Cache, share float64) *shelves {
	s := &shelves{hit: map[targets.Operation]float64{}, missing: map[string][]float64{}, share: share}
	ttl := s.expiry(spec, m.length)
	keys, operations := m.cacheKeys(share, spec.Invalidate)
	if len(keys) == 0 {
		return nil
	}
	s.rated = ttl > 0
	for _, k := range keys {
		s.rated = s.rated || k.Writes > 0
	}
	hits := make([]float64, len(keys)) // of each key, over the nodes that it may be on
	for i, part := range arcs(m.topology.Site, spec) {
		if part == 0 {
			continue
		}
		shelf := newShelf(first.Policy, keys, float64(first.Bytes)/part, ttl)
		for k := range keys {
			hits[k] += part * shelf.hit(k)
		}
		s.apart += part * shelf.apart()
		s.lines = append(s.lines, fmt.Sprintf("%s has %.3g%% of the keys:", spec.Nodes[i], part*100))
		s.lines = append(s.lines, shelf.lines()...)
	}
	s.sum(keys, operations, hits)
	s.lines = append(s.lines, fmt.Sprintf("%.4g%% of the reads of users and orders hit", s.ratio*100))
	if first.Policy == targets.EvictionLFU {
		s.lines = append(s.lines, "this is a perfect LFU; one that counts only what it holds hits 2 to 4 points less, for a long time")
		if ttl > 0 {
			s.outside = "LFU forgets its counts when entries expire"
		}
	}
	return s
}

// sum adds up the hits of all keys by operation.
func (s *shelves) sum(keys []KeyLoad, operations []targets.Operation, hits []float64) {
	reads, found := map[targets.Operation]float64{}, map[targets.Operation]float64{}
	all, hit := 0.0, 0.0
	for i, k := range keys {
		r := k.Reads * k.alike()
		op := operations[i]
		reads[op] += r
		found[op] += r * hits[i]
		all += r
		hit += r * hits[i]
		table, _ := cached(op)
		s.missing[table] = append(s.missing[table], 1-hits[i])
	}
	for op, r := range reads {
		if r > 0 {
			s.hit[op] = found[op] / r
		}
	}
	if all > 0 {
		s.ratio = hit / all
	}
}

// expiry is the TTL that matters. Before an attack the tier is filled at once
// as a long run would have left it: no entry is too old before the shortest
// lifetime is over. In the steady state lifetimes are drawn evenly from
// TTL*(1-jitter) to TTL; their mean stands for them.
func (s *shelves) expiry(spec targets.ReadThrough, length time.Duration) time.Duration {
	if spec.TTL <= 0 {
		return 0
	}
	shortest := time.Duration(float64(spec.TTL) * (1 - spec.Jitter))
	mean := max(1, time.Duration(float64(spec.TTL)*(1-spec.Jitter/2)))
	switch {
	case length == 0 || length > 3*spec.TTL:
		return mean
	case length <= shortest:
		s.lines = append(s.lines, fmt.Sprintf("the tier is warm when the attack of %v begins, and no entry ends before %v: the TTL does not matter", length, shortest))
		return 0
	}
	s.outside = fmt.Sprintf("an attack of %v on entries that live for %v is neither warm nor steady", length, spec.TTL)
	return mean
}

// cacheKeys are the keys of users and of orders, most read first, with their
// rates, when a share of all requests come; and the operation that reads each.
func (m *model) cacheKeys(part float64, invalidate bool) (keys []KeyLoad, operations []targets.Operation) {
	edits := 0.0
	for _, share := range m.workload.Mix {
		if share.Operation == targets.OpEdit && invalidate {
			edits += share.Ratio
		}
	}
	rate := m.pace() * part
	users, orders := entryBytes(m.workload.Data)
	for _, share := range m.workload.Mix {
		if _, ok := cached(share.Operation); !ok || share.Ratio < negligible {
			continue
		}
		bytes := users
		if share.Operation == targets.OpOrders {
			bytes = orders
		}
		for _, r := range m.audience.ranks {
			keys = append(keys, KeyLoad{Reads: rate * share.Ratio * r.share, Writes: rate * edits * r.share, Bytes: bytes, count: r.count})
			operations = append(operations, share.Operation)
		}
	}
	return keys, operations
}

// negligible is a share, or a rate per second, that no run would ever see; sums
// and quotients of smaller numbers lose their digits.
const negligible = 1e-12

// arcs are the shares of the keys that the nodes of the tier have on its
// ring.
func arcs(site string, spec targets.ReadThrough) []float64 {
	if len(spec.Nodes) == 1 {
		return []float64{1}
	}
	h := fnv.New64a()
	h.Write([]byte(site)) // the seed of a site's rings; it never fails
	places := ring.NewConsistent(h.Sum64(), spec.VirtualNodes, spec.Nodes...)
	counts := map[string]int{}
	const keys = 10_000 // are enough to know the arcs
	for i := range int64(keys) {
		counts[places.Locate(shop.UserKey(i+1))]++
	}
	var out []float64
	for _, name := range spec.Nodes {
		out = append(out, float64(counts[name])/keys)
	}
	return out
}

// cacheEstimates are those of the hit ratio, and of what it saves the store,
// over all cache tiers.
func (m *model) cacheEstimates() []bench.Estimate {
	all := m.allShelves()
	if len(all) == 0 {
		return nil
	}
	tolerance, model := hitTolerance, "Che's approximation of LRU"
	switch m.paths[0].caches[0].Cache.Policy {
	case targets.EvictionFIFO:
		model = "Che's approximation of FIFO"
	case targets.EvictionLFU:
		tolerance, model = lfuTolerance, "the most read keys that fit"
	}
	outside, lines, ratio, share := "", []string(nil), 0.0, 0.0
	for _, s := range all {
		if outside == "" {
			outside = s.outside
		}
		lines = append(lines, s.lines...)
		ratio += s.share * s.ratio
		share += s.share
	}
	if ratio /= share; len(all) > 1 {
		lines = append(lines, fmt.Sprintf("%d cache tiers, by their shares of the requests: %.4g%%", len(all), ratio*100))
	}
	if outside == "" {
		outside = m.outside
	}
	var out []bench.Estimate
	for _, fact := range []string{"common.cache.hit_ratio", "common.cache.database_reads_saved_ratio"} {
		out = append(out, bench.Estimate{Fact: fact, Value: ratio, Tolerance: tolerance, Model: model, Derivation: lines,
			Limits: "independent requests, warm cache, keys spread over nodes by chance, no read shared with another", Outside: outside})
	}
	return out
}

// allShelves are the cache tiers that are read, each once.
func (m *model) allShelves() []*shelves {
	var out []*shelves
	for _, p := range m.paths {
		if p.shelves != nil && !slices.Contains(out, p.shelves) {
			out = append(out, p.shelves)
		}
	}
	return out
}
