package record

import (
	"time"

	"rung/bench"
)

// series is the attack over time.
type series struct {
	grid      grid
	intervals []bench.Interval
	rotation  *rotation
	// stragglers ended after the quantiles of their interval were taken.
	stragglers uint64
}

func newSeries(g grid, highest, patience time.Duration) *series {
	s := &series{grid: g, intervals: make([]bench.Interval, g.count)}
	s.rotation = newRotation(g, 1, highest, patience, s.close)
	return s
}

func (s *series) add(sample *bench.Sample) {
	at := s.grid.of(sample.Intended)
	interval := &s.intervals[at]
	answered := false
	switch sample.Outcome {
	case bench.OK:
		interval.OK++
		answered = true
	case bench.LoggedOut:
		interval.LoggedOut++
		answered = true
	case bench.Refused:
		interval.Refused++
	default:
		interval.Failed++
	}
	h := s.rotation.see(at)
	response := sample.Done - sample.Intended
	switch {
	case h == nil && answered:
		s.stragglers++
		if interval.Max == nil || *interval.Max < response {
			longest := response // a copy, so that only stragglers allocate
			interval.Max = &longest
		}
	case answered:
		h[0].add(response)
	}
	if h != nil {
		s.rotation.settle(at)
	}
}

func (s *series) close(at int, h []*histogram) {
	if h[0].count() == 0 {
		return
	}
	p50, p99, top := h[0].at(0.5), h[0].at(0.99), h[0].max
	s.intervals[at].P50, s.intervals[at].P99, s.intervals[at].Max = &p50, &p99, &top
}

// result completes the intervals. What was planned and never seen is unsent.
func (s *series) result() []bench.Interval {
	s.rotation.finish()
	last := int((s.grid.plan.Duration() - 1) / s.grid.length) // the plan may have been ended early
	s.intervals = s.intervals[:min(last+1, len(s.intervals))]
	for i := range s.intervals {
		v := &s.intervals[i]
		start, end := s.grid.span(i)
		v.Start, v.Length = start, end-start
		v.Planned = s.grid.planned(i)
		v.Unsent = v.Planned - min(v.OK+v.Failed+v.Refused+v.LoggedOut, v.Planned)
	}
	return s.intervals
}
