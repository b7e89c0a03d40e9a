package html

import (
	"slices"
	"time"

	"rung/bench"
)

// fewestNamed is how many answers a slice needs to have a p99.
const fewestNamed = 1000

// tailLine is one line of the lower panel.
type tailLine struct {
	name, kind string
	of         func(bench.Interval) *time.Duration
}

// tailLines are the slowest answers: the maximum, and the p99 where some slice
// has one.
func tailLines(intervals []bench.Interval) []tailLine {
	top := tailLine{name: "max", of: func(i bench.Interval) *time.Duration { return i.Max }}
	if !slices.ContainsFunc(intervals, func(i bench.Interval) bool { return i.P99 != nil }) {
		return []tailLine{top}
	}
	top.kind = "dotted"
	return []tailLine{{name: "p99", of: func(i bench.Interval) *time.Duration { return i.P99 }}, top}
}

// named are slices whose p99 stands on at least ten requests beyond it, as
// every other percentile of the page; in the others it is next to the maximum.
func named(intervals []bench.Interval) []bench.Interval {
	out := slices.Clone(intervals)
	for i := range out {
		if out[i].OK+out[i].LoggedOut < fewestNamed {
			out[i].P99 = nil
		}
	}
	return out
}
