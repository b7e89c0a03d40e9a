package theory

import "math"

// StaleRead is the probability 1 - e^(-w L) that a read of a replica misses a
// write, when its key is written w times a second (Poisson) and the replica
// lags by L seconds on average, independently for each write, whatever the law
// of the lag. A replica that cannot keep up is outside: its lag is a queue. It
// is 1 unless both are finite numbers of at least 0.
func StaleRead(writes, lag float64) float64 {
	if !sound(writes) || !sound(lag) {
		return 1
	}
	return -math.Expm1(-writes * lag)
}

// StaleAfter is the probability e^(-t/L) that a read misses one's own write t
// seconds before, when the lag is exponential with a mean of L seconds. It is
// 0 without lag at any t above 0, and 1 unless both are finite numbers of at
// least 0.
func StaleAfter(t, lag float64) float64 {
	switch {
	case !sound(t) || !sound(lag) || t == 0:
		return 1
	case lag == 0:
		return 0
	}
	return math.Exp(-t / lag)
}

// QuorumStale is the probability that a read of R of N replicas sees none of
// the last k versions, each of which W of N have:
// (C(N-W,R)/C(N,R))^k (Bailis et al., Probabilistically Bounded Staleness, VLDB
// 2012). Writes do not spread further, and quorums are random. It is 0 when
// R+W > N, and 1 unless R and W are from 1 to N and k is at least 1.
func QuorumStale(n, r, w, k int) float64 {
	if r < 1 || w < 1 || r > n || w > n || k < 1 {
		return 1
	}
	p := 1.0
	for i := range r {
		p *= max(0, float64(n-w-i)) / float64(n-i)
		if p == 0 {
			return 0
		}
	}
	return math.Pow(p, float64(k))
}
