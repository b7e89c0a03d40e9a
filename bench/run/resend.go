package run

import (
	"errors"
	"io"
	"net/http"
	"syscall"
)

// resender sends a request again, once, whose connection broke before it was
// answered, as browsers do. Only what may be repeated without harm is: GET
// and HEAD (RFC 9110, section 9.2.2).
type resender struct{ *http.Transport }

// RoundTrip implements http.RoundTripper.
func (r resender) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := r.Transport.RoundTrip(request)
	if err == nil || !broke(err) || request.Method != http.MethodGet && request.Method != http.MethodHead {
		return response, err
	}
	return r.Transport.RoundTrip(request)
}

// broke says that a connection that had been made was lost.
func broke(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}
