package balancer

import (
	"log/slog"
	"math/rand/v2"
	"net/http"
	"time"

	"rung/targets/trace"
)

// Bounds of what a log line takes of a request, in bytes.
const (
	loggedMethod = 16
	loggedPath   = 256
)

// statusGone is nginx's status for a client that left before its answer.
const statusGone = 499

// tracing gives requests their trace context and writes their log lines. The
// zero value does neither: what came with a request then passes as it is.
type tracing struct {
	access *slog.Logger
	sample float64
}

func (t tracing) on() bool { return t.access != nil || t.sample > 0 }

// begin gives a request its trace context, a child of the client's if it has
// one.
func (t tracing) begin(r *http.Request, x *exchange) {
	if !t.on() {
		return
	}
	if caller, ok := trace.FromHeader(r.Header); ok {
		x.trace = caller.Child()
	} else {
		x.trace = trace.New(rand.Float64() < t.sample)
	}
	x.traced = true
}

// log writes the line of a request that is over. Status 499 says that the
// client left, or was left, before there was an answer.
func (t tracing) log(r *http.Request, x *exchange, w *watcher, took time.Duration) {
	status := w.status
	switch {
	case status == 0 && w.whole:
		status = http.StatusOK // as net/http has it
	case status == 0:
		status = statusGone
	}
	line := append(make([]any, 0, 24),
		"method", cut(r.Method, loggedMethod), "path", cut(r.URL.Path, loggedPath), "status", status, "took_ns", took.Nanoseconds())
	if x.server != "" {
		line = append(line, "server", x.server)
	}
	if x.tries > 1 {
		line = append(line, "tries", x.tries)
	}
	if !w.whole {
		line = append(line, "aborted", true)
	}
	t.access.InfoContext(r.Context(), "request", append(line, x.trace.Attrs()...)...)
}

func cut(s string, most int) string { return s[:min(len(s), most)] }

// watcher sees the status of an answer.
type watcher struct {
	http.ResponseWriter
	status int  // 0 as long as there is none
	whole  bool // the handler came to its end
}

// WriteHeader notes a final status.
func (w *watcher) WriteHeader(status int) {
	if w.status == 0 && (status >= 200 || status == http.StatusSwitchingProtocols) {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implies status 200, as in net/http.
func (w *watcher) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController reach the rest.
func (w *watcher) Unwrap() http.ResponseWriter { return w.ResponseWriter }
