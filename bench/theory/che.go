package theory

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"
)

// ErrManyItems says that there are too many items for an exact solution.
var ErrManyItems = errors.New("too many items")

// Zipf returns the probabilities of n items whose popularity falls as
// rank^-exponent, most popular first, for any exponent; math/rand's own law
// needs one above 1. It is nil for an n below 1, and for an exponent that is not
// a finite number or makes ranks too different to add up.
func Zipf(n int, exponent float64) []float64 {
	if n <= 0 || math.IsNaN(exponent) || math.IsInf(exponent, 0) {
		return nil
	}
	p := make([]float64, n)
	total := 0.0
	for i := range p {
		p[i] = math.Pow(float64(i+1), -exponent)
		total += p[i]
	}
	if math.IsInf(total, 1) {
		return nil
	}
	for i := range p {
		p[i] /= total
	}
	return p
}

// CharacteristicTime is Che's T: how long an item stays in a cache of that
// size that is not asked for again, in the unit of time of filled, which is
// the mean number of items that are there when all stay for so long
// (Che, Tung and Wang, IEEE JSAC 20(7), 2002; Fricker, Robert and Roberts,
// arXiv 1202.3974). filled must grow with its argument, up to at most count.
// T is +Inf when everything fits or fewer items are ever asked for than fit,
// and 0 for a size of 0 or less, or one that is not a number.
func CharacteristicTime(size, count float64, filled func(life float64) float64) float64 {
	if size >= count {
		return math.Inf(1)
	}
	if !(size > 0) {
		return 0
	}
	low, high := 0.0, 1.0
	for filled(high) < size {
		high *= 2
		if math.IsInf(high, 1) {
			return high // fewer are ever asked for than fit
		}
	}
	for range 45 {
		if mid := (low + high) / 2; filled(mid) < size {
			low = mid
		} else {
			high = mid
		}
	}
	return high
}

// Item is one of the things that a cache holds, or some that are alike.
type Item struct {
	// Rate of requests for it, in any unit.
	Rate float64
	// Apart is the least time between two requests, in the unit of 1/Rate. 0
	// makes the requests a Poisson process.
	Apart float64
}

// Missing is the probability that a request does not find the item, when it
// stays for life without one. One that is never asked for is not there.
func (i Item) Missing(life float64) float64 {
	switch {
	case !(i.Rate > 0) || math.IsInf(i.Rate, 1) || math.IsNaN(life):
		return 1
	case math.IsInf(life, 1):
		return 0
	case i.poisson():
		return math.Exp(-i.Rate * life)
	case life <= i.Apart:
		return 1
	}
	return math.Exp(-(life - i.Apart) / (1/i.Rate - i.Apart))
}

// There is the share of the time that the item is in the cache.
func (i Item) There(life float64) float64 {
	if !(i.Rate > 0) || math.IsNaN(life) || i.poisson() {
		return 1 - i.Missing(life)
	}
	if life <= i.Apart {
		return i.Rate * life
	}
	return i.Rate * (i.Apart + (1/i.Rate-i.Apart)*(1-i.Missing(life)))
}

func (i Item) poisson() bool { return !(i.Apart > 0) || i.Rate*i.Apart >= 1 || math.IsInf(1/i.Rate, 1) }

// LRUTime is Che's T of a least-recently-used cache with room for size of the
// items that are asked for at these rates: sum(1 - e^(-rate T)) = size, in the
// unit of 1/rate; in requests when the rates add up to 1. It assumes
// independent requests, items of one size, and a cache that has been warm for
// several T; it is worst for a cache of very few items. 0 and +Inf are as in
// CharacteristicTime.
func LRUTime(rates []float64, size float64) float64 {
	return CharacteristicTime(size, float64(len(rates)), func(life float64) float64 {
		total := 0.0
		for _, r := range rates {
			total += Item{Rate: r}.There(life)
		}
		return total
	})
}

// LRUHits is the hit ratio of an LRU cache, the mean of 1 - e^(-rate T) over
// all requests. It is 0 when nothing is asked for.
func LRUHits(rates []float64, size float64) float64 {
	life := LRUTime(rates, size)
	return weighted(rates, func(r float64) float64 { return 1 - Item{Rate: r}.Missing(life) })
}

// LRUOutside says why LRUHits does not hold for a cache that has been warming
// for so many requests, when the rates add up to 1, or for so long in the unit
// of 1/rate: that is less than three T, or there is room for fewer than 5
// items, where the exact ratio is off by a percent and more. It is empty when
// neither is so.
func LRUOutside(rates []float64, size, requests float64) string {
	if weighted(rates, func(float64) float64 { return 1 }) == 0 {
		return "the rates are not finite numbers of at least 0 with one above it"
	}
	life := LRUTime(rates, size)
	switch {
	case !(size >= 5) && !(size >= float64(len(rates))):
		return fmt.Sprintf("room for %.4g items: the approximation needs at least 5", size)
	case !math.IsInf(life, 1) && !(requests >= 3*life):
		return fmt.Sprintf("%.4g requests into a cold cache: it is warm after three times %.4g", requests, life)
	}
	return ""
}

// FIFOTime is T of a cache that drops the oldest item, or a random one:
// sum(rate T/(1 + rate T)) = size. Unit and limits are those of LRUTime.
func FIFOTime(rates []float64, size float64) float64 {
	return CharacteristicTime(size, float64(len(rates)), func(life float64) float64 {
		total := 0.0
		for _, r := range rates {
			total += TTLHits(r, life)
		}
		return total
	})
}

// FIFOHits is the hit ratio of a cache that drops the oldest item, or a random
// one: the mean of rate T/(1 + rate T). It is 0 when nothing is asked for.
func FIFOHits(rates []float64, size float64) float64 {
	life := FIFOTime(rates, size)
	return weighted(rates, func(r float64) float64 { return TTLHits(r, life) })
}

// TTLHits is the hit ratio lambda T/(1 + lambda T) of an item that is asked for
// at a rate (Poisson) and kept for ttl after it was filled. It is also the
// share of the time that the item is there. It is 0 for a rate and a time that
// are not above 0, and 1 for a ttl of +Inf.
func TTLHits(rate, ttl float64) float64 {
	switch x := rate * ttl; {
	case !(rate > 0) || !(ttl > 0) || math.IsInf(rate, 1):
		return 0
	case math.IsInf(x, 1):
		return 1
	default:
		return x / (1 + x)
	}
}

// TTLCache is the hit ratio over all requests of a cache without an end whose
// items are kept for ttl, and the mean number that are there.
func TTLCache(rates []float64, ttl float64) (hits, resident float64) {
	for _, r := range rates {
		resident += TTLHits(r, ttl)
	}
	return weighted(rates, func(r float64) float64 { return TTLHits(r, ttl) }), resident
}

// StaticHits is the share of the requests that the size most popular items
// get: the best that a cache can do with independent requests. It is 0 when
// nothing is asked for.
func StaticHits(rates []float64, size int) float64 {
	if size <= 0 {
		return 0
	}
	sorted := slices.Clone(rates)
	slices.Sort(sorted)
	slices.Reverse(sorted)
	rank := 0
	return weighted(sorted, func(float64) float64 {
		if rank++; rank <= size {
			return 1
		}
		return 0
	})
}

// weighted is the mean of hits over all requests.
func weighted(rates []float64, hits func(rate float64) float64) float64 {
	total, found := 0.0, 0.0
	for _, r := range rates {
		if !sound(r) {
			return 0
		}
		total += r
		found += r * hits(r)
	}
	if total == 0 || math.IsInf(total, 1) {
		return 0
	}
	return min(1, found/total)
}

// mostExact bounds the sets of items that ExactLRU goes through, 2^20.
const mostExact = 20

// ExactLRU is the hit ratio of an LRU cache of size items that are asked for
// independently at these rates (King 1971): the cache holds x1, x2, ..., most
// recent first, with probability p1 p2/(1-p1) p3/(1-p1-p2) ... It is added up
// over sets, 2^n of them. It is ErrManyItems above 20 items, and an error
// without a size and unless all rates are finite and positive.
func ExactLRU(rates []float64, size int) (float64, error) {
	n := len(rates)
	if n > mostExact {
		return 0, fmt.Errorf("exact LRU of %d items: %w, %d are possible", n, ErrManyItems, mostExact)
	}
	total := 0.0
	for i, r := range rates {
		if !sound(r) || r == 0 {
			return 0, fmt.Errorf("exact LRU: rate %d is %v: it must be positive and finite", i, r)
		}
		total += r
	}
	if n == 0 || size < 0 || math.IsInf(total, 1) {
		return 0, fmt.Errorf("exact LRU of %d items in a cache of %d: nothing to solve", n, size)
	}
	if size >= n {
		return 1, nil
	}
	// reached[set] is the probability that the most recent items are that set,
	// in any order; sum[set] is the rate of its items.
	reached, sum := make([]float64, 1<<n), make([]float64, 1<<n)
	for set := 1; set < len(sum); set++ {
		sum[set] = sum[set&(set-1)] + rates[bits.TrailingZeros(uint(set))]
	}
	reached[0] = 1
	hits := 0.0
	for set := range reached {
		switch held := bits.OnesCount(uint(set)); {
		case held == size:
			hits += reached[set] * sum[set] / total
		case held < size:
			others := sum[len(sum)-1-set]
			for i, r := range rates {
				if set&(1<<i) == 0 {
					reached[set|1<<i] += reached[set] * r / others
				}
			}
		}
	}
	return min(1, hits), nil
}
