package estimate

import (
	"slices"

	"rung/targets"
)

// poolMisses predicts the miss probability of a page read by table. One LRU
// pool holds the pages of all tables, at each member of a group. A request
// that reads a page several times can miss it only the first time.
func (m *model) poolMisses() {
	m.misses = map[string]map[string]float64{}
	m.poolPages = m.settings().PoolPages
	if len(m.path.replicas) == 0 {
		m.missRatio = m.pool("", 0).ratio()
		return
	}
	n := float64(len(m.path.replicas))
	primary, replicas := m.pool(primaryPart, 1-m.replicaReads()), m.pool(replicaPart, m.replicaReads()/n)
	replicas.reads *= n
	replicas.missed *= n
	m.missRatio = pool{primary.reads + replicas.reads, primary.missed + replicas.missed}.ratio()
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
	// reads is per request, each time it is read first; writes likewise.
	reads, writes float64
}

// pool predicts the pool of one member, which answers a share of the reads of
// its group and, when it is a replica, applies all writes. The empty part is
// a store that stands alone.
func (m *model) pool(part string, share float64) pool {
	if part == "" {
		share = 1
	}
	first, repeated := m.touched(share, part != replicaPart)
	if first == nil || m.poolPages == 0 {
		return pool{}
	}
	if part == replicaPart {
		applied, _ := m.touched(0, true)
		for i := range first { // what they write is in memory then
			for _, a := range applied {
				if a.table == first[i].table {
					first[i].writes = a.writes
				}
			}
		}
	}
	out := pool{}
	m.misses[part] = map[string]float64{}
	for i, missing := range m.fill(first, part != replicaPart) {
		t := first[i]
		m.misses[part][t.table] = missing.ratio()
		out.missed += missing.missed
		out.reads += missing.reads
	}
	out.reads += repeated
	return out
}

// touched counts the first accesses to each table's pages per request, and
// the repeated ones of one request. Writes count for those who answer them.
func (m *model) touched(share float64, write bool) (first []touches, repeated float64) {
	for _, s := range m.workload.Mix {
		seen := map[string]bool{}
		for _, v := range targets.Visits(s.Operation, m.path.store.Kind, m.workload.Data) {
			ratio := s.Ratio * share
			if writes(v) {
				ratio = s.Ratio
			}
			if v.Page == "" || (writes(v) && !write) {
				continue
			}
			if seen[v.Page] {
				repeated += ratio * m.missed(s.Operation)
				continue
			}
			seen[v.Page] = true
			at := slices.IndexFunc(first, func(t touches) bool { return t.table == v.Page })
			if at < 0 {
				at = len(first)
				first = append(first, touches{table: v.Page})
			}
			if writes(v) || s.Operation == targets.OpEdit { // no cache is asked first
				first[at].writes += ratio
			} else {
				first[at].reads += ratio
			}
		}
	}
	return first, repeated
}

// missed is the share of an operation's reads that a cache in front lets
// through.
func (m *model) missed(op targets.Operation) float64 {
	if m.shelves == nil {
		return 1
	}
	return 1 - m.shelves.hit[op] // 0 for an operation that is not cached
}

// fill works out the pool. A cache in front lets only misses of its own
// through, and these are some time apart: a page that was just read is not
// read again soon. The result is in the order of the tables. Writes count as
// page reads where counted is set.
func (m *model) fill(tables []touches, counted bool) []pool {
	var ranks []rank
	if m.shelves != nil {
		ranks = m.shelves.ranks
	} else {
		for _, p := range Zipf(m.workload.Data.Users, m.workload.Exponent) {
			ranks = append(ranks, rank{p, 1})
		}
	}
	pages := make([]page, 0, len(tables)*len(ranks))
	for _, t := range tables {
		for i, r := range ranks {
			pages = append(pages, m.page(t, r, i))
		}
	}
	life := lifeOf(pages, float64(m.poolPages))
	out := make([]pool, len(tables))
	for i, p := range pages {
		t := &out[i/len(ranks)]
		reads := p.rate * p.count
		if !counted {
			reads *= tables[i/len(ranks)].reads / max(tables[i/len(ranks)].reads+tables[i/len(ranks)].writes, 1e-300)
		}
		t.reads += reads
		t.missed += reads * p.missing(life)
	}
	return out
}

// page is the accesses to the pages of a rank in a table.
func (m *model) page(t touches, r rank, i int) page {
	if m.shelves == nil {
		return page{rate: (t.reads + t.writes) * r.share, count: r.count}
	}
	p := page{count: r.count}
	missing := 1.0
	if known := m.shelves.missing[t.table]; i < len(known) {
		missing = known[i]
		p.apart = m.shelves.apart * m.pace() // in the time of one request
	}
	p.rate = (t.reads*missing + t.writes) * r.share
	if t.writes > 0 {
		p.apart = 0
	}
	return p
}
