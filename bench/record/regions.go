package record

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"rung/bench"
)

// regionsMost bounds the tallies by region: each is four histograms.
const regionsMost = 100

// place is where a request came from, and what it was.
type place struct {
	region    string
	operation int
}

// regions are tallies by region and operation. Samples of the one place that
// has no name are not counted here.
type regions map[place]*tally

func (r regions) add(s *bench.Sample, highest time.Duration) {
	if s.Region == "" {
		return
	}
	at := place{s.Region, s.Operation}
	t := r[at]
	if t == nil {
		if len(r) >= regionsMost {
			return
		}
		t = newTally(highest)
		r[at] = t
	}
	t.add(s)
}

// result lists the tallies by region, and by operation in their order.
func (r regions) result(operations []string) []bench.Tally {
	places := slices.SortedFunc(maps.Keys(r), func(a, b place) int {
		return cmp.Or(cmp.Compare(a.region, b.region), cmp.Compare(a.operation, b.operation))
	})
	var out []bench.Tally
	for _, at := range places {
		out = append(out, r[at].result(at.region+"/"+operations[at.operation], 0))
	}
	return out
}
