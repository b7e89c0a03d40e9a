// Package balancer is the HTTP load balancer of the ladder: it spreads
// requests over servers by one of four policies, checks their health actively
// and passively, tries again what is safe to try again, drains, keeps clients
// at their server, limits their rate, ends TLS and serves static files.
//
// In this package a server of the specification is a backend; Server is the
// balancer itself.
//
// What is tried again. A try that certainly sent nothing (the connection was
// never made, or not one byte was handed to it) is repeated for any method. A
// try that may have been sent is repeated only if the method is idempotent by
// RFC 9110 section 9.2.2 and no headers came back. An answer of any status,
// 503 among them, is an answer: it is passed on, is no failure of the server
// and is not repeated. Each further try counts as a retry and goes to a server
// that this request has not tried, as long as there is one.
//
// A server that is taken away or drained may be gone before a request that had
// chosen it sends anything: such a request moves on even beyond the limit of
// retries, whatever its method.
//
// Two repeats are no retries, because they stay at one server and cost it
// nothing: net/http's transport repeats an idempotent request whose kept-alive
// connection turned out to be closed, and this package does the same for other
// methods if nothing was written.
//
// What counts as healthy. A server is up from the start, as in HAProxy, until
// checks or requests say otherwise. A server that is down gets no request, nor
// does its sticky client; requests it already has run on until their time-out.
// With no server left the answer is 503 at once: it does not fail open.
package balancer
