package estimate

import (
	"math"
	"time"
)

// Staleness is what a TTL costs one key that is read and written at rates per
// second when a write leaves the cached entry alone: the share of the reads
// that return a value which a write had replaced, and for how long it had been
// on average over these. Reads and writes are Poisson, nothing is evicted, and
// an entry ends ttl after it was filled. In a cycle of 1 + reads*ttl reads,
// one that comes at age a is stale with probability 1 - exp(-writes*a), so
//
//	ratio = reads * (ttl - (1-exp(-x))/writes) / (1 + reads*ttl),  x = writes*ttl
//	age   = (ttl^2/2 - ttl/writes + (1-exp(-x))/writes^2) / (ttl - (1-exp(-x))/writes)
//
// which is ttl/3 when writes are rare and ttl/2 when they are many. The oldest
// stale value is as old as the TTL. Rates and ttl that are not positive give
// zero.
func Staleness(ttl time.Duration, reads, writes float64) (ratio float64, age time.Duration) {
	t := ttl.Seconds()
	if !(t > 0 && reads > 0 && writes > 0) {
		return 0, 0
	}
	x := writes * t
	// stale/t and aged/t^2, by their series where the difference of nearly
	// equal numbers would be left.
	stale, aged := x/2-x*x/6, x/6-x*x/24
	if x > 1e-3 {
		gone := -math.Expm1(-x) / x
		stale, aged = 1-gone, 0.5-(1-gone)/x
	}
	return reads * t * stale / (1 + reads*t), time.Duration(aged / stale * float64(ttl))
}
