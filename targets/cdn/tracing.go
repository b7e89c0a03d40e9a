package cdn

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

// begin gives a request its trace context, a child of the client's if it has
// one. It goes to the origin with what this request asks there.
func (t tracing) begin(v *visit) {
	if t.access == nil && t.sample <= 0 {
		return
	}
	if caller, ok := trace.FromHeader(v.r.Header); ok {
		v.trace = caller.Child()
	} else {
		v.trace = trace.New(rand.Float64() < t.sample)
	}
	v.traced = true
	v.r = v.r.WithContext(trace.With(v.r.Context(), v.trace))
}

// log writes the line of a request that is over. Status 499 says that the
// client left, or was left, before there was an answer.
func (t tracing) log(v *visit, whole bool, took time.Duration) {
	if t.access == nil {
		return
	}
	status := v.status
	switch {
	case status == 0 && whole:
		status = http.StatusOK // as net/http has it
	case status == 0:
		status = statusGone
	}
	line := append(make([]any, 0, 24),
		"method", cut(v.r.Method, loggedMethod), "path", cut(v.r.URL.Path, loggedPath), "status", status, "took_ns", took.Nanoseconds(),
		"bytes", v.sent)
	if v.outcome != "" {
		line = append(line, "cache", v.outcome)
	}
	if !whole {
		line = append(line, "aborted", true)
	}
	t.access.InfoContext(v.r.Context(), "request", append(line, v.trace.Attrs()...)...)
}

func cut(s string, most int) string { return s[:min(len(s), most)] }
