package transport

import (
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// agent is what net/http calls itself in requests that name nobody else.
const agent = "Go-http-client/1.1"

// plainFields is the most header fields that a plain request has.
const plainFields = 16

// hostField is the Host field of requests to a URL: "" if net/http must say.
func hostField(u *url.URL) string {
	host, err := httpguts.PunycodeHostPort(u.Host)
	if err != nil || host != u.Host || strings.Contains(host, "%") || !httpguts.ValidHostHeader(host) {
		return ""
	}
	return host
}

// appendHead appends a plain request, byte for byte as Request.Write writes
// it, in a quarter of the time: one without a body, for the URL's own host. False
// means that the request is not plain. The request has passed check.
func appendHead(to []byte, req *http.Request, host string) ([]byte, bool) {
	if !bodyless(req) || req.ContentLength != 0 || req.Trailer != nil || len(req.TransferEncoding) > 0 ||
		host == "" || req.Host != "" && req.Host != host || req.URL.Host != host || len(req.Header) > plainFields ||
		req.Close && req.Header["Connection"] != nil {
		return to, false
	}
	at := req.URL.RequestURI()
	for i := range len(at) {
		if at[i] < ' ' || at[i] == 0x7f {
			return to, false
		}
	}
	method := req.Method
	if method == "" {
		method = http.MethodGet
	}
	to = append(append(append(append(to, method...), ' '), at...), " HTTP/1.1\r\nHost: "...)
	to = append(append(to, host...), "\r\n"...)
	name := agent
	if own, ok := req.Header["User-Agent"]; ok {
		name = ""
		if len(own) > 0 {
			name = textproto.TrimString(own[0])
		}
	}
	if name != "" {
		to = appendField(to, "User-Agent", name)
	}
	if req.Close {
		to = appendField(to, "Connection", "close")
	}
	if method == http.MethodPost || method == http.MethodPut || method == http.MethodPatch {
		to = appendField(to, "Content-Length", "0")
	}
	return append(appendFields(to, req.Header), "\r\n"...), true
}

// appendFields appends the header fields that are the caller's to say, by
// name.
func appendFields(to []byte, header http.Header) []byte {
	var space [plainFields]string
	names := space[:0]
	for name := range header {
		switch name {
		case "Host", "User-Agent", "Content-Length", "Transfer-Encoding", "Trailer":
		default:
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range header[name] {
			to = appendField(to, name, textproto.TrimString(value))
		}
	}
	return to
}

func appendField(to []byte, name, value string) []byte {
	return append(append(append(append(to, name...), ": "...), value...), "\r\n"...)
}
