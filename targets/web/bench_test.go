package web_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"rung/targets/web"
)

// discard is a ResponseWriter that costs nothing.
type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
func (d *discard) WriteHeader(int)             {}

// BenchmarkHandler is the server's own cost of a request, without a wire.
func BenchmarkHandler(b *testing.B) {
	for _, path := range []string{"/users/7", "/customers/7/orders", "/assets/asset-01.bin", "/healthz"} {
		b.Run("path="+path, func(b *testing.B) {
			s := newServer(b, spec(), web.Config{Store: &memoryStore{timing: known()}})
			r := httptest.NewRequestWithContext(context.Background(), "GET", path, nil)
			w := &discard{header: http.Header{}}
			b.ReportAllocs()
			for b.Loop() {
				clear(w.header)
				s.ServeHTTP(w, r)
			}
		})
	}
}

// BenchmarkServe is the same request over a kept loopback connection, the
// client's cost included.
func BenchmarkServe(b *testing.B) {
	s := newServer(b, spec(), web.Config{Store: &memoryStore{timing: known()}})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	client := &http.Client{Transport: &http.Transport{}}
	b.ReportAllocs()
	for b.Loop() {
		resp, err := client.Get("http://" + l.Addr().String() + "/users/7")
		if err != nil {
			b.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
	client.CloseIdleConnections()
	cancel()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
}

// BenchmarkTiming formats one header.
func BenchmarkTiming(b *testing.B) {
	timing := web.Timing{Asked: true, Store: known()}
	buffer := make([]byte, 0, 256)
	b.ReportAllocs()
	for b.Loop() {
		buffer = timing.AppendTo(buffer[:0])
	}
}
