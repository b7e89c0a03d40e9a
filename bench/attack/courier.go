package attack

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"rung/bench"
)

// seqHeader is put on every request by vegeta. It stays on what is sent, so
// that a request can be followed through the stage.
const seqHeader = "X-Vegeta-Seq"

// courier sends the source's request of the number that vegeta put on its
// placeholder.
type courier struct {
	next    http.RoundTripper
	base    *url.URL
	route   func(*bench.Request) (http.RoundTripper, *url.URL)
	source  bench.Source
	timeout time.Duration
	flights *flights
	dials   *atomic.Int64
}

// RoundTrip implements http.RoundTripper. The time-out is kept here and not
// by http.Client, which would start a goroutine per request for a transport
// that it does not know.
func (c *courier) RoundTrip(placeholder *http.Request) (*http.Response, error) {
	number := placeholder.Header[seqHeader]
	if len(number) != 1 {
		return nil, fmt.Errorf("request without %s", seqHeader)
	}
	seq, err := strconv.ParseUint(number[0], 10, 64)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", seqHeader, err)
	}
	one := &flight{request: c.source.Request(seq)}
	c.flights.add(seq, one)

	ctx, cancel := context.WithTimeout(countDials(placeholder.Context(), c.dials), c.timeout)
	next, base := c.next, c.base
	if c.route != nil {
		if t, b := c.route(&one.request); t != nil && b != nil {
			next, base = t, b
		}
	}
	out, err := build(ctx, base, &one.request, number)
	if err != nil {
		cancel()
		one.err = err
		return nil, err
	}
	response, err := next.RoundTrip(out)
	if err != nil {
		cancel()
		one.err = err
		return nil, err
	}
	one.header = response.Header
	response.Body = &payload{response.Body, one, cancel}
	return response, nil
}

func build(ctx context.Context, base *url.URL, r *bench.Request, number []string) (*http.Request, error) {
	to, err := target(base, r.Path)
	if err != nil {
		return nil, err
	}
	out := (&http.Request{
		Method: r.Method, URL: to, Host: to.Host,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: make(http.Header, len(r.Header)+2),
	}).WithContext(ctx)
	for key, values := range r.Header {
		out.Header[key] = values
	}
	out.Header[seqHeader] = number
	if len(r.Body) > 0 {
		out.ContentLength = int64(len(r.Body))
		out.GetBody = func() (io.ReadCloser, error) {
			return io.NopCloser(bytes.NewReader(r.Body)), nil
		}
		out.Body = io.NopCloser(bytes.NewReader(r.Body))
	}
	return out, nil
}

// target makes the URL of a path. Plain paths need no parser.
func target(base *url.URL, path string) (*url.URL, error) {
	if !strings.HasPrefix(path, "/") {
		return nil, fmt.Errorf("path %q does not start with /", path)
	}
	if strings.IndexByte(path, '%') >= 0 {
		parsed, err := url.ParseRequestURI(path)
		if err != nil {
			return nil, fmt.Errorf("path %q: %w", path, err)
		}
		parsed.Scheme, parsed.Host = base.Scheme, base.Host
		return parsed, nil
	}
	plain, query, _ := strings.Cut(path, "?")
	return &url.URL{Scheme: base.Scheme, Host: base.Host, Path: plain, RawQuery: query}, nil
}
