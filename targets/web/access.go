package web

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"time"

	"rung/targets/trace"
)

// pathBytes of a path are logged. The paths of operations are shorter, unless
// a client makes nonsense of them.
const pathBytes = 128

// identify says which request an answer belongs to. The server's work is a
// span of its own below the caller's.
func (s *Server) identify(r *http.Request) trace.Context {
	if c, ok := trace.FromHeader(r.Header); ok {
		return c.Child()
	}
	return trace.New(s.sample > 0 && rand.Float64() < s.sample)
}

// record takes down an operation that has been answered.
func (s *Server) record(x *exchange, e *endpoint) {
	took := time.Since(x.arrived)
	e.durations.observe(took)
	log := s.access
	if log == nil && x.trace.Sampled {
		log = s.log
	}
	ctx := context.Background()
	if log == nil || !log.Enabled(ctx, slog.LevelInfo) {
		return
	}
	fields := make([]any, 0, 16)
	fields = append(fields, "operation", e.name, "method", x.r.Method, "path", clip(x.r.URL.Path),
		"status", x.status, "took_ns", took.Nanoseconds())
	if x.user != 0 {
		fields = append(fields, "user", x.user)
	}
	log.InfoContext(ctx, "request", append(fields, x.trace.Attrs()...)...)
}

func clip(path string) string { return path[:min(len(path), pathBytes)] }

// statusWriter notes the status of an answer that others write.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader notes the first final status. One below 200 is an interim
// answer.
func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 && status >= http.StatusOK {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
