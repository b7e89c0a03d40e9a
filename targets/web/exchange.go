package web

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"rung/targets/trace"
)

// keptBytes is the largest buffer that goes back to the pool.
const keptBytes = 64 << 10

// Header values that never change. net/http only reads them.
var (
	typeJSON   = []string{"application/json"}
	nosniff    = []string{"nosniff"}
	noStore    = []string{"no-store"}
	idleTiming = []string{string(Timing{}.AppendTo(nil))}
)

// exchange is one request and its answer. It is pooled, so that an answer
// costs few allocations.
type exchange struct {
	w       http.ResponseWriter
	r       *http.Request
	arrived time.Time
	trace   trace.Context
	timing  Timing
	// status of the answer, and the user it was about, 0 when nobody knows.
	status  int
	user    int64
	file    statusWriter
	body    bytes.Buffer
	encoder *json.Encoder
	scratch []byte
}

// problem is the body of an error.
type problem struct {
	Error string `json:"error"`
	// Field is what is wrong with the request, Allowed what would be right.
	Field   string `json:"field,omitempty"`
	Allowed string `json:"allowed,omitempty"`
}

func (s *Server) begin(w http.ResponseWriter, r *http.Request) *exchange {
	x := s.exchanges.Get().(*exchange)
	x.w, x.r, x.arrived = w, r, time.Now()
	x.trace = s.identify(r)
	h := w.Header()
	h[trace.HeaderRequest] = []string{x.trace.Request}
	if s.version != nil {
		h["X-Version"] = s.version
	}
	h["X-Served-By"] = s.servedBy
	h["X-Content-Type-Options"] = nosniff
	return x
}

func (s *Server) end(x *exchange) {
	x.w, x.r, x.timing = nil, nil, Timing{}
	x.status, x.user, x.file, x.trace = 0, 0, statusWriter{}, trace.Context{}
	if x.body.Cap() > keptBytes {
		return
	}
	x.body.Reset()
	s.exchanges.Put(x)
}

// seal sets the headers that are known only when the answer is.
func (x *exchange) seal() {
	if x.timing == (Timing{}) {
		x.w.Header()["Server-Timing"] = idleTiming
		return
	}
	x.scratch = x.timing.AppendTo(x.scratch[:0])
	x.w.Header()["Server-Timing"] = []string{string(x.scratch)}
}

// reply answers with v as JSON. v is one of this package's or the store's
// plain types, which always have a JSON form.
func (x *exchange) reply(status int, v any) {
	x.body.Reset()
	if err := x.encoder.Encode(v); err != nil {
		panic(err)
	}
	x.seal()
	h := x.w.Header()
	h["Content-Type"] = typeJSON
	h["Content-Length"] = []string{strconv.Itoa(x.body.Len())}
	x.status = status
	x.w.WriteHeader(status)
	// A failed write means that the client has gone.
	_, _ = x.w.Write(x.body.Bytes())
}

func (x *exchange) problem(status int, p problem) { x.reply(status, &p) }
