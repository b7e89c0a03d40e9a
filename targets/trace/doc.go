// Package trace is what a request carries through every hop, so that its log
// lines on all nodes can be found: the W3C trace context and a request id.
//
// On the wire it is
//
//	HTTP  the headers traceparent and X-Request-Id
//	NATS  the same headers
//	SQL   a comment behind the statement, in the format of sqlcommenter
//	RESP  the name of the connection (CLIENT SETNAME): the traceparent alone
//
// The formats are those of https://www.w3.org/TR/trace-context/ (version 00)
// and https://google.github.io/sqlcommenter/spec/. A tracestate header is left
// alone: proxies that copy headers pass it on.
package trace
