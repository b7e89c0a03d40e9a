package estimate

import "math"

// Misses is the rate of misses of an LRU cache of size c whose item i is
// asked for at rate rates[i], by Che's approximation: T solves
// sum(1 - exp(-rate T)) = c, and an item misses with probability
// exp(-rate T). (Fricker, Robert, Roberts, arXiv 1202.3974.) It assumes
// independent requests and items of one size, in the steady state. The result
// has the unit of the rates.
func Misses(rates []float64, c int) float64 {
	life := lifetime(rates, c)
	misses := 0.0
	for _, r := range rates {
		misses += r * missing(r, life)
	}
	return misses
}

// missing is the probability that an item asked for at rate r is gone again.
// An item that is never asked for is not there.
func missing(r, life float64) float64 {
	if r <= 0 {
		return 1
	}
	return math.Exp(-r * life)
}

// lifetime is Che's T: how long an item stays that is not asked for again.
func lifetime(rates []float64, c int) float64 {
	if c >= len(rates) {
		return math.Inf(1)
	}
	if c <= 0 {
		return 0
	}
	filled := func(t float64) float64 {
		total := 0.0
		for _, r := range rates {
			total -= math.Expm1(-r * t)
		}
		return total
	}
	low, high := 0.0, 1.0
	for filled(high) < float64(c) {
		high *= 2
		if math.IsInf(high, 1) {
			return high // fewer items are ever asked for than fit
		}
	}
	for range 60 {
		if mid := (low + high) / 2; filled(mid) < float64(c) {
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
