package numbers

import (
	"context"
	"testing"

	"pgregory.net/rapid"
)

func TestCycleGoesThroughEveryLine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.IntRange(1, 500).Draw(t, "lines")
		words := make([]uint64, lines*lineWords)
		if err := cycle(context.Background(), words); err != nil {
			t.Fatal(err)
		}
		if at := chase(words, 0, lines); at != 0 {
			t.Fatalf("after %d references at %d", lines, at)
		}
		seen := map[uint64]bool{}
		for i := range lines {
			at := chase(words, 0, i)
			if seen[at] || at%lineWords != 0 {
				t.Fatalf("line %d is there twice or is none", at)
			}
			seen[at] = true
		}
	})
}

func TestCycleEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := cycle(ctx, make([]uint64, lineWords<<17)); err == nil {
		t.Error("a large cycle was made for nobody")
	}
}

func TestTotalIsTheSum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.Uint64(), 0, 50).Draw(t, "words")
		var want uint64
		for _, w := range words {
			want += w
		}
		if got := total(words); got != want {
			t.Fatalf("got %d, want %d", got, want)
		}
	})
}

// TestScatterReadsEverywhere: a generator with a short period would read the
// same few lines, out of the cache.
func TestScatterReadsEverywhere(t *testing.T) {
	const lines = 1 << 10
	words := make([]uint64, lines*lineWords)
	for i := range lines {
		words[i*lineWords] = 1
	}
	if _, sum := scatter(words, 1, 5000); sum != 5000 {
		t.Errorf("%d of 5000 reads are of the first words of lines", sum)
	}
	seen, state := map[uint64]bool{}, uint64(1)
	for i := range lines {
		words[i*lineWords] = uint64(i)
	}
	for range 10 * lines {
		var line uint64
		state, line = scatter(words, state, 1)
		seen[line] = true
	}
	if len(seen) < lines*99/100 {
		t.Errorf("%d of %d lines are read", len(seen), lines)
	}
}
