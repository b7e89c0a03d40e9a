package search_test

import (
	"testing"

	"pgregory.net/rapid"

	"rung/bench/search"
)

// TestSearchBracketsTheCapacity has the search look for a capacity that is
// known, from a first guess that is off by up to four times.
func TestSearchBracketsTheCapacity(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		truth := rapid.Float64Range(10, 10_000).Draw(t, "truth")
		guess := truth * rapid.Float64Range(0.25, 4).Draw(t, "off")
		b := search.New(guess, 0.02)
		for step := 1; step <= 40 && !b.Narrow(); step++ {
			b.Note(b.Next, b.Next <= truth, step)
		}
		if !b.Narrow() || b.Passed > truth || b.Failed < truth {
			t.Fatalf("truth %v, first guess %v: bracket [%v, %v]", truth, guess, b.Passed, b.Failed)
		}
	})
}

// TestSearchFromFarOff starts up to a thousand times too low or too high, as
// somebody does who knows nothing of the target.
func TestSearchFromFarOff(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		truth := rapid.Float64Range(1, 1e6).Draw(t, "truth")
		guess := truth * rapid.Float64Range(0.001, 1000).Draw(t, "off")
		b := search.New(guess, 0.05)
		steps := 0
		for ; steps < 24 && !b.Narrow(); steps++ {
			b.Note(b.Next, b.Next <= truth, steps+1)
		}
		if !b.Narrow() || b.Passed > truth || b.Failed < truth {
			t.Fatalf("truth %v, first guess %v: bracket [%v, %v] after %d steps", truth, guess, b.Passed, b.Failed, steps)
		}
	})
}

func TestSearchTakesTheLowerOfContradictions(t *testing.T) {
	b := search.New(100, 0.06)
	b.Note(100, true, 1)
	b.Note(115, false, 2)
	b.Note(90, false, 3)
	if b.Failed != 90 {
		t.Errorf("a rate of 90 failed, but the bracket's end is %v", b.Failed)
	}
}
