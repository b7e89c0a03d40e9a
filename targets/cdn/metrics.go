package cdn

import (
	"net"
	"net/http"
	"sync/atomic"

	"rung/targets"
)

// counters are the edge's totals.
type counters struct {
	requests, hits, misses, collapsed, revalidations, stale, passes atomic.Int64
	stored, unstored, overloads, failures, aborts, open             atomic.Int64
	originRequests, originFailures, originBytes, originOpen         atomic.Int64
	spared                                                          atomic.Int64
	egressBytes, egressBody                                         atomic.Int64
	purges, purged, fenced, relayFailures                           atomic.Int64
}

// connection is the http.Server's ConnState hook: it counts the clients'
// connections and closes those beyond the bound.
func (c *counters) connection(conn net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		if c.open.Add(1) > maxOpen {
			_ = conn.Close() // the client sees why: nothing else is owed
		}
	case http.StateClosed, http.StateHijacked:
		c.open.Add(-1)
	}
}

// Metrics returns counters, which only grow, and gauges:
//
//	requests_total           requests but GET /healthz, however they ended
//	hits_total               GET and HEAD answered without the origin
//	misses_total             GET and HEAD that needed the origin, those with
//	                         Authorization left out
//	collapsed_total          of these, that shared the question of another
//	revalidations_total      questions that the origin answered 304
//	stale_total              answered stale because the origin failed or hangs
//	spared_total             of these, answered at once because it hangs: they
//	                         count as hits, the others as misses
//	passes_total             requests passed to the origin one by one, nothing kept
//	stored_total             answers put into the cache, validations included
//	fenced_total             questions under way when a purge came
//	unstored_total           answers that could have been kept but were not: fenced,
//	                         or too many variants
//	evictions_total          entries that left for want of room
//	purges_total             PURGE requests, relayed ones included
//	purged_entries_total     entries removed by purges, Flush and invalidation
//	purge_relay_failures_total  peers that a purge did not reach
//	failures_total           answered 5xx by the edge itself
//	overloads_total          of these, refused by a full CPU queue or too many in flight
//	client_aborts_total      the client left first
//	origin_requests_total    questions to the origin
//	origin_failures_total    of these, unanswered, broken off, or 500, 502, 503, 504
//	origin_bytes_total       bytes read from the origin, HTTP headers included
//	egress_bytes_total       bytes written to clients, HTTP headers included
//	egress_body_bytes_total  of these, bodies only
//	entries                  stored answers; each variant is one
//	bytes                    what they cost of the specification's bytes
//	in_flight                requests being served
//	open_connections         of clients
//	origin_connections       open to the origin
//	origin_hangs             1 when the last question got no answer in time
//
// The ratio of hits is hits_total / (hits_total + misses_total).
func (s *Server) Metrics() map[string]float64 {
	c := &s.counters
	entries, bytes, evictions := s.shelf.size()
	return map[string]float64{
		"requests_total": float64(c.requests.Load()), "hits_total": float64(c.hits.Load()),
		"misses_total": float64(c.misses.Load()), "collapsed_total": float64(c.collapsed.Load()),
		"revalidations_total": float64(c.revalidations.Load()), "stale_total": float64(c.stale.Load()),
		"passes_total": float64(c.passes.Load()), "stored_total": float64(c.stored.Load()),
		"fenced_total": float64(c.fenced.Load()), "unstored_total": float64(c.unstored.Load()),
		"evictions_total": float64(evictions), "purges_total": float64(c.purges.Load()),
		"purged_entries_total":       float64(c.purged.Load()),
		"purge_relay_failures_total": float64(c.relayFailures.Load()),
		"failures_total":             float64(c.failures.Load()), "overloads_total": float64(c.overloads.Load()),
		"client_aborts_total":   float64(c.aborts.Load()),
		"origin_requests_total": float64(c.originRequests.Load()), "origin_failures_total": float64(c.originFailures.Load()),
		"origin_bytes_total": float64(c.originBytes.Load()), "egress_bytes_total": float64(c.egressBytes.Load()),
		"egress_body_bytes_total": float64(c.egressBody.Load()),
		"entries":                 float64(entries), "bytes": float64(bytes),
		"in_flight": float64(len(s.slots)), "open_connections": float64(c.open.Load()),
		"origin_connections": float64(c.originOpen.Load()),
		"spared_total":       float64(c.spared.Load()), "origin_hangs": bit(s.suspicion.suspected()),
	}
}

func bit(set bool) float64 {
	if set {
		return 1
	}
	return 0
}

// Histograms returns request_duration_seconds: how long requests took from the
// end of their headers to the end of their answer, those that were refused and
// those that broke off among them; GET /healthz is left out. The bounds are
// 0.5 ms to 10 s in steps of 1, 2.5, 5.
func (s *Server) Histograms() map[string]targets.Histogram {
	return map[string]targets.Histogram{"request_duration_seconds": s.durations.histogram()}
}
