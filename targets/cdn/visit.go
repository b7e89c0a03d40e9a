package cdn

import (
	"net/http"
	"time"

	"rung/targets/machine"
)

// visit is one request on its way through the edge.
type visit struct {
	http.ResponseWriter
	r    *http.Request
	ask  control
	span machine.Span
	sent int64 // body bytes to the client

	// Of the question to the origin, if there was one.
	asked  time.Time // by the real clock
	took   time.Duration
	timing []string // the origin's own Server-Timing
}

// Write counts the body.
func (v *visit) Write(p []byte) (int, error) {
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
