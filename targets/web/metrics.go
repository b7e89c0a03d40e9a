package web

import "sync/atomic"

// counters count what became of requests.
type counters struct {
	errors, refused, invalid, unauthorized, cancelled atomic.Int64
	sessionErrors                                     atomic.Int64
	connections, cookieBytes                          atomic.Int64
}

// Metrics returns the counters and gauges, named in Prometheus style:
//
//	requests_<operation>_total  requests by operation, whatever the answer
//	requests_audit_total        GET /posts
//	requests_health_total       GET /healthz
//	errors_total                answers 500, 502 and 504
//	refused_total               answers 503, by this server's CPU or its store
//	invalid_total               answers 400, 405, 413, and 404 of unknown
//	                            paths and files
//	unauthorized_total          answers 401
//	cancelled_total             requests whose client went away first
//	session_errors_total        answers 503, by the session store: it failed,
//	                            did not answer in time, or was busy
//	sessions                    sessions held in this server's memory now
//	sessions_evicted_total      of those, dropped early to make room
//	session_cookie_bytes        length of the value of the latest cookie that
//	                            a login set; 0 before the first
//	asset_version               version of the static files
//	draining                    1 while health checks are made to fail
//	connections                 connections open now
func (s *Server) Metrics() map[string]float64 {
	held, evicted := s.sessions.Count()
	m := map[string]float64{
		"errors_total":           float64(s.counters.errors.Load()),
		"refused_total":          float64(s.counters.refused.Load()),
		"invalid_total":          float64(s.counters.invalid.Load()),
		"unauthorized_total":     float64(s.counters.unauthorized.Load()),
		"cancelled_total":        float64(s.counters.cancelled.Load()),
		"session_errors_total":   float64(s.counters.sessionErrors.Load()),
		"sessions":               float64(held),
		"sessions_evicted_total": float64(evicted),
		"session_cookie_bytes":   float64(s.counters.cookieBytes.Load()),
		"asset_version":          float64(s.library.Version()),
		"draining":               0,
		"connections":            float64(s.counters.connections.Load()),
	}
	if s.draining.Load() {
		m["draining"] = 1
	}
	for _, e := range s.routes.all {
		m["requests_"+e.name+"_total"] = float64(e.requests.Load())
	}
	return m
}
