package cdn

import (
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"rung/targets/trace"
)

// hopByHop are the headers of one connection (RFC 9110 7.6.1), and those that
// old software uses as such. Those that Connection names come on top.
var hopByHop = [...]string{"Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate",
	"Proxy-Authorization", "Te", "Trailer", "Transfer-Encoding", "Upgrade"}

// partialHeaders can change which bytes are sent. The origin is asked for
// whole answers: parts and conditions are answered from those.
var partialHeaders = [...]string{"Range", "If-None-Match", "If-Match", "If-Range", "If-Modified-Since", "If-Unmodified-Since"}

func isPartial(h http.Header) bool {
	for _, name := range partialHeaders {
		if len(h[name]) > 0 {
			return true
		}
	}
	return false
}

func removeHops(h http.Header) {
	for _, line := range h["Connection"] {
		for name := range strings.SplitSeq(line, ",") {
			h.Del(strings.TrimSpace(name))
		}
	}
	for _, name := range hopByHop {
		delete(h, name)
	}
}

// clean makes an origin's headers fit to be kept: end-to-end only, and with
// a Date (RFC 9110 6.6.1).
func clean(h http.Header, answered time.Time) {
	removeHops(h)
	if len(h["Date"]) == 0 {
		h.Set("Date", answered.UTC().Format(http.TimeFormat))
	}
	if len(h["Content-Type"]) == 0 {
		h["Content-Type"] = nil // so that net/http does not guess one
	}
	delete(h, "Content-Length") // it is set with the body
}

// sign marks an answer as having come through here.
func (s *Server) sign(h http.Header) {
	via := "1.1 " + s.role
	if had := h["Via"]; len(had) > 0 {
		via = strings.Join(had, ", ") + ", " + via
	}
	h["Via"] = []string{via}
	h["X-Served-By"] = s.servedBy
}

// outgoing is a client's request as the origin gets it.
func (s *Server) outgoing(r *http.Request) *http.Request {
	out := r.Clone(r.Context())
	out.URL.Scheme, out.URL.Host, out.URL.User = "http", "origin", nil
	out.RequestURI, out.Close = "", false
	if s.site != "" {
		out.Host = s.site
	}
	h := out.Header
	removeHops(h)
	delete(h, "Expect") // net/http has answered it by reading the body
	via := "1.1 " + s.role
	if r.ProtoMajor == 1 && r.ProtoMinor == 0 {
		via = "1.0 " + s.role
	}
	h.Set("Via", strings.Join(append(slices.Clip(h["Via"]), via), ", "))
	if ip, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		h.Set("X-Forwarded-For", strings.Join(append(slices.Clip(h["X-Forwarded-For"]), ip), ", "))
	}
	h.Set("X-Forwarded-Host", r.Host)
	if c, ok := trace.Of(r.Context()); ok {
		c.Inject(h) // the origin makes a child of its own
	}
	h.Set("X-Forwarded-Proto", "http")
	if len(h["User-Agent"]) == 0 {
		h["User-Agent"] = []string{""} // net/http would name itself
	}
	return out
}

func appendInt(b []byte, n int64) []byte { return strconv.AppendInt(b, n, 10) }

// appendMetric appends name;dur=ms, to the microsecond.
func appendMetric(b []byte, name string, d time.Duration) []byte {
	b = append(append(b, name...), ";dur="...)
	ms := float64(max(d, 0).Round(time.Microsecond)) / float64(time.Millisecond)
	return strconv.AppendFloat(b, ms, 'f', -1, 64)
}
