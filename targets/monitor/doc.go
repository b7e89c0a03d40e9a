// Package monitor is the place where the log lines of all nodes are gathered:
// it keeps the latest, searches them, and counts what the business wants to
// know of them.
//
//	POST /logs     takes newline-delimited JSON, see below
//	GET /logs      searches, see Filter
//	GET /metrics   what the monitor counts, for Prometheus
//	GET /          a page to search with, for people
//	GET /healthz   200 as long as it serves
//
// # Lines
//
// A line is a JSON object in UTF-8, of at most 64 KiB, or an eighth of the
// monitor's room if that is less. The fields that a search knows are those
// that nodes write: time (RFC 3339), level (as slog writes it), msg, node,
// role, trace_id and request_id. All may be missing; node is then the query
// parameter node of the batch, and time is that of arrival. What is no such
// line is counted and kept out; the rest of its batch is taken.
//
// A batch is at most 1 MiB, and one emulated piece of work of the CPU. With
// the query parameters sender (a name that no other process has) and batch
// (numbers from 1 that only grow) it is taken at most once, so that a batch
// whose answer was lost can be sent again. The parameter dropped is how many
// lines the sender has lost so far.
//
// # What is counted
//
// A request passes several hops, an edge, a balancer and a web server, and
// each logs it. Only the lines of web servers say which operation it was, so
// lines "request" with a field operation are counted, and each request once.
// They must be complete: with targets.Telemetry.Access off only sampled
// requests are logged, and the figures are those of the sample.
package monitor
