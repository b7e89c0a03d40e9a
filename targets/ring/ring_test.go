package ring_test

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"rung/targets/ring"
)

// kind is a way of placing keys.
type kind struct {
	name   string
	create func(seed uint64, nodes ...string) ring.Locator
	// orderly: where a key lives depends on the order of the nodes.
	orderly bool
}

func kinds() []kind {
	return []kind{
		{"ring", func(seed uint64, nodes ...string) ring.Locator { return ring.NewConsistent(seed, 100, nodes...) }, false},
		{"jump", func(seed uint64, nodes ...string) ring.Locator { return ring.NewJump(seed, nodes...) }, true},
		{"modulo", func(seed uint64, nodes ...string) ring.Locator { return ring.NewModulo(seed, nodes...) }, true},
	}
}

func names(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("cache-%d", i+1)
	}
	return out
}

func keys(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("user:%d", i+1)
	}
	return out
}

func owners(l ring.Locator, keys []string) []string {
	out := make([]string, len(keys))
	for i, key := range keys {
		out[i] = l.Locate(key)
	}
	return out
}

func TestSmall(t *testing.T) {
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			l := k.create(1)
			if got := l.Locate("a"); got != "" || l.LocateN("a", 2) != nil || l.Remove("x") || len(l.Nodes()) != 0 {
				t.Errorf("without nodes: %q", got)
			}
			if !l.Add("x") || l.Add("x") {
				t.Error("a node is new once")
			}
			if got := l.Locate("a"); got != "x" || !slices.Equal(l.LocateN("a", 3), []string{"x"}) || l.LocateN("a", 0) != nil || l.LocateN("a", -1) != nil {
				t.Errorf("with one node: %q, %q", got, l.LocateN("a", 3))
			}
			if !l.Remove("x") || l.Remove("x") || l.Locate("a") != "" {
				t.Error("a removed node is still there")
			}
		})
	}
}

// TestProperties: the same nodes and seed give the same owners, the owner is one of
// the nodes, and stand-ins are different nodes, the owner first.
func TestProperties(t *testing.T) {
	for _, k := range kinds() {
		t.Run(k.name, rapid.MakeCheck(func(t *rapid.T) {
			seed := rapid.Uint64().Draw(t, "seed")
			nodes := rapid.SliceOfNDistinct(rapid.String(), 1, 12, rapid.ID[string]).Draw(t, "nodes")
			key := rapid.String().Draw(t, "key")
			n := rapid.IntRange(1, 15).Draw(t, "n")
			l, again := k.create(seed, nodes...), k.create(seed, nodes...)
			if !k.orderly {
				again = k.create(seed, rapid.Permutation(nodes).Draw(t, "order")...)
			}
			owner, all := l.Locate(key), l.LocateN(key, n)
			if !slices.Contains(nodes, owner) || owner != again.Locate(key) || !slices.Equal(all, again.LocateN(key, n)) {
				t.Fatalf("owner %q, and again %q", owner, again.Locate(key))
			}
			sorted := slices.Sorted(slices.Values(all))
			if len(all) != min(n, len(nodes)) || all[0] != owner || len(slices.Compact(sorted)) != len(all) {
				t.Fatalf("owner %q, stand-ins %q of %q", owner, all, nodes)
			}
		}))
	}
}

// TestOwnersStay: a key moves to the added node or not at all, and comes back when
// that node goes.
func TestOwnersStay(t *testing.T) {
	some := keys(300)
	for _, k := range kinds()[:2] { // modulo promises nothing
		t.Run(k.name, rapid.MakeCheck(func(t *rapid.T) {
			nodes := rapid.SliceOfNDistinct(rapid.String(), 1, 10, rapid.ID[string]).Draw(t, "nodes")
			added := rapid.String().Filter(func(s string) bool { return !slices.Contains(nodes, s) }).Draw(t, "added")
			l := k.create(rapid.Uint64().Draw(t, "seed"), nodes...)
			before := owners(l, some)
			l.Add(added)
			for i, now := range owners(l, some) {
				if now != before[i] && now != added {
					t.Fatalf("%s moved from %q to %q", some[i], before[i], now)
				}
			}
			l.Remove(added)
			if !slices.Equal(owners(l, some), before) {
				t.Fatal("the owners are not those of before")
			}
		}))
	}
}

// TestRemoveAny: when any node of a ring goes, only its keys move, each to the first
// stand-in that it had.
func TestRemoveAny(t *testing.T) {
	some := keys(2000)
	for _, gone := range names(5) {
		l := ring.NewConsistent(3, 50, names(5)...)
		before := make([][]string, len(some))
		for i, key := range some {
			before[i] = l.LocateN(key, 2)
		}
		l.Remove(gone)
		for i, now := range owners(l, some) {
			want := before[i][0]
			if want == gone {
				want = before[i][1]
			}
			if now != want {
				t.Fatalf("without %s, %s is on %s; want %s", gone, some[i], now, want)
			}
		}
	}
}

// TestMoved counts the keys that move when node n+1 comes. Seeds are fixed; the
// tolerance is 4 standard deviations of what the theory says.
func TestMoved(t *testing.T) {
	const count = 20_000
	all := keys(count)
	for _, k := range kinds() {
		for _, n := range []int{1, 2, 3, 10, 20} {
			t.Run(fmt.Sprintf("%s/%d", k.name, n), func(t *testing.T) {
				l := k.create(7, names(n)...)
				before := owners(l, all)
				l.Add("one more")
				moved := 0
				for i, now := range owners(l, all) {
					if now != before[i] {
						moved++
					}
				}
				p := 1 / float64(n+1)
				sd := math.Sqrt(p * (1 - p) / count)
				switch k.name {
				case "modulo":
					p = 1 - p
				case "ring":
					sd = math.Hypot(sd, p*math.Sqrt(float64(n)/float64((n+1)*100+1)))
				}
				got := float64(moved) / count
				t.Logf("%.4f moved; predicted %.4f, s.d. %.4f", got, p, sd)
				if math.Abs(got-p) > 4*sd {
					t.Errorf("%.4f of the keys moved; want %.4f within %.4f", got, p, 4*sd)
				}
			})
		}
	}
}

// TestRemoveInTheMiddle: jump hash puts its last node in place of one that goes.
func TestRemoveInTheMiddle(t *testing.T) {
	all := keys(20_000)
	l := ring.NewJump(1, names(10)...)
	before := owners(l, all)
	l.Remove("cache-4")
	moved := 0
	for i, now := range owners(l, all) {
		if now == before[i] {
			continue
		}
		moved++
		if before[i] != "cache-4" && before[i] != "cache-10" {
			t.Fatalf("%s moved from %s to %s", all[i], before[i], now)
		}
	}
	if share := float64(moved) / float64(len(all)); share < 0.17 || share > 0.2+0.01 {
		t.Errorf("%.3f of the keys moved; want at most 2 of 10", share)
	}
}

// TestSpread compares the spread of keys over nodes with the prediction: the share
// of a node is Beta(V, (n-1)V), and the finite number of keys adds to its variance.
// Rings are many and their seeds fixed.
func TestSpread(t *testing.T) {
	const n, count = 10, 4000
	all := keys(count)
	for _, c := range []struct{ virtual, rings int }{{1, 200}, {10, 100}, {100, 60}, {1000, 10}} {
		t.Run(fmt.Sprint(c.virtual), func(t *testing.T) {
			var squares float64
			for seed := range c.rings {
				l := ring.NewConsistent(uint64(seed), c.virtual, names(n)...)
				load := map[string]int{}
				for _, key := range all {
					load[l.Locate(key)]++
				}
				for _, node := range names(n) {
					d := float64(load[node])/count*n - 1
					squares += d * d
				}
			}
			got := math.Sqrt(squares / float64(c.rings*n))
			v := float64(c.virtual)
			want := math.Sqrt((n-1)/(n*v+1) + (n-1.)/count)
			t.Logf("relative s.d. %.4f; predicted %.4f, of that the ring %.4f", got, want, math.Sqrt((n-1)/(n*v+1)))
			if got < 0.85*want || got > 1.15*want {
				t.Errorf("relative s.d. is %.4f; want %.4f within 15%%", got, want)
			}
		})
	}
}

// TestEven: jump and modulo spread keys as evenly as throwing dice does.
func TestEven(t *testing.T) {
	const n, count = 10, 50_000
	for _, k := range kinds()[1:] {
		t.Run(k.name, func(t *testing.T) {
			l := k.create(5, names(n)...)
			load := map[string]int{}
			for _, key := range keys(count) {
				load[l.Locate(key)]++
			}
			chi := 0.0
			for _, node := range names(n) {
				d := float64(load[node]) - count/n
				chi += d * d / (count / n)
			}
			if chi > 27.9 { // 0.1% of chi-square with 9 degrees of freedom
				t.Errorf("chi-square is %.1f: %v", chi, load)
			}
		})
	}
}

// TestConcurrent changes the nodes while others look keys up; two of the nodes stay.
func TestConcurrent(t *testing.T) {
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			l := k.create(1, "a", "b")
			var all sync.WaitGroup
			all.Go(func() {
				for range 200 {
					l.Add("c")
					l.Remove("c")
				}
			})
			for range 2 {
				all.Go(func() {
					for _, key := range keys(500) {
						if got := l.LocateN(key, 2); l.Locate(key) == "" || len(got) != 2 || got[0] == got[1] || len(l.Nodes()) < 2 {
							t.Errorf("%s is on %q", key, got)
						}
					}
				})
			}
			all.Wait()
		})
	}
}

func BenchmarkLocate(b *testing.B) {
	for _, k := range kinds() {
		b.Run(k.name, func(b *testing.B) {
			l := k.create(1, names(10)...)
			for b.Loop() {
				l.Locate("user:12345")
			}
		})
	}
}
