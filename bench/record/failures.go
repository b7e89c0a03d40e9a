package record

import (
	"cmp"
	"slices"

	"rung/bench"
)

const (
	// groupsKept bounds the failure groups counted, groupsShown those shown.
	groupsKept  = 1024
	groupsShown = 20
)

// group is what failures are counted by.
type group struct {
	operation int
	cause     string
}

// failures counts failed requests by operation and cause.
type failures map[group]uint64

func (f failures) add(s *bench.Sample) {
	if s.Outcome != bench.Failed {
		return
	}
	key := group{s.Operation, s.Cause}
	if _, known := f[key]; !known && len(f) >= groupsKept {
		key = group{s.Operation, "more"}
	}
	f[key]++
}

// result returns the largest groups, largest first.
func (f failures) result(operations []string) []bench.ErrorGroup {
	var out []bench.ErrorGroup
	for key, n := range f {
		out = append(out, bench.ErrorGroup{Operation: operations[key.operation], Cause: key.cause, Count: n})
	}
	slices.SortFunc(out, func(a, b bench.ErrorGroup) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.Cause, b.Cause))
	})
	return out[:min(len(out), groupsShown)]
}
