package cdn

import (
	"net/http"
	"time"

	"rung/targets/machine"
	"rung/targets/trace"
)

// visit is one request on its way through the edge.
type visit struct {
	http.ResponseWriter
	r    *http.Request
	ask  control
	span machine.Span
	sent int64 // body bytes to the client

	status  int    // of the answer, 0 as long as there is none
	outcome string // Cache-Status without the edge's name, when lines are logged
	traced  bool   // trace is set
	trace   trace.Context

	// Of the question to the origin, if there was one.
	asked  time.Time // by the real clock
	took   time.Duration
	timing []string // the origin's own Server-Timing
}

// WriteHeader notes the status.
func (v *visit) WriteHeader(status int) {
	if v.status == 0 && status >= 200 {
		v.status = status
	}
	v.ResponseWriter.WriteHeader(status)
}

// Write counts the body. It implies status 200, as in net/http.
func (v *visit) Write(p []byte) (int, error) {
	if v.status == 0 {
		v.status = http.StatusOK
	}
	n, err := v.ResponseWriter.Write(p)
	v.sent += int64(n)
	return n, err
}

// Flush sends what is buffered.
func (v *visit) Flush() {
	if f, ok := v.ResponseWriter.(http.Flusher); ok {
		f.Flush()
	}
}
