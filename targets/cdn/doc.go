// Package cdn is an edge of a content delivery network: a shared HTTP cache
// (RFC 9111) in front of one site's origin.
//
// # What is kept
//
// The key of an answer is the path and query of its URL as they were sent,
// whatever the Host: one edge serves one site. Answers with a Vary header are
// kept once for each combination of the request headers that it names, at
// most 16 for each key. Kept are complete answers to GET: status 200, and
// 203, 204, 300, 301, 308, 404 and 410 when the origin says how long they are
// fresh. Not kept are answers with no-store, private, Set-Cookie or Vary: *,
// answers to requests with no-store or Authorization (RFC 9111 3.5 would allow
// some), and answers above a quarter of the cache or above 64 MiB: those pass
// through. The least recently used leaves when the bytes run out.
//
// Fresh is an answer for s-maxage, else max-age, else Expires, else the
// configured TTL (there is no guess from Last-Modified). A stale one is
// validated at the origin. When that fails (no answer, or status 500, 502, 503
// or 504), it is served as long as stale-if-error (RFC 5861) or else the
// configuration allows, unless the origin forbade it by must-revalidate,
// proxy-revalidate, s-maxage or no-cache.
//
// An origin that hangs costs the whole time-out before that is known. So from
// the first question without an answer in time on, until the origin answers
// anything again, a stale answer that may be served for its failure is served
// at once; one request at a time asks the origin behind its own answer whether
// it is back. Only the requests that came before the first time-out was over
// wait, and those that nothing stored may answer.
//
// Of a request's own directives
// no-cache, max-age, min-fresh, max-stale, stale-if-error, only-if-cached and
// no-store are followed.
//
// # How the origin is asked
//
// Requests that miss one key at one time share one question to the origin,
// and read its answer while it arrives. A purge ends that sharing: what was
// asked before a purge is not kept after it. Everything that is not GET or
// HEAD passes to the origin, static files included (the origin answers 405
// for those); a success of an unsafe method removes what it may have changed.
//
// Every answer carries Cache-Status (RFC 9211), Via, X-Served-By and
// Server-Timing; an answer from the cache also Age (RFC 9111 4.2.3).
package cdn
