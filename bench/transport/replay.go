package transport

import (
	"errors"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// closeBody closes a request's body, as RoundTrip must even when it fails.
func closeBody(req *http.Request) {
	if req.Body != nil {
		req.Body.Close()
	}
}

func bodyless(req *http.Request) bool { return req.Body == nil || req.Body == http.NoBody }

// replayable reports whether a request that got no answer may be sent again:
// when it does no harm by its method or its key (RFC 9110, section 9.2.2), or
// when nothing of it was written.
func replayable(req *http.Request, unsent bool) bool {
	if !bodyless(req) && req.GetBody == nil {
		return false
	}
	switch req.Method {
	case "", http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return true
	}
	// Names for idempotency keys as net/http knows them.
	return unsent || req.Header["Idempotency-Key"] != nil || req.Header["X-Idempotency-Key"] != nil
}

// rewind returns the request with its body from the start.
func rewind(req *http.Request) (*http.Request, error) {
	if bodyless(req) {
		return req, nil
	}
	body, err := req.GetBody()
	if err != nil {
		return nil, err
	}
	again := *req
	again.Body = body
	return &again, nil
}

// wantsClose reports whether the request asks that its connection be closed.
func wantsClose(req *http.Request) bool {
	return req.Close || hasToken(req.Header["Connection"], "close")
}

// hasToken spares the common request, which has no such field, the search.
func hasToken(values []string, token string) bool {
	return len(values) > 0 && httpguts.HeaderValuesContainsToken(values, token)
}

// canonical returns the "host:port" to dial and the host's bare name.
func canonical(u *url.URL) (address, name string, err error) {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	name = u.Hostname()
	if !strings.Contains(name, ":") { // IPv6 addresses need no Punycode
		if name, err = httpguts.PunycodeHostPort(name); err != nil {
			return "", "", err
		}
	}
	return net.JoinHostPort(name, port), name, nil
}

// timeout reports whether err is a deadline of a connection.
func timeout(err error) bool {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return true
	}
	var named net.Error
	return errors.As(err, &named) && named.Timeout()
}
