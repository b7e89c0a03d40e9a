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
	const rate = 100
	for _, row := range []struct {
		policy  targets.Eviction
		bytes   int64
		ttl     time.Duration
		written float64
		warm    int
	}{
		{targets.EvictionLRU, 64 << 10, 0, 0, 50_000},
		{targets.EvictionLRU, 256 << 10, 0, 0, 50_000},
		{targets.EvictionFIFO, 64 << 10, 0, 0, 50_000},
		{targets.EvictionFIFO, 256 << 10, 0, 0, 50_000},
		{targets.EvictionLFU, 64 << 10, 0, 0, 50_000},
		{targets.EvictionLFU, 256 << 10, 0, 0, 50_000},
		{targets.EvictionLFU, 64 << 10, 0, 0, 40_000},
		{targets.EvictionLFU, 128 << 10, 0, 0, 40_000},
		{targets.EvictionLFU, 512 << 10, 0, 0, 40_000},
		{targets.EvictionLFU, 128 << 10, 0, 0, 400_000},
		{targets.EvictionLFU, 128 << 10, 30 * time.Second, 0, 400_000},
		{targets.EvictionLRU, 256 << 10, 3 * time.Second, 0, 50_000},
		{targets.EvictionLRU, 256 << 10, 30 * time.Second, 0, 50_000},
		{targets.EvictionLRU, 64 << 10, 30 * time.Second, 0, 50_000},
		{targets.EvictionLRU, 128 << 10, 10 * time.Second, 0, 50_000},
		{targets.EvictionFIFO, 256 << 10, 30 * time.Second, 0, 50_000},
		{targets.EvictionLRU, 256 << 10, 0, 0.1, 50_000},
		{targets.EvictionFIFO, 256 << 10, 0, 0.1, 50_000},
		{targets.EvictionLRU, 256 << 10, 30 * time.Second, 0.2, 50_000},
	} {
		t.Run(fmt.Sprintf("%s %dKiB %v %v", row.policy, row.bytes>>10, row.ttl, row.written), func(t *testing.T) {
			keys := popular(5000, 1, rate, row.written)
			want, lines, err := estimate.HitRatio(row.policy, keys, row.bytes, row.ttl)
			if err != nil || len(lines) < 3 {
				t.Fatalf("%v, %q", err, lines)
			}
			got := play(row.policy, keys, row.bytes, row.ttl, 7).hits(row.warm, 150_000)
			t.Logf("played %.4f, estimated %.4f", got, want)
			if math.Abs(got-want) > 0.01 {
				t.Errorf("played %.4f, estimated %.4f", got, want)
			}
		})
	}
}

var _ = rapid.Check
