// Package attack sends the requests of a source by a plan, open-loop, with
// vegeta v12.13.0, and hands what became of each to a sink. It is the only
// package that imports vegeta.
//
// What is vegeta's and what is not. Vegeta spawns workers, hands them ticks,
// sends and times each request. Its notion of when a request was due is not
// used, because it hides the wait for a free worker; nor is its sleep, which
// is half a millisecond too long; nor its end, which drops requests that are
// still owed. Instead:
//
//   - A Pacer that blocks until the plan's next offset on the precise clock
//     and then asks for no wait. The time of its first call is the zero of
//     the attack. It ends by count, so late requests are still sent, late.
//   - Request n of the plan is the request of vegeta's sequence number n:
//     workers number their requests in the order in which they start them,
//     under one lock that also takes the time. So a request never starts
//     before its own offset, and response time is its end minus its offset,
//     whatever the workers did meanwhile.
//   - Vegeta is given one constant target. A RoundTripper reads the sequence
//     number that vegeta puts on every request, asks the source for the
//     request of that number and sends that one instead.
//
// What stays unsent. The attack ends at the plan's duration plus one time-out
// at the latest; what was not started by then, or by the end of the context,
// never is. Sequence numbers have no gaps, so the unsent are the tail of the
// plan, and planned minus samples is their exact number.
//
// What a request's service time holds: the wait for a connection of the
// transport, the dial, and the transport's own repeat of a request whose kept-
// alive connection turned out to be closed (idempotent methods only, or when
// nothing was written), as a browser does.
//
// Where the time goes. The library and http.Client spend some 2 kB and a third
// of the CPU time of a request; the rest was net/http's Transport, which takes
// two goroutines and a lock per request. NewFast is a transport without them,
// and by it a request needs no timer, and its parts are used again: see
// BenchmarkThroughput.
package attack
