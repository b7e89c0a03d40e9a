// Package plan says when the requests of an attack are due. A plan is a pure
// function from the number of a request to its offset from the start: it can
// be asked at random, from any number of goroutines, and gives the same
// answer on every machine.
//
// All plans but Poisson come from a rate curve r(t) in requests per second.
// With A(t) the area under the curve from 0 to t, request n is due at
//
//	At(n) = the largest t with A(t) <= n, in whole nanoseconds
//
// so request 0 is due at offset 0 (or at the end of a pause that the plan
// starts with), and any window [0, t) holds ceil(A(t)) requests: never a
// whole request more than the area. Count is ceil(A(Duration)). Vegeta's own
// pacers differ: their first request comes one interval later.
package plan
