package endpoint

import (
	"fmt"
	"slices"

	"rung/bench/search"
)

// trials lead a search from rate to rate. The rate at the upper end of a narrow
// bracket is tried again: a moment in which another program had the machine
// makes a probe fail at any rate, but hardly twice, and nothing else would
// find that out. One that passes then leads the search on, above it. It is for
// one goroutine.
type trials struct {
	bracket *search.Bracket
	step    int
	// failed are the rates that failed and did not pass since, from the lowest
	// on; twice is the one that failed again.
	failed []float64
	twice  float64
}

func newTrials(start, width float64) *trials {
	return &trials{bracket: search.New(start, width), step: 1}
}

// next is the rate to try; over says that nothing is left to try.
func (t *trials) next() (rate float64, over bool) {
	switch {
	case !t.bracket.Narrow():
		return t.bracket.Next, false
	case t.twice == t.bracket.Failed:
		return 0, true
	}
	return t.bracket.Failed, false
}

// note takes down how a rate fared. Against says that it passed and had failed.
func (t *trials) note(rate float64, passed bool) (against bool) {
	b := t.bracket
	switch {
	case passed && b.Failed > 0 && rate >= b.Failed:
		t.failed = slices.DeleteFunc(t.failed, func(f float64) bool { return f <= rate })
		b.Failed = 0
		if len(t.failed) > 0 {
			b.Failed = t.failed[0]
		}
		b.Note(rate, true, 1)
		t.step = 2
		return true
	case !passed && rate == b.Failed:
		t.twice = rate
		return false
	case !passed:
		at, _ := slices.BinarySearch(t.failed, rate)
		t.failed = slices.Insert(t.failed, at, rate)
	}
	b.Note(rate, passed, t.step)
	t.step++
	return false
}

// missing is what a search that goes on has yet to find out.
func (t *trials) missing() string {
	if t.bracket.Narrow() {
		return fmt.Sprintf("the rate that failed, %.4g/s, was tried again", t.bracket.Failed)
	}
	return "the bracket was narrow"
}
