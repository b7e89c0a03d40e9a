package record

import "time"

// rotation keeps interval histograms for as long as samples of the interval
// may still come, and hands each on, in order, when it is complete: when all
// its planned requests were seen, or when it falls out of the window.
type rotation struct {
	grid  grid
	width int // histograms per interval
	// highest value of a histogram.
	highest time.Duration
	// closed takes a complete interval. The histograms are reused after it.
	closed func(interval int, h []*histogram)

	// window[i % len] is interval i, for i from oldest on.
	window []slot
	oldest int
	spare  [][]*histogram
}

// slot is an open interval. h is nil as long as no sample of it came.
type slot struct {
	h             []*histogram
	seen, planned uint64
}

// newRotation keeps an interval open for at least the time patience after its
// end.
func newRotation(g grid, width int, highest, patience time.Duration, closed func(int, []*histogram)) *rotation {
	slots := int(min(patience/g.length+2, time.Duration(g.count)))
	return &rotation{grid: g, width: width, highest: highest, closed: closed, window: make([]slot, max(slots, 1))}
}

// see counts a sample of an interval and returns the interval's histograms,
// or nil if the interval is closed already.
func (r *rotation) see(interval int) []*histogram {
	if interval < r.oldest {
		return nil
	}
	for interval >= r.oldest+len(r.window) {
		r.shift()
	}
	s := &r.window[interval%len(r.window)]
	if s.h == nil {
		s.h, s.planned = r.histograms(), r.grid.planned(interval)
	}
	s.seen++
	return s.h
}

// settle closes what is complete. It is called after the sample that see
// announced was recorded.
func (r *rotation) settle(interval int) {
	if interval != r.oldest {
		return
	}
	for r.oldest < r.grid.count {
		s := &r.window[r.oldest%len(r.window)]
		if s.h == nil && r.grid.planned(r.oldest) > 0 || s.seen < s.planned {
			return
		}
		r.shift()
	}
}

// finish closes what is left.
func (r *rotation) finish() {
	for end := min(r.oldest+len(r.window), r.grid.count); r.oldest < end; {
		r.shift()
	}
}

// shift closes the oldest interval.
func (r *rotation) shift() {
	s := &r.window[r.oldest%len(r.window)]
	if s.h != nil {
		r.closed(r.oldest, s.h)
		for _, h := range s.h {
			h.reset()
		}
		r.spare = append(r.spare, s.h)
	}
	*s = slot{}
	r.oldest++
}

func (r *rotation) histograms() []*histogram {
	if last := len(r.spare) - 1; last >= 0 {
		h := r.spare[last]
		r.spare = r.spare[:last]
		return h
	}
	h := make([]*histogram, r.width)
	for i := range h {
		h[i] = newHistogram(r.highest)
	}
	return h
}
