package web

import "net/http"

type health struct {
	Status string `json:"status"`
}

// Drain makes health checks fail (true) or pass again (false). Requests are
// served all the same: it is the balancer that stops sending them.
func (s *Server) Drain(on bool) { s.draining.Store(on) }

// getHealth answers GET /healthz. It asks nothing of the emulated machine or
// of the store, so a slow store does not take every web server out of a
// balancer at once.
func (s *Server) getHealth(x *exchange, _ *endpoint, _ string) {
	if s.draining.Load() {
		x.reply(http.StatusServiceUnavailable, &health{"draining"})
		return
	}
	x.reply(http.StatusOK, &health{"ok"})
}
