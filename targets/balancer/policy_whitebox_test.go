package balancer

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"rung/targets"
)

func crew(n int) []*backend {
	out := make([]*backend, n)
	for i := range out {
		out[i] = &backend{name: fmt.Sprintf("web-%d", i+1)}
	}
	return out
}

// pickN makes n picks as the fleet does and counts them by name.
func pickN(p policy, from []*backend, n int, client string) map[string]int {
	counts := map[string]int{}
	for turn := range n {
		b := p.pick(from, client)
		b.turn = uint64(turn) + 1
		counts[b.name]++
	}
	return counts
}

func TestNewPolicy(t *testing.T) {
	for _, name := range targets.Policies() {
		if p, err := newPolicy(name, 1); err != nil || p == nil {
			t.Errorf("%s: policy %v, error %v", name, p, err)
		}
	}
	if _, err := newPolicy("fastest", 1); err == nil {
		t.Error("an unknown policy was taken")
	}
}

// TestRoundRobinIsEven: after any number of picks from a fixed set, no backend
// is more than one ahead, and each run of n picks has every backend once.
func TestRoundRobinIsEven(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(t, "servers")
		rounds := rapid.IntRange(1, 20).Draw(t, "rounds")
		counts := pickN(roundRobin{}, crew(n), n*rounds, "")
		for name, c := range counts {
			if c != rounds {
				t.Fatalf("%s has %d picks, want %d: %v", name, c, rounds, counts)
			}
		}
		if len(counts) != n {
			t.Fatalf("only %v were picked of %d", counts, n)
		}
	})
}

// TestLeastConnections: the pick never has more requests than another, and
// among equals the rotation is even.
func TestLeastConnections(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		backends := crew(rapid.IntRange(1, 8).Draw(t, "servers"))
		for turn := range rapid.IntRange(1, 60).Draw(t, "steps") {
			if rapid.Bool().Draw(t, "finish one") {
				b := rapid.SampledFrom(backends).Draw(t, "at")
				b.active = max(b.active-1, 0)
				continue
			}
			b := leastConnections{}.pick(backends, "")
			for _, other := range backends {
				if b.active > other.active {
					t.Fatalf("%s has %d in flight, %s only %d", b.name, b.active, other.name, other.active)
				}
				if b.active == other.active && b.turn > other.turn {
					t.Fatalf("tie went to %s although %s waits longer", b.name, other.name)
				}
			}
			b.active++
			b.turn = uint64(turn) + 1
		}
	})
}

// TestRandomTwo: the pick is a candidate, never the single busiest one when
// there is another, and every pair is drawn.
func TestRandomTwo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		backends := crew(rapid.IntRange(1, 8).Draw(t, "servers"))
		for _, b := range backends {
			b.active = rapid.IntRange(0, 5).Draw(t, b.name)
		}
		p := newRandomTwo(rapid.Uint64().Draw(t, "seed"))
		for range 20 {
			b := p.pick(backends, "")
			if !slices.Contains(backends, b) {
				t.Fatalf("%s is no candidate", b.name)
			}
			busier := slices.ContainsFunc(backends, func(o *backend) bool { return o != b && o.active >= b.active })
			if len(backends) > 1 && !busier {
				t.Fatalf("the busiest of all, %s, was picked", b.name)
			}
		}
	})
	even := pickN(newRandomTwo(1), crew(4), 4000, "")
	for name, c := range even {
		if c < 800 || c > 1200 { // 1000 +- 7 standard deviations
			t.Errorf("%s has %d of 4000 picks among equals", name, c)
		}
	}
}

// TestIPHashMovesOnlyTheLost: without one server, its clients move and nobody
// else does.
func TestIPHashMovesOnlyTheLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		backends := crew(rapid.IntRange(2, 8).Draw(t, "servers"))
		gone := rapid.SampledFrom(backends).Draw(t, "gone")
		left := slices.DeleteFunc(slices.Clone(backends), func(b *backend) bool { return b == gone })
		for range 20 {
			client := fmt.Sprintf("127.%d.%d.%d", rapid.Byte().Draw(t, "a"), rapid.Byte().Draw(t, "b"), rapid.Byte().Draw(t, "c"))
			before, after := ipHash{}.pick(backends, client), ipHash{}.pick(left, client)
			if before != gone && before != after {
				t.Fatalf("%s moved from %s to %s although %s is gone", client, before.name, after.name, gone.name)
			}
			shuffled := slices.Clone(backends)
			slices.Reverse(shuffled)
			if again := (ipHash{}).pick(shuffled, client); again != before {
				t.Fatalf("%s depends on the order: %s and %s", client, before.name, again.name)
			}
		}
	})
}

func TestIPHashSpread(t *testing.T) {
	backends := crew(3)
	counts := map[string]int{}
	for i := range 3000 {
		counts[ipHash{}.pick(backends, fmt.Sprintf("127.0.%d.%d", i/250, i%250)).name]++
	}
	for name, c := range counts {
		if c < 870 || c > 1130 { // 1000 +- 5 standard deviations
			t.Errorf("%s has %d of 3000 clients: %v", name, c, counts)
		}
	}
}
