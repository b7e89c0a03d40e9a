package estimate

import (
	"rung/bench"
	"rung/targets"
)

// poolMisses predicts the miss probability of a page read by table. One LRU
// pool holds the pages of all tables. A request that reads a page several
// times can miss it only the first time.
func (m *model) poolMisses(kind targets.Kind, s targets.KeyValue, w bench.Workload) map[string]float64 {
	m.poolPages = s.PoolPages
	first := map[string]float64{} // reads of a page per request, by table
	var tables []string
	read := 0.0 // with the repeated ones
	for _, share := range w.Mix {
		seen := map[string]bool{}
		for _, v := range targets.Visits(share.Operation, kind, w.Data) {
			if v.Page == "" {
				continue
			}
			read += share.Ratio
			if seen[v.Page] {
				continue
			}
			seen[v.Page] = true
			if _, known := first[v.Page]; !known {
				tables = append(tables, v.Page)
			}
			first[v.Page] += share.Ratio
		}
	}
	out := map[string]float64{}
	if s.PoolPages == 0 || read == 0 {
		return out
	}
	popularity := Zipf(w.Data.Users, w.Exponent)
	rates := make([]float64, 0, len(tables)*len(popularity))
	for _, table := range tables {
		for _, p := range popularity {
			rates = append(rates, first[table]*p)
		}
	}
	life := lifetime(rates, s.PoolPages)
	missed := 0.0
	for _, table := range tables {
		misses := 0.0
		for _, p := range popularity {
			misses += p * missing(first[table]*p, life)
		}
		out[table] = misses
		missed += first[table] * misses
	}
	m.missRatio = missed / read
	return out
}
