package traffic

import (
	"strconv"

	"rung/targets"
)

// Pages draws n names of pages ("users/<id>", "orders/<id>") as the mix would
// touch them in a SQL database, to warm a buffer pool with. Nil when the mix
// touches none. The same seed gives the same pages.
func (s *Shop) Pages(n int, seed uint64) []string {
	return s.PagesIn(targets.KindDatabase, n, seed)
}

// PagesIn is Pages for a store of that kind. A page that one operation
// touches several times in a row is named once: it is in memory by then.
func (s *Shop) PagesIn(store targets.Kind, n int, seed uint64) []string {
	operations := targets.Operations()
	visits := make([][]targets.Visit, len(operations))
	shares := make([]float64, len(operations))
	touching := 0.0
	for i, op := range operations {
		for _, v := range targets.Visits(op, store, s.data) {
			if v.Page == "" || len(visits[i]) > 0 && visits[i][len(visits[i])-1].Page == v.Page {
				continue
			}
			visits[i] = append(visits[i], v)
		}
		if len(visits[i]) > 0 {
			shares[i] = s.shares[i]
			touching += shares[i]
		}
	}
	if touching == 0 || n <= 0 {
		return nil
	}
	mix := newMixture(shares)
	pages := make([]string, 0, n)
	for i := uint64(0); ; i++ {
		op := mix.pick(unit(draw(seed, i, streamOperation)))
		rank := s.users.rank(unit(draw(seed, i, streamPage)))
		id := strconv.FormatInt(s.UserOf(rank), 10)
		for _, v := range visits[op] {
			pages = append(pages, v.Page+"/"+id)
			if len(pages) == n {
				return pages
			}
		}
	}
}
