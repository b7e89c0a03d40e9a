package theory

import "math"

// Series is the availability of parts that are all needed: the product. Parts
// fail independently. It is 1 without parts, and 0 unless all are from 0 to 1.
func Series(parts ...float64) float64 {
	all := 1.0
	for _, a := range parts {
		if !probability(a) {
			return 0
		}
		all *= a
	}
	return all
}

// Parallel is the availability of parts of which one is enough: 1 minus the
// product of what they are down. Parts fail independently, and one takes over
// at once. It is 0 without parts, and unless all are from 0 to 1.
func Parallel(parts ...float64) float64 {
	down := 1.0
	for _, a := range parts {
		if !probability(a) {
			return 0
		}
		down *= 1 - a
	}
	return 1 - down
}

// KOfN is the availability of n equal parts of which k are needed: the sum of
// C(n,i) a^i (1-a)^(n-i) for i = k..n. Parts fail independently, and others
// take over at once. It is 1 for a k of 0, and 0 unless k is from 0 to n, n at
// most a million, and a from 0 to 1.
func KOfN(k, n int, a float64) float64 {
	const most = 1_000_000
	switch {
	case k < 0 || k > n || n > most || !probability(a):
		return 0
	case k == 0 || a == 1:
		return 1
	case a == 0:
		return 0
	}
	return Beta(a, float64(k), float64(n-k+1))
}

// Repaired is the availability MTBF/(MTBF+MTTR), of the mean time from one
// repair to the next failure and the mean time to repair, in any one unit. It
// is 0 unless both are finite numbers of at least 0 and one is above 0.
func Repaired(mtbf, mttr float64) float64 {
	if !sound(mtbf) || !sound(mttr) || mtbf == 0 {
		return 0
	}
	return 1 / (1 + mttr/mtbf)
}

// Backlog is what is left in a queue after so many seconds of more coming in
// than going out, as a fluid: (in-out) t, and 0 when less comes in. It is +Inf
// unless all are finite numbers of at least 0.
func Backlog(in, out, seconds float64) float64 {
	if !sound(in) || !sound(out) || !sound(seconds) {
		return math.Inf(1)
	}
	return max(0, in-out) * seconds
}

// DrainTime is the seconds until a backlog is gone, as a fluid:
// backlog/(out-in). It is 0 without a backlog, +Inf when no less comes in than
// goes out, and unless all are finite numbers of at least 0.
func DrainTime(backlog, in, out float64) float64 {
	switch {
	case !sound(backlog) || !sound(in) || !sound(out):
		return math.Inf(1)
	case backlog == 0:
		return 0
	case out <= in:
		return math.Inf(1)
	}
	return backlog / (out - in)
}
