package estimate

import (
	"fmt"
	"math"
	"slices"
	"time"

	"rung/targets"
)

// KeyLoad is what one key of a cache is asked, and what it takes there.
type KeyLoad struct {
	// Reads and Writes per second; a write deletes the entry.
	Reads, Writes float64
	// Bytes of the entry: key, value and overhead.
	Bytes float64
	// count of keys alike that this stands for; 0 is one.
	count float64
}

// HitRatio is the share of the reads that a cache of that many bytes answers,
// 0 to 1, and how it comes about. A miss fills the cache; a hit does not renew
// the TTL, which counts from the fill; a TTL of 0 is none. Keys must be known
// by rates and sizes above or equal to 0. It is 0 when nothing is read.
//
// Requests are independent (Poisson) and the cache is in its steady state.
// Every entry sees the others as one time: how long an entry stays that is not
// asked for again (LRU), or that was filled (FIFO), in the cache as full as it
// is. That is Che's approximation and its counterpart for FIFO, which is also
// that for random eviction (Fricker, Robert, Roberts, arXiv 1202.3974;
// Martina, Garetto, Leonardi, INFOCOM 2014). With a TTL, or writes that
// delete, an entry goes when the first of these happens, and the hit ratio is
// that of the renewal process that begins with each fill:
//
//	h = reads * stay / (1 + reads * stay)
//
// with stay the mean time from a fill to the end of the entry. With nothing
// but a TTL this is the TTL cache's reads*TTL / (1 + reads*TTL).
//
// LFU is taken as perfect: the most read keys that fit. That is an upper
// bound. A cache that counts only what it holds starts below it, and comes
// nearer the longer it runs.
func HitRatio(policy targets.Eviction, keys []KeyLoad, bytes int64, ttl time.Duration) (ratio float64, derivation []string, err error) {
	if !slices.Contains(targets.Evictions(), policy) {
		return 0, nil, fmt.Errorf("hit ratio: %q is not an eviction policy", policy)
	}
	if bytes < 0 || ttl < 0 {
		return 0, nil, fmt.Errorf("hit ratio: %d bytes, TTL %v: both must be 0 or more", bytes, ttl)
	}
	for i, k := range keys {
		if !(k.Reads >= 0 && k.Writes >= 0 && k.Bytes >= 0) || math.IsInf(k.Reads+k.Writes+k.Bytes, 1) {
			return 0, nil, fmt.Errorf("hit ratio: key %d has reads %v, writes %v, bytes %v: they must be 0 or more", i, k.Reads, k.Writes, k.Bytes)
		}
	}
	s := newShelf(policy, keys, float64(bytes), ttl)
	reads, hits := 0.0, 0.0
	for i, k := range keys {
		reads += k.Reads
		hits += k.Reads * s.hit(i)
	}
	if reads > 0 {
		ratio = hits / reads
	}
	return ratio, append(s.lines(), fmt.Sprintf("hits of %.4g reads per second: %.4g%%", reads, ratio*100)), nil
}

// shelf is one cache in the steady state.
type shelf struct {
	policy targets.Eviction
	keys   []KeyLoad
	bytes  float64
	ttl    float64 // seconds; infinite for none
	// life is the characteristic time in seconds; infinite when all fits.
	life float64
	// held is the share of the time that a perfect LFU would have room for
	// each key: 1, 0, or between for the last one.
	held []float64
}

func newShelf(policy targets.Eviction, keys []KeyLoad, bytes float64, ttl time.Duration) shelf {
	s := shelf{policy: policy, keys: keys, bytes: bytes, ttl: ttl.Seconds(), life: math.Inf(1)}
	if ttl == 0 {
		s.ttl = math.Inf(1)
	}
	if policy == targets.EvictionLFU {
		s.hold()
		return s
	}
	if s.filled() <= bytes {
		return s
	}
	s.life = 1e-9
	for s.filled() < bytes && s.life < 1e15 {
		s.life *= 2
	}
	low, high := s.life/2, s.life
	for range 50 {
		if s.life = (low + high) / 2; s.filled() < bytes {
			low = s.life
		} else {
			high = s.life
		}
	}
	return s
}

// filled is the mean number of bytes held at the present life. An entry is
// there for the share of the time that equals its hit ratio, because Poisson
// arrivals see time averages.
func (s *shelf) filled() float64 {
	total := 0.0
	for i, k := range s.keys {
		total += k.alike() * k.Bytes * s.hit(i)
	}
	return total
}

// hold fills the shelf with the most read keys.
func (s *shelf) hold() {
	order := make([]int, len(s.keys))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch x, y := s.keys[a].Reads, s.keys[b].Reads; {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return 0
	})
	s.held = make([]float64, len(s.keys))
	left := s.bytes
	for _, i := range order {
		if left <= 0 {
			return
		}
		bytes := s.keys[i].alike() * s.keys[i].Bytes
		s.held[i] = min(1, left/max(bytes, 1e-9))
		left -= bytes
	}
}

// hit is the probability that a read of key i finds it.
func (s *shelf) hit(i int) float64 {
	k := s.keys[i]
	if k.Reads == 0 {
		return 0
	}
	stay, share := 0.0, 1.0
	switch s.policy {
	case targets.EvictionLRU:
		stay = k.renewed(s.life, s.ttl)
	case targets.EvictionFIFO:
		stay = undisturbed(k.Writes, min(s.life, s.ttl))
	case targets.EvictionLFU:
		stay, share = undisturbed(k.Writes, s.ttl), s.held[i]
	}
	hits := k.Reads * stay // of one fill
	if math.IsInf(hits, 1) {
		return share
	}
	return share * hits / (1 + hits)
}

// renewed is the mean time from a fill to the end of an entry that goes when
// it was not read for life seconds, or is ttl seconds old, or is written.
// Where no TTL comes first it is that of Che's approximation. Where one does,
// the time after the first life is taken as exponential, with the mean that it
// has without the TTL.
func (k KeyLoad) renewed(life, ttl float64) float64 {
	first := undisturbed(k.Writes, min(life, ttl))
	if ttl <= life {
		return first
	}
	rate := k.Reads + k.Writes
	whole := -math.Expm1(-rate*life) / (k.Writes + k.Reads*math.Exp(-rate*life))
	again := -math.Expm1(-k.Reads*life) * math.Exp(-k.Writes*life) // it lives on after the first life
	switch {
	case math.IsInf(ttl, 1):
		return whole
	case again == 0:
		return first
	case math.IsInf(whole, 1):
		return first + again*(ttl-life)
	}
	mean := max(0, whole-first) / again
	if mean == 0 {
		return first
	}
	return first + again*mean*-math.Expm1(-(ttl-life)/mean)
}

// undisturbed is the mean of the lesser of a time and the first of events at
// a rate.
func undisturbed(rate, time float64) float64 {
	if rate == 0 {
		return time
	}
	return -math.Expm1(-rate*time) / rate
}

// apart is the least time between two misses of one key, in seconds.
func (s *shelf) apart() float64 {
	if s.policy == targets.EvictionLFU {
		return 0
	}
	return min(s.life, s.ttl)
}

// lines words the shelf.
func (s *shelf) lines() []string {
	count, total, held := 0.0, 0.0, 0.0
	for i, k := range s.keys {
		count += k.alike()
		total += k.alike() * k.Bytes
		held += k.alike() * s.hit(i)
	}
	out := []string{fmt.Sprintf("%.6g keys of %.4g bytes in all; room for %.4g bytes holds %.4g of them on average", count, total, s.bytes, held)}
	switch {
	case s.policy == targets.EvictionLFU:
		out = append(out, "the most read keys stay")
	case math.IsInf(s.life, 1):
		out = append(out, "all fit: nothing is evicted")
	case s.policy == targets.EvictionLRU:
		out = append(out, fmt.Sprintf("an entry that is not read for %.4g s is evicted", s.life))
	default:
		out = append(out, fmt.Sprintf("an entry is evicted %.4g s after it was filled", s.life))
	}
	if !math.IsInf(s.ttl, 1) {
		out = append(out, fmt.Sprintf("an entry ends %.4g s after it was filled", s.ttl))
	}
	return out
}
