package trace

import (
	"encoding/hex"
	"net/http"
)

// The headers, in Go's canonical form.
const (
	HeaderParent  = "Traceparent"
	HeaderRequest = "X-Request-Id"
)

// FromHeader returns the context that a message came with: the caller's span,
// of which the receiver's own work is a Child. What is wrong in form counts
// as absent. Without a traceparent, a request id alone makes a trace (see
// TraceOf) that is sampled: someone asks for it by name. Without a request id,
// a traceparent's trace id in hexadecimal is the name.
//
// Besides Go's canonical form it reads the lower-case one, because NATS keeps
// headers as they were written.
func FromHeader(h http.Header) (Context, bool) {
	request := one(h, HeaderRequest, "x-request-id")
	if !Named(request) {
		request = ""
	}
	if parent := one(h, HeaderParent, "traceparent"); parent != "" {
		if c, err := Parse(parent); err == nil {
			if c.Request = request; request == "" {
				c.Request = hex.EncodeToString(c.Trace[:])
			}
			return c, true
		}
	}
	if request == "" {
		return Context{}, false
	}
	return Context{Trace: TraceOf(request), Span: newSpan(), Sampled: true, Request: request}, true
}

// one returns a header's value, or "" when it is there more than once: then
// nobody knows which one is meant.
func one(h http.Header, name, lower string) string {
	values := h[name]
	if len(values) == 0 {
		values = h[lower]
	}
	if len(values) != 1 {
		return ""
	}
	return values[0]
}

// Inject sets the headers that FromHeader reads, in place of those that are
// there. The zero Context sets none, and a request id that is not Named is
// left out.
func (c Context) Inject(h http.Header) {
	if !c.valid() {
		return
	}
	h[HeaderParent] = []string{c.String()}
	if Named(c.Request) {
		h[HeaderRequest] = []string{c.Request}
	}
}
