package estimate_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sort"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rung/bench/estimate"
	"rung/targets"
	"rung/targets/evict"
)

// played is a cache that plays requests by the real policies: what the
// formulas are held against. Times are in seconds.
type played struct {
	policy  evict.Policy
	filled  map[string]float64
	ttl     float64
	bytes   []float64
	names   []string
	now     float64
	dice    *rand.Rand
	sums    []float64 // cumulated rates: reads, then writes
	reads   int       // keys
	perTurn float64
}

func play(kind targets.Eviction, keys []estimate.KeyLoad, bytes int64, ttl time.Duration, seed uint64) *played {
	p := &played{filled: map[string]float64{}, ttl: ttl.Seconds(), dice: rand.New(rand.NewPCG(seed, 3)), reads: len(keys)}
	p.policy = map[targets.Eviction]func(int64) evict.Policy{targets.EvictionLRU: evict.NewLRU, targets.EvictionFIFO: evict.NewFIFO,
		targets.EvictionLFU: evict.NewLFU}[kind](bytes)
	total := 0.0
	for i, k := range keys {
		p.names, p.bytes = append(p.names, strconv.Itoa(i)), append(p.bytes, k.Bytes)
		total += k.Reads
		p.sums = append(p.sums, total)
	}
	for _, k := range keys {
		total += k.Writes
		p.sums = append(p.sums, total)
	}
	p.perTurn = 1 / total
	return p
}

// turn plays one request, and says whether it was a read, and a hit.
func (p *played) turn() (read, hit bool) {
	p.now += p.dice.ExpFloat64() * p.perTurn
	at := sort.SearchFloat64s(p.sums, p.dice.Float64()*p.sums[len(p.sums)-1])
	name := p.names[at%p.reads]
	if at >= p.reads {
		p.policy.Remove(name)
		return false, false
	}
	if born, known := p.filled[name]; known && p.ttl > 0 && p.now-born >= p.ttl {
		p.policy.Remove(name)
	}
	if p.policy.Touch(name) {
		return true, true
	}
	for _, gone := range p.policy.Add(name, int64(p.bytes[at])) {
		delete(p.filled, gone)
	}
	p.filled[name] = p.now
	return true, false
}

func (p *played) hits(warm, counted int) float64 {
	reads, hits := 0, 0
	for i := range warm + counted {
		read, hit := p.turn()
		if i >= warm && read {
			reads++
			if hit {
				hits++
			}
		}
	}
	return float64(hits) / float64(reads)
}

// popular are keys of two sizes whose popularity falls by Zipf's law, as users
// and orders are; writes are a part of each key's reads.
func popular(n int, exponent, rate, written float64) []estimate.KeyLoad {
	var keys []estimate.KeyLoad
	for _, part := range []struct{ share, bytes float64 }{{6. / 7, 280}, {1. / 7, 600}} {
		for _, z := range estimate.Zipf(n, exponent) {
			keys = append(keys, estimate.KeyLoad{Reads: rate * part.share * z, Writes: rate * part.share * z * written, Bytes: part.bytes})
		}
	}
	return keys
}

func TestHitRatioAgainstRealPolicies(t *testing.T) {
	t.Parallel()
	const rate = 100
	for _, row := range []struct {
		policy  targets.Eviction
		bytes   int64
		ttl     time.Duration
		written float64
		warm    int
	}{
		{targets.EvictionLRU, 64 << 10, 0, 0, 30_000},
		{targets.EvictionLRU, 256 << 10, 0, 0, 30_000},
		{targets.EvictionFIFO, 64 << 10, 0, 0, 30_000},
		{targets.EvictionFIFO, 256 << 10, 0, 0, 30_000},
		{targets.EvictionLRU, 256 << 10, 3 * time.Second, 0, 30_000},
		{targets.EvictionLRU, 256 << 10, 30 * time.Second, 0, 30_000},
		{targets.EvictionLRU, 64 << 10, 30 * time.Second, 0, 30_000},
		{targets.EvictionLRU, 128 << 10, 10 * time.Second, 0, 30_000},
		{targets.EvictionFIFO, 256 << 10, 30 * time.Second, 0, 30_000},
		{targets.EvictionLRU, 256 << 10, 0, 0.1, 30_000},
		{targets.EvictionFIFO, 256 << 10, 0, 0.1, 30_000},
		{targets.EvictionLRU, 256 << 10, 30 * time.Second, 0.2, 30_000},
	} {
		t.Run(fmt.Sprintf("%s %dKiB %v %v", row.policy, row.bytes>>10, row.ttl, row.written), func(t *testing.T) {
			keys := popular(5000, 1, rate, row.written)
			want, lines, err := estimate.HitRatio(row.policy, keys, row.bytes, row.ttl)
			if err != nil || len(lines) < 3 {
				t.Fatalf("%v, %q", err, lines)
			}
			got := play(row.policy, keys, row.bytes, row.ttl, 7).hits(row.warm, 100_000)
			t.Logf("played %.4f, estimated %.4f", got, want)
			if math.Abs(got-want) > 0.01 {
				t.Errorf("played %.4f, estimated %.4f", got, want)
			}
		})
	}
}

// A perfect LFU keeps the most read keys. One that counts only what it holds,
// as the real policy does, hits less, but not by much, and more than LRU.
func TestHitRatioOfLFU(t *testing.T) {
	t.Parallel()
	for _, bytes := range []int64{64 << 10, 128 << 10, 512 << 10} {
		keys := popular(5000, 1, 100, 0)
		perfect, _, _ := estimate.HitRatio(targets.EvictionLFU, keys, bytes, 0)
		lru, _, _ := estimate.HitRatio(targets.EvictionLRU, keys, bytes, 0)
		got := play(targets.EvictionLFU, keys, bytes, 0, 7).hits(40_000, 60_000)
		t.Logf("played %.4f, perfect %.4f, LRU %.4f", got, perfect, lru)
		if got > perfect+0.005 || got < perfect-0.04 || got < lru {
			t.Errorf("%d bytes: played %.4f, perfect %.4f, LRU %.4f", bytes, got, perfect, lru)
		}
	}
}

// The published values: exact ones of the formulas, computed elsewhere.
func TestHitRatioByTheBook(t *testing.T) {
	one := func(n int, exponent, rate float64) (keys []estimate.KeyLoad) {
		for _, z := range estimate.Zipf(n, exponent) {
			keys = append(keys, estimate.KeyLoad{Reads: rate * z, Bytes: 1})
		}
		return keys
	}
	for _, row := range []struct {
		policy targets.Eviction
		keys   []estimate.KeyLoad
		bytes  int64
		ttl    time.Duration
		want   float64
	}{
		{targets.EvictionLRU, one(10_000, 1, 1), 100, 0, 0.390525},
		{targets.EvictionLRU, one(10_000, 1, 1), 1000, 0, 0.675602},
		{targets.EvictionFIFO, one(10_000, 1, 1), 100, 0, 0.3423},
		{targets.EvictionFIFO, one(10_000, 1, 1), 1000, 0, 0.6309},
		{targets.EvictionLFU, one(10_000, 1, 1), 100, 0, 0.529995},
		{targets.EvictionLFU, one(10_000, 1, 1), 1000, 0, 0.764791},
		{targets.EvictionLRU, one(1, 0, 1), 1, time.Minute, 0.983607},
		{targets.EvictionFIFO, one(1, 0, 0.01), 1, time.Minute, 0.375},
		{targets.EvictionLRU, one(10_000, 1, 1000), 10_000, time.Second, 0.531139},
		{targets.EvictionFIFO, one(10_000, 1, 1000), 10_000, 10 * time.Second, 0.757044},
		{targets.EvictionLFU, one(10_000, 1, 1000), 10_000, time.Minute, 0.901159},
		{targets.EvictionLRU, []estimate.KeyLoad{{Reads: 3, Writes: 1, Bytes: 1}}, 1, 0, 0.75},
		{targets.EvictionLRU, nil, 1, 0, 0},
		{targets.EvictionLRU, one(3, 1, 0), 1, 0, 0},
		{targets.EvictionLRU, one(3, 1, 1), 0, 0, 0},
		{targets.EvictionLRU, one(3, 1, 1), 3, 0, 1},
	} {
		got, _, err := estimate.HitRatio(row.policy, row.keys, row.bytes, row.ttl)
		if err != nil {
			t.Error(err)
		}
		near(t, fmt.Sprintf("%s %d keys %d bytes %v", row.policy, len(row.keys), row.bytes, row.ttl), got, row.want, 5e-5)
	}
}

func TestHitRatioRefuses(t *testing.T) {
	good := []estimate.KeyLoad{{Reads: 1, Bytes: 1}}
	for _, row := range []struct {
		policy targets.Eviction
		keys   []estimate.KeyLoad
		bytes  int64
		ttl    time.Duration
	}{
		{"random", good, 1, 0}, {targets.EvictionLRU, good, -1, 0}, {targets.EvictionLRU, good, 1, -1},
		{targets.EvictionLRU, []estimate.KeyLoad{{Reads: -1}}, 1, 0}, {targets.EvictionLRU, []estimate.KeyLoad{{Reads: math.NaN()}}, 1, 0},
		{targets.EvictionLRU, []estimate.KeyLoad{{Bytes: math.Inf(1)}}, 1, 0},
	} {
		if got, _, err := estimate.HitRatio(row.policy, row.keys, row.bytes, row.ttl); err == nil {
			t.Errorf("%+v hits %v", row, got)
		}
	}
}

// More room never lowers a hit ratio, nor does a longer TTL where it evicts
// nothing else; of entries of one size a perfect LFU hits most and FIFO least.
func TestHitRatioOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) estimate.KeyLoad {
			return estimate.KeyLoad{Reads: rapid.Float64Range(0, 1000).Draw(t, "reads"), Writes: rapid.Float64Range(0, 10).Draw(t, "writes"), Bytes: 10}
		}), 1, 40).Draw(t, "keys")
		bytes, ttl := rapid.Int64Range(0, 500).Draw(t, "bytes"), time.Duration(rapid.Int64Range(0, int64(time.Minute)).Draw(t, "TTL"))
		ratio := func(policy targets.Eviction, keys []estimate.KeyLoad, bytes int64, ttl time.Duration) float64 {
			r, _, err := estimate.HitRatio(policy, keys, bytes, ttl)
			if err != nil || !(r >= 0 && r <= 1) {
				t.Fatalf("hit ratio %v: %v", r, err)
			}
			return r
		}
		const rounding = 1e-6
		for _, policy := range targets.Evictions() {
			r := ratio(policy, keys, bytes, ttl)
			if more := ratio(policy, keys, bytes+rapid.Int64Range(0, 100).Draw(t, "more"), ttl); more < r-rounding {
				t.Fatalf("%s: more room hits %v instead of %v", policy, more, r)
			}
		}
		if r := ratio(targets.EvictionLFU, keys, bytes, max(1, ttl)); ratio(targets.EvictionLFU, keys, bytes, 2*max(1, ttl)) < r-rounding {
			t.Fatalf("twice the TTL hits less than %v", r)
		}
		for i := range keys {
			keys[i].Writes = 0
		}
		lfu, lru, fifo := ratio(targets.EvictionLFU, keys, bytes, 0), ratio(targets.EvictionLRU, keys, bytes, 0), ratio(targets.EvictionFIFO, keys, bytes, 0)
		if lru < fifo-rounding || lfu < lru-rounding {
			t.Fatalf("LFU hits %v, LRU %v, FIFO %v", lfu, lru, fifo)
		}
	})
}
