package evict_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"rung/targets/evict"
	"rung/targets/evict/evicttest"
)

// kind is a policy and the order of eviction that defines it.
type kind struct {
	name   string
	create func(int64) evict.Policy
	before evicttest.Before
}

func kinds() []kind {
	return []kind{
		{"FIFO", evict.NewFIFO, evicttest.FIFO},
		{"LRU", evict.NewLRU, evicttest.LRU},
		{"LFU", evict.NewLFU, evicttest.LFU},
	}
}

func TestConformance(t *testing.T) {
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) { evicttest.Run(t, k.create, k.before) })
	}
}

// TestOrder shows the difference between the three on one script.
func TestOrder(t *testing.T) {
	for _, c := range []struct {
		name   string
		create func(int64) evict.Policy
		want   string
	}{
		// a is oldest; c was used the longest ago; b has the fewest uses.
		{"FIFO", evict.NewFIFO, "a"},
		{"LRU", evict.NewLRU, "c"},
		{"LFU", evict.NewLFU, "b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := c.create(3)
			p.Add("a", 1)
			p.Add("c", 1)
			for range 3 {
				p.Touch("c")
			}
			p.Add("b", 1)
			p.Touch("a")
			p.Touch("a")
			if got := p.Add("d", 1); !slices.Equal(got, []string{c.want}) {
				t.Errorf("evicted %q; want %q", got, c.want)
			}
		})
	}
}

// TestAgainstModel is the property behind all: whatever is done, the policy evicts
// exactly what the definition says and never holds more than its capacity.
func TestAgainstModel(t *testing.T) {
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			rapid.Check(t, func(r *rapid.T) {
				capacity := rapid.Int64Range(-1, 12).Draw(r, "capacity")
				p, m := k.create(capacity), evicttest.NewModel(capacity, k.before)
				keys := rapid.StringMatching(`[a-h]`)
				r.Repeat(map[string]func(*rapid.T){
					"add": func(r *rapid.T) {
						key, cost := keys.Draw(r, "key"), rapid.Int64Range(-1, 14).Draw(r, "cost")
						got, want := p.Add(key, cost), m.Add(key, cost)
						if !slices.Equal(got, want) {
							r.Fatalf("evicted %q; want %q", got, want)
						}
					},
					"touch": func(r *rapid.T) {
						key := keys.Draw(r, "key")
						if got, want := p.Touch(key), m.Touch(key); got != want {
							r.Fatalf("touched %v; want %v", got, want)
						}
					},
					"remove": func(r *rapid.T) {
						key := keys.Draw(r, "key")
						if got, want := p.Remove(key), m.Remove(key); got != want {
							r.Fatalf("removed %v; want %v", got, want)
						}
					},
					"": func(r *rapid.T) {
						if p.Len() != m.Len() || p.Cost() != m.Cost() {
							r.Fatalf("%d keys that cost %d; want %d that cost %d", p.Len(), p.Cost(), m.Len(), m.Cost())
						}
						if p.Cost() > max(capacity, 0) {
							r.Fatalf("cost %d is above capacity %d", p.Cost(), capacity)
						}
					},
				})
			})
		})
	}
}

// TestHitRatio compares the simulated hit ratio under Zipf with exponent 1.0 over
// 10,000 keys with Che's approximation (Fricker, Robert, Roberts 2012): for LRU
// the sum of p(1-exp(-pT)), for FIFO of p*pT/(1+pT).
func TestHitRatio(t *testing.T) {
	for _, c := range []struct {
		name     string
		create   func(int64) evict.Policy
		capacity int64
		want     float64
	}{
		{"LRU 100", evict.NewLRU, 100, 0.3905},
		{"LRU 1000", evict.NewLRU, 1000, 0.6756},
		{"FIFO 100", evict.NewFIFO, 100, 0.3423},
		{"FIFO 1000", evict.NewFIFO, 1000, 0.6309},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := hitRatio(c.create(c.capacity), 200_000)
			t.Logf("hit ratio %.4f, predicted %.4f", got, c.want)
			if math.Abs(got-c.want) > 0.01 {
				t.Errorf("hit ratio %.4f; want %.4f within 0.01", got, c.want)
			}
		})
	}
}

// TestHitRatioOfLFU bounds the policy that knows the most: with a stationary load
// it beats LRU and stays below a cache that holds the top keys from the start.
func TestHitRatioOfLFU(t *testing.T) {
	got := hitRatio(evict.NewLFU(100), 200_000)
	t.Logf("hit ratio %.4f", got)
	if got < 0.3905 || got > 0.5300+0.01 {
		t.Errorf("hit ratio %.4f; want between LRU's 0.3905 and the static top 100's 0.5300", got)
	}
}

// hitRatio plays a read-through cache on a fixed seed and counts the second part.
func hitRatio(p evict.Policy, requests int) float64 {
	draw := zipf(10_000, rand.New(rand.NewPCG(1, 2)))
	hits, counted := 0, 0
	for i := range requests + 50_000 {
		key := draw()
		hit := p.Touch(key)
		if !hit {
			p.Add(key, 1)
		}
		if i < 50_000 {
			continue
		}
		counted++
		if hit {
			hits++
		}
	}
	return float64(hits) / float64(counted)
}

// zipf draws keys with probability proportional to 1/rank. (math/rand's Zipf
// wants an exponent above 1.)
func zipf(n int, random *rand.Rand) func() string {
	sums, keys, sum := make([]float64, n), make([]string, n), 0.0
	for i := range sums {
		sum += 1 / float64(i+1)
		sums[i], keys[i] = sum, strconv.Itoa(i)
	}
	return func() string { return keys[sort.SearchFloat64s(sums, random.Float64()*sum)] }
}

func BenchmarkReadThrough(b *testing.B) {
	for _, k := range kinds() {
		for _, capacity := range []int64{100, 5000} {
			b.Run(fmt.Sprintf("%s/%d", k.name, capacity), func(b *testing.B) {
				p, draw := k.create(capacity), zipf(10_000, rand.New(rand.NewPCG(1, 2)))
				b.ReportAllocs()
				for b.Loop() {
					if key := draw(); !p.Touch(key) {
						p.Add(key, 1)
					}
				}
			})
		}
	}
}
