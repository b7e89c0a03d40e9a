package run

import (
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"rung/targets/evict"
)

// TestLatestLeavesAnLRUAsAllWould compares the state of an LRU after all pages
// with that after the latest ones only.
func TestLatestLeavesAnLRUAsAllWould(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 12).Draw(t, "size")
		var pages []string
		for _, n := range rapid.SliceOfN(rapid.IntRange(0, 20), 0, 200).Draw(t, "pages") {
			pages = append(pages, strconv.Itoa(n))
		}
		// What follows evicts in an order that shows the state.
		after := func(first []string) (hits []bool) {
			lru := evict.NewLRU(int64(size))
			for _, p := range append(slices.Clone(first), "20", "3", "7", "1", "12", "5", "3", "9") {
				hit := lru.Touch(p)
				if !hit {
					lru.Add(p, 1)
				}
				hits = append(hits, hit)
			}
			return hits[len(first):]
		}
		if all, some := after(pages), after(latest(pages, size)); !slices.Equal(all, some) {
			t.Fatalf("hits %v after all pages, %v after the latest", all, some)
		}
	})
}
