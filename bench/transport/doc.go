// Package transport is an HTTP/1.1 client transport for load generators. It
// sends and reads a request in the goroutine that asks for it, where
// net/http's Transport hands each request to two goroutines of its
// connection. Answers are read by net/http itself (ReadResponse), and requests
// written by it (Request.Write), but for plain ones: requests without a body
// are written byte for byte as it would, and answers whose length is said and
// whose head came in one piece give the response that it would. This package
// owns the connections. On a plain socket a request costs three system calls:
// a look whether the connection is alive, the write and one read.
//
// What differs from net/http.Transport:
//
//   - One dial per request that finds no idle connection, by that request and
//     under its deadline. net/http dials in the background, and gives the
//     request whichever comes first, its dial or a connection that became
//     idle.
//   - A request is sent again at most once, and then on a new connection.
//   - A context's Deadline bounds a request by itself, even when its Done is
//     nil. A load generator saves a timer and a goroutine per request so.
//   - No proxy, no compression, no HTTP/2.
//
// A request with a body that is large, or not in memory, or that expects a
// 100 (Continue), is written by a second goroutine, so that an answer which
// comes before the body was sent is seen.
package transport
