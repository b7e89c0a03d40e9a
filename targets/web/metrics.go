package web

import (
	"sync/atomic"

	"rung/targets"
)

// counters count what became of requests.
type counters struct {
	errors, refused, invalid, unauthorized, cancelled atomic.Int64
	sessionErrors, queueErrors                        atomic.Int64
	posts, photos, ordersViewed, logins               atomic.Int64
	connections, cookieBytes                          atomic.Int64
}

// Metrics returns the counters and gauges, named in Prometheus style:
//
//	requests_<operation>_total  requests by operation, whatever the answer
//	requests_audit_total        GET /posts
//	requests_audit_photos_total GET /photos
//	requests_health_total       GET /healthz
//	errors_total                answers 500, 502 and 504
//	refused_total               answers 503, by this server's CPU or its store
//	invalid_total               answers 400, 405, 413, and 404 of unknown
//	                            paths and files
//	unauthorized_total          answers 401
//	cancelled_total             requests whose client went away first
//	session_errors_total        answers 503, by the session store: it failed,
//	                            did not answer in time, or was busy
//	queue_errors_total          answers 503, by the queue that takes photos
//	posts_total                 posts acknowledged, those sent again included
//	photos_total                photos acknowledged: stored, or in the queue
//	orders_viewed_total         lists of orders answered
//	logins_total                logins acknowledged
//	daily_active_users          users seen since midnight UTC in sessions,
//	                            logins and writes that succeeded. A user who
//	                            comes to two servers is in both figures, so
//	                            they must not be added. At most 1,048,576
//	daily_active_users_full     1 while that bound is reached
//	sessions                    sessions held in this server's memory now
//	sessions_evicted_total      of those, dropped early to make room
//	session_cookie_bytes        length of the value of the latest cookie that
//	                            a login set; 0 before the first
//	asset_version               version of the static files
//	draining                    1 while health checks are made to fail
//	connections                 connections open now
func (s *Server) Metrics() map[string]float64 {
	held, evicted := s.sessions.Count()
	users, full := s.active.count(s.now())
	m := map[string]float64{
		"errors_total":            float64(s.counters.errors.Load()),
		"refused_total":           float64(s.counters.refused.Load()),
		"invalid_total":           float64(s.counters.invalid.Load()),
		"unauthorized_total":      float64(s.counters.unauthorized.Load()),
		"cancelled_total":         float64(s.counters.cancelled.Load()),
		"session_errors_total":    float64(s.counters.sessionErrors.Load()),
		"queue_errors_total":      float64(s.counters.queueErrors.Load()),
		"posts_total":             float64(s.counters.posts.Load()),
		"photos_total":            float64(s.counters.photos.Load()),
		"orders_viewed_total":     float64(s.counters.ordersViewed.Load()),
		"logins_total":            float64(s.counters.logins.Load()),
		"daily_active_users":      float64(users),
		"daily_active_users_full": gauge(full),
		"sessions":                float64(held),
		"sessions_evicted_total":  float64(evicted),
		"session_cookie_bytes":    float64(s.counters.cookieBytes.Load()),
		"asset_version":           float64(s.library.Version()),
		"draining":                gauge(s.draining.Load()),
		"connections":             float64(s.counters.connections.Load()),
	}
	for _, e := range s.routes.all {
		m["requests_"+e.name+"_total"] = float64(e.requests.Load())
	}
	return m
}

// Histograms returns how long operations took, in seconds from the end of the
// request's head until the answer, whatever it was, was written to the
// connection's buffer. The names hold a label in Prometheus' form, one for
// each operation:
//
//	request_duration_seconds{operation="user"}
func (s *Server) Histograms() map[string]targets.Histogram {
	out := map[string]targets.Histogram{}
	for _, e := range s.routes.all {
		if e.operation {
			out[`request_duration_seconds{operation="`+e.name+`"}`] = e.durations.histogram()
		}
	}
	return out
}

func gauge(on bool) float64 {
	if on {
		return 1
	}
	return 0
}

// seen notes a user who has been here today.
func (s *Server) seen(user int64) { s.active.see(user, s.now()) }
