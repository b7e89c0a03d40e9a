package estimate

import "rung/bench/theory"

// Misses is the rate of misses of an LRU cache of size c whose item i is
// asked for at rate rates[i], by Che's approximation: T solves
// sum(1 - exp(-rate T)) = c, and an item misses with probability
// exp(-rate T). (Fricker, Robert, Roberts, arXiv 1202.3974.) It assumes
// independent requests and items of one size, in the steady state. The result
// has the unit of the rates.
func Misses(rates []float64, c int) float64 {
	life := theory.LRUTime(rates, float64(c))
	misses := 0.0
	for _, r := range rates {
		misses += r * theory.Item{Rate: r}.Missing(life)
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
	return theory.Item{Rate: p.rate, Apart: p.apart}.Missing(life)
}

// lifeOf is Che's T: how long a page stays that is not asked for again in a
// pool of that size.
func lifeOf(pages []page, size float64) float64 {
	count := 0.0
	for _, p := range pages {
		count += p.count
	}
	return theory.CharacteristicTime(size, count, func(life float64) float64 {
		total := 0.0
		for _, p := range pages {
			total += p.count * theory.Item{Rate: p.rate, Apart: p.apart}.There(life)
		}
		return total
	})
}

// Zipf returns the probabilities of n items whose popularity falls as
// rank^-exponent, most popular first. It is nil for an n below 1 and an
// exponent that is not a finite number.
func Zipf(n int, exponent float64) []float64 { return theory.Zipf(n, exponent) }
