package estimate

import "math"

// Misses is the rate of misses of an LRU cache of size c whose item i is
// asked for at rate rates[i], by Che's approximation: T solves
// sum(1 - exp(-rate T)) = c, and an item misses with probability
// exp(-rate T). (Fricker, Robert, Roberts, arXiv 1202.3974.) It assumes
// independent requests and items of one size, in the steady state. The result
// has the unit of the rates.
func Misses(rates []float64, c int) float64 {
	pages := make([]page, len(rates))
	for i, r := range rates {
		pages[i] = page{rate: r, count: 1}
	}
	life := lifeOf(pages, float64(c))
	misses := 0.0
	for _, p := range pages {
		misses += p.rate * p.missing(life)
	}
	return misses
}

// page is the accesses to some pages that are alike.
type page struct {
	// rate of each in any unit, and how many they are.
	rate, count float64
	// apart is the least time between two accesses, in the unit of 1/rate.
	apart float64
}

// missing is the probability that an access does not find the page, when it
// stays for life without one. One that is never asked for is not there.
func (p page) missing(life float64) float64 {
	switch {
	case p.rate <= 0:
		return 1
	case p.apart <= 0 || p.rate*p.apart >= 1:
		return math.Exp(-p.rate * life)
	case life <= p.apart:
		return 1
	}
	return math.Exp(-(life - p.apart) / (1/p.rate - p.apart))
}

// there is the share of the time that the page is in the pool.
func (p page) there(life float64) float64 {
	if p.rate <= 0 || p.apart <= 0 || p.rate*p.apart >= 1 {
		return 1 - p.missing(life)
	}
	if life <= p.apart {
		return p.rate * life
	}
	return p.rate * (p.apart + (1/p.rate-p.apart)*(1-p.missing(life)))
}

// lifeOf is Che's T: how long a page stays that is not asked for again in a
// pool of that size.
func lifeOf(pages []page, size float64) float64 {
	count := 0.0
	for _, p := range pages {
		count += p.count
	}
	if size >= count {
		return math.Inf(1)
	}
	if size <= 0 {
		return 0
	}
	filled := func(life float64) float64 {
		total := 0.0
		for _, p := range pages {
			total += p.count * p.there(life)
		}
		return total
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

// Zipf returns the probabilities of n items whose popularity falls as
// rank^-exponent, most popular first.
func Zipf(n int, exponent float64) []float64 {
	if n <= 0 {
		return nil
	}
	p := make([]float64, n)
	total := 0.0
	for i := range p {
		p[i] = math.Pow(float64(i+1), -exponent)
		total += p[i]
	}
	for i := range p {
		p[i] /= total
	}
	return p
}
