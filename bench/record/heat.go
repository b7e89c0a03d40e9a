package record

import (
	"math"
	"slices"
	"time"

	"rung/bench"
)

const (
	// heatColumns bounds the columns of a heat map: more cannot be told apart
	// on a page.
	heatColumns = 120
	// heatPerDecade rows for each power of ten, from heatLowest on; everything
	// faster is in the first row.
	heatPerDecade = 6
	heatLowest    = 100 * time.Microsecond
	heatDecades   = 6
)

// heat counts answers by planned time and response time.
type heat struct {
	grid   grid
	edges  []time.Duration
	counts [][]uint64
}

func newHeat(plan bench.Plan) *heat {
	h := &heat{grid: newGrid(plan, columnOf(plan.Duration()), heatColumns), edges: []time.Duration{0}}
	for k := range heatDecades*heatPerDecade + 1 {
		h.edges = append(h.edges, time.Duration(math.Round(float64(heatLowest)*math.Pow(10, float64(k)/heatPerDecade))))
	}
	h.counts = make([][]uint64, h.grid.count)
	for i := range h.counts {
		h.counts[i] = make([]uint64, len(h.edges))
	}
	return h
}

// columnOf is the least of the round lengths that gives no more columns than
// there may be.
func columnOf(d time.Duration) time.Duration {
	for _, unit := range []time.Duration{100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond, time.Second} {
		if d <= heatColumns*unit {
			return unit
		}
	}
	return time.Second // newGrid doubles it
}

// add counts an answered sample.
func (h *heat) add(s *bench.Sample) {
	if s.Outcome != bench.OK && s.Outcome != bench.LoggedOut {
		return
	}
	took := max(s.Done-s.Intended, 0)
	row, exact := slices.BinarySearch(h.edges, took)
	if !exact {
		row--
	}
	h.counts[h.grid.of(s.Intended)][row]++
}

// result leaves out the rows above the slowest answer.
func (h *heat) result(d time.Duration) *bench.Heat {
	top := 0
	for _, column := range h.counts {
		for row, n := range column {
			if n > 0 {
				top = max(top, row+1)
			}
		}
	}
	if top == 0 {
		return nil
	}
	out := &bench.Heat{Column: h.grid.length, Edges: h.edges[:min(top+1, len(h.edges))]}
	columns := int((d-1)/h.grid.length) + 1 // the plan may have been ended early
	for _, column := range h.counts[:min(columns, len(h.counts))] {
		last := len(column)
		for last > 0 && column[last-1] == 0 {
			last--
		}
		out.Counts = append(out.Counts, column[:last])
	}
	return out
}
