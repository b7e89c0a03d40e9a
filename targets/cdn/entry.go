package cdn

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"rung/targets/trace"
)

// overhead is what an entry costs besides its key, headers and body, and a
// header line besides its name and value.
const (
	overhead     = 512
	lineOverhead = 32
)

// entry is a stored answer. It never changes: a validation makes a new one.
type entry struct {
	key, variant string
	status       int
	header       http.Header // end-to-end only, without Age and Server-Timing
	body         []byte
	length       []string
	cost         int64

	etag, lastModified string
	modified           time.Time

	received   time.Time
	initialAge time.Duration
	lifetime   time.Duration
	// grace is how long after its lifetime it may be served when the origin
	// fails. Forbidden says that it must never be served stale.
	grace     time.Duration
	forbidden bool
	// ask says that it must be validated each time (no-cache).
	ask bool
}

// newEntry makes an entry of an answer's headers; the body comes later.
func newEntry(key, variant string, status int, header http.Header, x exchange, d defaults) *entry {
	e := &entry{
		key: key, variant: variant, status: status, header: header,
		etag: header.Get("Etag"), lastModified: header.Get("Last-Modified"),
		received: x.answered, initialAge: initialAge(header, x), grace: d.staleIfError,
	}
	if e.etag == "" || !strings.HasPrefix(e.etag, `"`) && !strings.HasPrefix(e.etag, `W/"`) {
		e.etag = ""
	}
	if at, err := http.ParseTime(e.lastModified); err == nil {
		e.modified = at
	} else {
		e.lastModified = ""
	}
	c := parseControl(header["Cache-Control"])
	e.lifetime, _ = lifetime(header, c, x, d.ttl)
	if c.staleIfError.set {
		e.grace = c.staleIfError.d
	}
	e.ask = c.noCache
	e.forbidden = c.mustRevalidate || c.proxyRevalidate || c.sMaxAge.set || c.noCache
	header.Del("Age")                   // it is computed for each answer
	delete(header, trace.HeaderRequest) // it is that of one request
	return e
}

// fill sets the body and what follows from it.
func (e *entry) fill(body []byte) {
	e.body = body
	e.length = []string{strconv.Itoa(len(body))}
	e.cost = e.frame() + int64(len(body))
}

// frame is the cost without the body.
func (e *entry) frame() int64 {
	n := overhead + 2*len(e.key) + 2*len(e.variant)
	for name, values := range e.header {
		for _, v := range values {
			n += lineOverhead + len(name) + len(v)
		}
	}
	return int64(n)
}

// refresh is the entry after the origin said 304: the body stays, the headers
// are those of the new answer where it has them (RFC 9111 3.2 and 4.3.4). Nil
// means that the answer is about another body.
func (e *entry) refresh(answer http.Header, x exchange, d defaults) *entry {
	if tag := answer.Get("Etag"); tag != "" && e.etag != "" && weak(tag) != weak(e.etag) {
		return nil
	}
	header := e.header.Clone()
	for name, values := range answer {
		switch name {
		case "Content-Length", "Content-Encoding", "Content-Type", "Content-Range":
		default:
			header[name] = values
		}
	}
	out := newEntry(e.key, e.variant, e.status, header, x, d)
	out.fill(e.body)
	return out
}

func weak(tag string) string { return strings.TrimPrefix(tag, "W/") }

// storable says whether an answer to a GET may be kept.
func storable(status int, header http.Header, ask control, x exchange) bool {
	c := parseControl(header["Cache-Control"])
	if c.noStore || c.private || ask.noStore || len(header["Set-Cookie"]) > 0 {
		return false
	}
	for _, line := range header["Vary"] {
		if strings.Contains(line, "*") {
			return false
		}
	}
	switch status {
	case http.StatusOK:
		return true
	case http.StatusNonAuthoritativeInfo, http.StatusNoContent, http.StatusMultipleChoices, http.StatusMovedPermanently,
		http.StatusPermanentRedirect, http.StatusNotFound, http.StatusGone:
		_, explicit := lifetime(header, c, x, 0)
		return explicit
	}
	return false
}
