package record

import (
	"sort"
	"time"

	"rung/bench"
)

// grid cuts a plan into intervals of equal length; the last may be shorter.
type grid struct {
	plan   bench.Plan
	length time.Duration
	count  int
}

// newGrid doubles the length until there are at most limit intervals, so
// that a long plan needs no more memory than a short one.
func newGrid(plan bench.Plan, length time.Duration, limit int) grid {
	for (plan.Duration()-1)/length >= time.Duration(limit) {
		length *= 2
	}
	return grid{plan: plan, length: length, count: int((plan.Duration()-1)/length) + 1}
}

// of returns the interval that an offset lies in, clamped to the plan.
func (g grid) of(offset time.Duration) int {
	return min(max(int(offset/g.length), 0), g.count-1)
}

// span returns the start and the end of an interval.
func (g grid) span(i int) (start, end time.Duration) {
	start = time.Duration(i) * g.length
	return start, min(start+g.length, g.plan.Duration())
}

// planned counts the requests that are due in an interval, by two binary
// searches: offsets never fall.
func (g grid) planned(i int) uint64 {
	start, end := g.span(i)
	return g.before(end) - g.before(start)
}

// before counts the requests due before an offset.
func (g grid) before(offset time.Duration) uint64 {
	n := g.plan.Count()
	return uint64(sort.Search(int(n), func(n int) bool { return g.plan.At(uint64(n)) >= offset }))
}
