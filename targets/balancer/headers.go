package balancer

import (
	"net/http"
	"net/http/httputil"
	"slices"
	"strconv"
	"strings"
	"time"

	"rung/targets/trace"
)

// rewrite prepares the request for a backend. ReverseProxy has already taken
// away the hop-by-hop headers and every forwarding header of the client's own.
func (s *Server) rewrite(p *httputil.ProxyRequest) {
	p.SetXForwarded()
	p.Out.Header.Del("X-Real-Ip")
	// The balancer has answered the expectation by reading the body.
	p.Out.Header.Del("Expect")
	p.Out.Host = p.In.Host
	if x := exchangeOf(p.In.Context()); x.traced {
		x.trace.Inject(p.Out.Header) // the server makes a child of its own
	}
	appendList(p.Out.Header, "Via", version(p.In.ProtoMajor, p.In.ProtoMinor)+" "+s.role)
}

// decorate completes a backend's answer.
func (s *Server) decorate(res *http.Response) error {
	x := exchangeOf(res.Request.Context())
	appendList(res.Header, "Via", version(res.ProtoMajor, res.ProtoMinor)+" "+s.role)
	x.mark(res.Header)
	if s.forwarder.sticky && x.lease.token != x.token && !forEveryone(res.Header) {
		res.Header.Add("Set-Cookie", stick(x.lease.backend, x.secure).String())
	}
	return nil
}

// forEveryone says that shared caches may keep an answer. With a cookie they
// would not, or would give one user's to all; and a static file needs no
// server of its own.
func forEveryone(h http.Header) bool {
	for _, line := range h.Values("Cache-Control") {
		for directive := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(directive), "public") {
				return true
			}
		}
	}
	return false
}

// mark adds to an answer's headers what the balancer says of the exchange. It
// is done as late as that, because an informational answer clears headers that
// are there before it.
func (x *exchange) mark(h http.Header) {
	appendList(h, "Server-Timing", x.timing())
	if x.traced {
		h.Set(trace.HeaderRequest, x.trace.Request)
	}
}

// timing is the exchange's part of Server-Timing: the balancer's own time in
// lb-queue and lb-cpu, the answered try from dial to headers in upstream, and
// in lb-try the number of tries, if it took more than one. In milliseconds.
func (x *exchange) timing() string {
	out := "lb-queue;dur=" + milliseconds(x.span.Queued) + ", lb-cpu;dur=" + milliseconds(x.span.Served)
	if x.lease != nil {
		out += ", upstream;dur=" + milliseconds(x.took)
	}
	if x.tries > 1 {
		out += `, lb-try;desc="` + strconv.Itoa(x.tries) + `"`
	}
	return out
}

// milliseconds formats to the microsecond.
func milliseconds(d time.Duration) string {
	ms := float64(d.Round(time.Microsecond)) / float64(time.Millisecond)
	return strconv.FormatFloat(ms, 'f', -1, 64)
}

// appendList adds to a comma-separated header and leaves it as one line.
func appendList(h http.Header, key, value string) {
	h.Set(key, strings.Join(append(slices.Clip(h.Values(key)), value), ", "))
}

// version is the protocol version as Via has it.
func version(major, minor int) string {
	if major >= 2 {
		return strconv.Itoa(major)
	}
	return strconv.Itoa(major) + "." + strconv.Itoa(minor)
}
