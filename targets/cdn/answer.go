package cdn

import (
	"bytes"
	"encoding/json"
	"net/http"
	"time"

	"rung/targets/trace"
)

// sendFlight sends an entry whose body may still be on its way.
func (s *Server) sendFlight(v *visit, f *flight, now time.Time, st status) {
	if f.tape == nil || isPartial(v.r.Header) {
		select {
		case <-f.done:
		case <-v.r.Context().Done():
			panic(http.ErrAbortHandler)
		}
		v.took = time.Since(v.asked)
		if !f.whole {
			st.stored, st.hasTTL, st.detail = false, false, "origin-broke-off"
			s.fail(v, http.StatusBadGateway, "the origin's answer broke off", st)
			return
		}
		s.sendEntry(v, f.entry, now, st)
		return
	}
	s.head(v, f.entry, now, st)
	v.Header()["Content-Length"] = f.entry.length
	v.WriteHeader(f.entry.status)
	if v.r.Method == http.MethodHead {
		return
	}
	if f.tape.play(v.r.Context(), v) != nil {
		panic(http.ErrAbortHandler) // either end broke off: the client must see it
	}
}

// head sets the headers of an answer from the cache. The stored values are
// shared: they are replaced, never appended to.
func (s *Server) head(v *visit, e *entry, now time.Time, st status) {
	h := v.Header()
	for name, values := range e.header {
		h[name] = values
	}
	var scratch [160]byte
	h["Age"] = []string{string(appendInt(scratch[:0], floorSeconds(e.age(now))))}
	s.mark(v, st)
}

// sendEntry answers from a whole entry: conditions and ranges too.
func (s *Server) sendEntry(v *visit, e *entry, now time.Time, st status) {
	s.head(v, e, now, st)
	if e.status == http.StatusOK && isPartial(v.r.Header) {
		http.ServeContent(v, v.r, "", e.modified, bytes.NewReader(e.body))
		return
	}
	h := v.Header()
	if e.status == http.StatusOK {
		h["Accept-Ranges"] = byteRanges
	}
	if e.status != http.StatusNoContent {
		h["Content-Length"] = e.length
	}
	v.WriteHeader(e.status)
	if v.r.Method != http.MethodHead {
		_, _ = v.Write(e.body) // a failed write means that the client has gone
	}
}

var byteRanges = []string{"bytes"}

// mark sets Cache-Status and Server-Timing.
func (s *Server) mark(v *visit, st status) {
	h := v.Header()
	var scratch [256]byte
	b := scratch[:0]
	for _, line := range h["Cache-Status"] {
		b = append(append(b, line...), ", "...)
	}
	own := len(b)
	b = st.append(b, s.signer)
	h["Cache-Status"] = []string{string(b)}
	if s.tracing.access != nil {
		v.outcome = string(b[own+len(s.signer)+len("; "):])
	}
	if v.traced {
		h[trace.HeaderRequest] = []string{v.trace.Request}
	}
	b = appendMetric(scratch[:0], "edge-queue", v.span.Queued)
	b = append(b, ", "...)
	b = appendMetric(b, "edge-cpu", v.span.Served)
	if !v.asked.IsZero() {
		b = append(b, ", "...)
		b = appendMetric(b, "origin", v.took)
	}
	for _, line := range v.timing {
		b = append(append(b, ", "...), line...)
	}
	h["Server-Timing"] = []string{string(b)}
}

// fail is refuse for what the origin is to blame for.
func (s *Server) fail(v *visit, code int, why string, st status) {
	v.timing = nil
	s.refuse(v, code, why, st)
}

// refuse writes an answer of the edge's own, in JSON.
func (s *Server) refuse(v *visit, code int, why string, st status) {
	if code >= 500 {
		s.counters.failures.Add(1)
	}
	h := v.Header()
	h.Set("Cache-Control", "no-store")
	s.sign(h)
	if st.reason != "" {
		s.mark(v, st)
	} else {
		s.mark(v, status{reason: fwdBypass})
		h.Del("Cache-Status") // the cache had no say in it
		v.outcome = ""
	}
	s.writeJSON(v, code, problem{Error: why, Edge: s.role, Origin: s.spec.Origin, OriginStatus: st.code})
}

// problem is the body of an error.
type problem struct {
	Error        string `json:"error"`
	Edge         string `json:"edge"`
	Origin       string `json:"origin"`
	OriginStatus int    `json:"origin_status,omitempty"`
}

func (s *Server) writeJSON(v *visit, code int, value any) {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // plain structs always have a JSON form
	}
	v.Header().Set("Content-Type", "application/json")
	v.WriteHeader(code)
	if v.r.Method != http.MethodHead {
		_, _ = v.Write(append(text, '\n'))
	}
}
