package estimate

import (
	"slices"

	"rung/targets"
)

// poolMisses predicts the miss probability of a page read by table. One LRU
// pool holds the pages of all tables, at each member of each store. A request
// that reads a page several times can miss it only the first time.
func (m *model) poolMisses() {
	all := pool{}
	for i, s := range m.tiers {
		for _, x := range s.parts {
			p := m.pool(x, i)
			n := float64(len(x.names))
			all.reads += p.reads * n
			all.missed += p.missed * n
		}
	}
	m.missRatio = all.ratio()
}

// pool is the page reads of one buffer pool, and those that miss.
type pool struct{ reads, missed float64 }

func (p pool) ratio() float64 {
	if p.reads == 0 {
		return -1
	}
	return p.missed / p.reads
}

// touches are the accesses to the pages of a table.
type touches struct {
	table string
	// reads are per request, each time it is read first; writes likewise.
	reads  []source
	writes float64
	// counted says that writes count as page reads.
	counted bool
}

// source is reads that come through one tier of caches; nil is none.
type source struct {
	shelves *shelves
	reads   float64
}

func (t *touches) read(through *shelves, ratio float64) {
	for i := range t.reads {
		if t.reads[i].shelves == through {
			t.reads[i].reads += ratio
			return
		}
	}
	t.reads = append(t.reads, source{through, ratio})
}

// pool predicts the pool of one member, which answers a share of the reads and,
// when it is a replica, applies all writes. Its users are those of shard i.
func (m *model) pool(x *part, i int) pool {
	x.misses = map[string]float64{}
	first, repeated := m.touched(x, i)
	size := x.tier.settings().PoolPages
	if first == nil || size == 0 {
		return pool{}
	}
	out := pool{}
	for j, missing := range m.fill(first, i, size) {
		x.misses[first[j].table] = missing.ratio()
		out.missed += missing.missed
		out.reads += missing.reads
	}
	out.reads += repeated
	return out
}

// touched counts the first accesses to each table's pages per request, and
// the repeated ones of one request. A replica knows the pages that are written
// only if they are read there too: what is applied is in memory then.
func (m *model) touched(x *part, tier int) (first []touches, repeated float64) {
	applied := map[string]float64{}
	n := float64(len(x.names))
	for _, p := range m.paths {
		if !slices.Contains(p.tiers, x.tier) {
			continue
		}
		for _, s := range m.workload.Mix {
			seen := map[string]bool{}
			for _, v := range m.visitsOf(p, s.Operation) {
				ratio := s.Ratio * p.share
				if !writes(v) {
					ratio *= x.reads[p] / n
				} else if v.Page != "" && !x.primary && !seen[v.Page] {
					applied[v.Page] += ratio
				}
				if v.Page == "" || (writes(v) && !x.primary) {
					continue
				}
				if seen[v.Page] {
					repeated += ratio * p.missed(s.Operation) * m.shareOf(tier)
					continue
				}
				seen[v.Page] = true
				at := slices.IndexFunc(first, func(t touches) bool { return t.table == v.Page })
				if at < 0 {
					at = len(first)
					first = append(first, touches{table: v.Page, counted: x.primary})
				}
				if writes(v) || s.Operation == targets.OpEdit { // no cache is asked first
					first[at].writes += ratio
				} else if _, ok := cached(s.Operation); ok {
					first[at].read(p.shelves, ratio)
				} else {
					first[at].read(nil, ratio)
				}
			}
		}
	}
	for i := range first {
		if !x.primary {
			first[i].writes = applied[first[i].table]
		}
	}
	return first, repeated
}

// shareOf is the share of the requests of users that a shard gets.
func (m *model) shareOf(tier int) float64 {
	if !m.sharded() {
		return 1
	}
	return m.audience.weights(false, nil)[tier]
}

// missed is the share of an operation's reads that a cache in front lets
// through.
func (p *path) missed(op targets.Operation) float64 {
	if _, ok := cached(op); p.shelves == nil || !ok {
		return 1
	}
	return 1 - p.shelves.hit[op]
}

// fill works out the pool of a shard's member. A cache in front lets only
// misses of its own through, and these are some time apart: a page that was
// just read is not read again soon. The result is in the order of the tables.
func (m *model) fill(tables []touches, tier, size int) []pool {
	ranks := m.audience.ranks
	pages := make([]page, 0, len(tables)*len(ranks))
	for _, t := range tables {
		counts := m.audience.home
		if t.table == "users" {
			counts = m.audience.rows
		}
		for i, r := range ranks {
			count := r.count
			if m.sharded() {
				count = counts[tier][i]
			}
			pages = append(pages, m.page(t, rank{r.share, count}, i))
		}
	}
	life := lifeOf(pages, float64(size))
	out := make([]pool, len(tables))
	for i, p := range pages {
		t, table := &out[i/len(ranks)], tables[i/len(ranks)]
		reads := p.rate * p.count
		if !table.counted {
			all := 0.0
			for _, r := range table.reads {
				all += r.reads
			}
			reads *= all / max(all+table.writes, 1e-300)
		}
		t.reads += reads
		t.missed += reads * p.missing(life)
	}
	return out
}

// page is the accesses to the pages of a rank in a table.
func (m *model) page(t touches, r rank, i int) page {
	p := page{count: r.count}
	rate := t.writes
	for _, s := range t.reads {
		if s.shelves == nil {
			rate += s.reads
			continue
		}
		missing := 1.0
		if known := s.shelves.missing[t.table]; i < len(known) {
			missing = known[i]
		}
		rate += s.reads * missing
		p.apart = s.shelves.apart * m.pace() // in the time of one request
	}
	p.rate = rate * r.share
	if t.writes > 0 || len(t.reads) > 1 {
		p.apart = 0
	}
	return p
}
