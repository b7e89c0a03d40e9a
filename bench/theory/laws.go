package theory

import "math"

// Little is N = X R: the mean number of requests inside a boundary that they
// pass at a rate, each for so many seconds on average (Little, Operations
// Research 9(3), 1961). It needs a steady state and nothing else. It is +Inf
// for anything but finite numbers of at least 0.
func Little(rate, seconds float64) float64 {
	if !sound(rate) || !sound(seconds) {
		return math.Inf(1)
	}
	return rate * seconds
}

// Utilization is U = X S / c: the share of the time that each of so many
// servers works, for a throughput and a mean service time in seconds. Above 1
// the throughput is impossible. It is +Inf without servers and for anything
// but finite numbers of at least 0.
func Utilization(rate, service float64, servers int) float64 {
	if !sound(rate) || !sound(service) || servers < 1 {
		return math.Inf(1)
	}
	return rate * service / float64(servers)
}

// ResponseTime is the interactive response time law R = N/X - Z in seconds,
// for users who think Z seconds between the answer to one request and the
// next (Denning and Buzen, Computing Surveys 10(3), 1978). It is +Inf at a
// rate of 0, for anything but finite numbers of at least 0, and when the users
// could not make that rate even if the answers took no time.
func ResponseTime(users, rate, think float64) float64 {
	if !sound(users) || !sound(rate) || !sound(think) || rate == 0 || users/rate < think {
		return math.Inf(1)
	}
	return users/rate - think
}

// ForcedFlow is X_k = V_k X: the rate at a part that each request visits so
// many times on average (Denning and Buzen 1978). It is +Inf for anything but
// finite numbers of at least 0.
func ForcedFlow(visits, rate float64) float64 {
	if !sound(visits) || !sound(rate) {
		return math.Inf(1)
	}
	return visits * rate
}

// CacheMixture is the mean time of a read-through cache in seconds,
// h Rc + (1-h)(Rc + Rdb): a miss asks the cache first and the database after.
// It is +Inf unless the hit ratio is from 0 to 1 and the times are finite
// numbers of at least 0.
func CacheMixture(hits, cache, database float64) float64 {
	if !probability(hits) || !sound(cache) || !sound(database) {
		return math.Inf(1)
	}
	return hits*cache + (1-hits)*(cache+database)
}

// MissRate is lambda (1-h), what a cache lets through to its database. It is
// +Inf unless the hit ratio is from 0 to 1 and the rate is a finite number of
// at least 0.
func MissRate(rate, hits float64) float64 {
	if !sound(rate) || !probability(hits) {
		return math.Inf(1)
	}
	return rate * (1 - hits)
}
