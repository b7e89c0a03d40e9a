package web

import "sync/atomic"

// counters count what became of requests.
type counters struct {
	errors, refused, invalid, unauthorized, cancelled atomic.Int64
	connections                                       atomic.Int64
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
//	sessions                    sessions held now
//	sessions_evicted_total      sessions dropped early to make room
//	connections                 connections open now
func (s *Server) Metrics() map[string]float64 {
	held, evicted := s.sessions.Count()
	m := map[string]float64{
		"errors_total":           float64(s.counters.errors.Load()),
		"refused_total":          float64(s.counters.refused.Load()),
		"invalid_total":          float64(s.counters.invalid.Load()),
		"unauthorized_total":     float64(s.counters.unauthorized.Load()),
		"cancelled_total":        float64(s.counters.cancelled.Load()),
		"sessions":               float64(held),
		"sessions_evicted_total": float64(evicted),
		"connections":            float64(s.counters.connections.Load()),
	}
	for _, e := range s.routes.all {
		m["requests_"+e.name+"_total"] = float64(e.requests.Load())
	}
	return m
}
