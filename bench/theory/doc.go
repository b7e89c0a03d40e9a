// Package theory has the closed formulas that predictions rest on: queues,
// closed systems, scaling, fan-out, caches, consistent hashing, replication,
// availability, and how sure a quantile is. Every formula names its source and
// the range in which it holds.
//
// Finite numbers are those up to 1e100, and what must be above 0 is at least
// 1e-100: nothing beyond is a time, a rate or a count.
//
// Units: times are in seconds, rates per second, unless a function says that
// any consistent unit will do. Probabilities, shares, loads and availabilities
// are ratios from 0 to 1.
//
// Outside its range a formula never returns NaN, and never a number that looks
// fine: it returns the bad end of what it measures. A time, a length or a
// spread is +Inf, a probability to wait, to be lost or to be stale is 1, a hit
// ratio, an availability or a throughput is 0. Models have a method Outside,
// which says in words why they do not hold, and a method Assumes, which says
// what they take for granted. Solvers and fits return errors instead.
//
// All functions are pure and safe for concurrent use.
package theory

// Model is what can say when it holds.
type Model interface {
	// Assumes says what the model takes for granted.
	Assumes() string
	// Outside says why it does not hold for its values; empty when it does.
	Outside() string
}
