package asset

import (
	"bytes"
	"net/http"
	"strconv"
	"time"
)

// Header values that never change. net/http only reads them.
var (
	typeBinary = []string{"application/octet-stream"}
	typeJSON   = []string{"application/json"}
	byteRanges = []string{"bytes"}
)

// File is what a library answers for one path, ready to be sent: a file at one
// version, or the manifest. It is a small value; what it points to is shared
// and must not be changed. The zero value is an empty body without headers.
type File struct {
	// Body is the whole content.
	Body []byte
	// Version is that of the content; the manifest's is the current one.
	Version int

	name                                         string
	kind, caching, etag, length, version, ranges []string
}

// newFile makes the header values of a content once.
func newFile(name string, kind []string, content []byte, version int) File {
	return File{
		Body: content, Version: version, name: name, kind: kind,
		etag:    []string{tag(content)},
		length:  []string{strconv.Itoa(len(content))},
		version: []string{strconv.Itoa(version)},
		ranges:  byteRanges,
	}
}

// ETag is the strong entity tag of the body, with its quotes.
func (f File) ETag() string { return first(f.etag) }

// CacheControl is the Cache-Control header that belongs to the path that was
// looked up.
func (f File) CacheControl() string { return first(f.caching) }

func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

// Send answers a GET or HEAD with the file: whole, in parts (Range), or 304
// when the client has it (RFC 9110, sections 13 and 14). It sets Content-Type,
// Cache-Control, Etag, Accept-Ranges, Content-Length and X-Asset-Version, and
// leaves other headers alone. The usual case is one write of the shared body
// and does not allocate. A failed write means that the client has gone, and
// is not reported.
func (f File) Send(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h["Content-Type"] = f.kind
	h["Cache-Control"] = f.caching
	h["Etag"] = f.etag
	h["X-Asset-Version"] = f.version
	if isPartial(r.Header) {
		// No modification time: the tag alone identifies the content.
		http.ServeContent(w, r, f.name, time.Time{}, bytes.NewReader(f.Body))
		return
	}
	h["Accept-Ranges"] = f.ranges
	h["Content-Length"] = f.length
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(f.Body)
	}
}

// isPartial says whether the request has a header that can change which bytes
// are sent.
func isPartial(h http.Header) bool {
	for _, name := range [...]string{"Range", "If-None-Match", "If-Match", "If-Range",
		"If-Modified-Since", "If-Unmodified-Since"} {
		if len(h[name]) > 0 {
			return true
		}
	}
	return false
}
