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
	census  *census
}

// deadliner is a transport that ends a request by its context's Deadline even
// if the context has no Done, and that is through with a small request when
// its answer was read. See package transport.
type deadliner interface{ KeepsDeadline() }

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
	one := c.flights.start(seq)
	one.request = c.source.Request(seq)
	next, base := c.next, c.base
	if c.route != nil {
		if t, b := c.route(&one.request); t != nil && b != nil {
			next, base = t, b
			c.census.know(next)
		}
	}
	if err := one.build(base, number); err != nil {
		one.err = err
		return nil, err
	}
	out, cancel := one.out, context.CancelFunc(nil)
	one.limit.deadline = time.Now().Add(c.timeout)
	if _, ok := next.(deadliner); !ok {
		// Its goroutines may hold the request beyond the answer.
		one.once = true
		var ctx context.Context
		ctx, cancel = context.WithDeadline(countDials(placeholder.Context(), c.dials), one.limit.deadline)
		out = out.WithContext(ctx)
	}
	response, err := next.RoundTrip(out)
	if err != nil {
		if cancel != nil {
			cancel()
		}
		one.err = err
		return nil, err
	}
	one.header = response.Header
	one.answer = payload{response.Body, one, cancel}
	response.Body = &one.answer
	return response, nil
}

// build makes the request that is sent.
func (f *flight) build(base *url.URL, number []string) error {
	r := &f.request
	if err := target(&f.url, base, r.Path); err != nil {
		return err
	}
	out := f.out
	out.Method, out.Host = r.Method, f.url.Host
	clear(f.sent)
	for key, values := range r.Header {
		f.sent[key] = values
	}
	f.sent[seqHeader] = number
	out.ContentLength, out.Body, out.GetBody = 0, nil, nil
	if len(r.Body) > 0 {
		f.once = true // a body can be in use longer than its answer
		body := r.Body
		out.ContentLength = int64(len(body))
		out.GetBody = func() (io.ReadCloser, error) {
			return io.NopCloser(bytes.NewReader(body)), nil
		}
		out.Body = io.NopCloser(bytes.NewReader(body))
	}
	return nil
}

// target makes the URL of a path. Plain paths need no parser.
func target(to, base *url.URL, path string) error {
	if !strings.HasPrefix(path, "/") {
		return fmt.Errorf("path %q does not start with /", path)
	}
	if strings.IndexByte(path, '%') >= 0 {
		parsed, err := url.ParseRequestURI(path)
		if err != nil {
			return fmt.Errorf("path %q: %w", path, err)
		}
		parsed.Scheme, parsed.Host = base.Scheme, base.Host
		*to = *parsed
		return nil
	}
	plain, query, _ := strings.Cut(path, "?")
	*to = url.URL{Scheme: base.Scheme, Host: base.Host, Path: plain, RawQuery: query}
	return nil
}
