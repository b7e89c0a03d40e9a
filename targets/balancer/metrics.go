package balancer

import (
	"net"
	"net/http"
	"sync/atomic"

	"rung/targets"
)

// counters are the balancer's totals.
type counters struct {
	requests, retries, failures, limited, overloads, aborts, static, open atomic.Int64
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
//	requests_total       requests but GET /healthz, however they ended
//	retries_total        further tries
//	failures_total       answered 502, 503 or 504 by the balancer, or an answer broken off
//	overloads_total      of these, refused by a full CPU queue or too many in flight
//	limited_total        answered 429
//	client_aborts_total  the client left first
//	static_total         answered from the balancer's own files
//	ejections_total      times that a server was marked down
//	leaving_active       requests still at servers that SetServers took away:
//	                     at 0 they can be stopped
//	in_flight            requests being served
//	open_connections     of clients
//	limited_clients      clients with a token bucket
//
// and for each server by its name:
//
//	server_<name>_requests_total  tries sent there
//	server_<name>_failures_total  of these, failed before headers came
//	server_<name>_up              0 or 1
//	server_<name>_drained         0 or 1
//	server_<name>_active          requests there now
//	server_<name>_connections     open connections for requests
func (s *Server) Metrics() map[string]float64 {
	c := &s.counters
	out := map[string]float64{
		"requests_total":      float64(c.requests.Load()),
		"retries_total":       float64(c.retries.Load()),
		"failures_total":      float64(c.failures.Load()),
		"overloads_total":     float64(c.overloads.Load()),
		"limited_total":       float64(c.limited.Load()),
		"client_aborts_total": float64(c.aborts.Load()),
		"static_total":        float64(c.static.Load()),
		"in_flight":           float64(len(s.slots)),
		"open_connections":    float64(c.open.Load()),
		"limited_clients":     float64(s.limiter.known()),
	}
	s.fleet.measure(out)
	return out
}

// measure adds the fleet's part.
func (f *fleet) measure(out map[string]float64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	out["ejections_total"] = float64(f.ejections)
	out["leaving_active"] = float64(f.leaving)
	for _, b := range f.backends {
		prefix := "server_" + b.name + "_"
		out[prefix+"requests_total"] = float64(b.tries)
		out[prefix+"failures_total"] = float64(b.failures)
		out[prefix+"up"] = bit(!b.health.down)
		out[prefix+"drained"] = bit(b.drained)
		out[prefix+"active"] = float64(b.active)
		out[prefix+"connections"] = float64(b.connections.Load())
	}
}

// Histograms returns request_duration_seconds: how long requests took from the
// end of their headers to the end of their answer, those that were refused and
// those that broke off among them; GET /healthz is left out. The bounds are
// 0.5 ms to 10 s in steps of 1, 2.5, 5.
func (s *Server) Histograms() map[string]targets.Histogram {
	return map[string]targets.Histogram{"request_duration_seconds": s.durations.histogram()}
}

func bit(set bool) float64 {
	if set {
		return 1
	}
	return 0
}
