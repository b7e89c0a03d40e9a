package attack_test

import (
	"context"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"rung/bench"
)

// raw is a TCP server that does something to each connection.
func raw(t *testing.T, do func(*net.TCPConn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			do(c.(*net.TCPConn))
			c.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return "http://" + l.Addr().String()
}

func closed(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "http://" + l.Addr().String()
}

// hung answers when the client is gone.
func hung(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/body" {
		w.WriteHeader(200)
		w.(http.Flusher).Flush()
	}
	<-r.Context().Done()
}

func TestOutcomesAndCauses(t *testing.T) {
	status := serve(t, func(w http.ResponseWriter, r *http.Request) {
		code, _ := strconv.Atoi(r.URL.Path[1:])
		w.WriteHeader(code)
	}).URL
	slow := serve(t, hung).URL
	read := func(c *net.TCPConn) { _, _ = c.Read(make([]byte, 4096)) }
	for _, c := range []struct {
		name, url, path string
		code            int
		outcome         bench.Outcome
		cause           string
	}{
		{"200", status, "/200", 200, bench.OK, ""},
		{"204", status, "/204", 204, bench.OK, ""},
		{"a redirect is not followed", status, "/302", 302, bench.OK, ""},
		{"429", status, "/429", 429, bench.Refused, ""},
		{"401", status, "/401", 401, bench.LoggedOut, ""},
		{"404", status, "/404", 404, bench.Failed, "4xx"},
		{"503", status, "/503", 503, bench.Failed, "503"},
		{"599", status, "/599", 599, bench.Failed, "599"},
		{"no headers in time", slow, "/", 0, bench.Failed, "timeout"},
		{"no body in time", slow, "/body", 0, bench.Failed, "timeout"},
		{"closed port", closed(t), "/", 0, bench.Failed, "connection refused"},
		{"reset", raw(t, func(c *net.TCPConn) { read(c); _ = c.SetLinger(0) }), "/", 0, bench.Failed, "connection reset"},
		{"closed without an answer", raw(t, read), "/", 0, bench.Failed, "eof"},
		{"body cut short", raw(t, func(c *net.TCPConn) {
			read(c)
			_, _ = c.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc"))
		}), "/", 0, bench.Failed, "eof"},
		{"not HTTP", raw(t, func(c *net.TCPConn) { read(c); _, _ = c.Write([]byte("SSH-2.0-x\r\n")) }), "/", 0, bench.Failed, "other"},
		{"TLS to a plain server", strings.Replace(status, "http:", "https:", 1), "/200", 0, bench.Failed, "tls"},
		{"no such name", "http://nowhere.invalid:80", "/", 0, bench.Failed, "dns"},
	} {
		for kind, transport := range transports {
			t.Run(c.name+"/"+kind, func(t *testing.T) {
				r := newRigOn(t, c.url, transport(1))
				r.cfg.Timeout = 2 * time.Second
				if c.cause == "timeout" {
					r.cfg.Timeout = 100 * time.Millisecond
				}
				source := newSteady(c.path)
				samples, _, err := r.run(context.Background(), t, source, constant(t, 1000, time.Millisecond))
				if err != nil || len(samples) != 1 {
					t.Fatalf("%d samples, error %v", len(samples), err)
				}
				s := samples[0]
				if s.Code != c.code || s.Outcome != c.outcome || s.Cause != c.cause {
					t.Errorf("code %d, %v, cause %q; want %d, %v, %q", s.Code, s.Outcome, s.Cause, c.code, c.outcome, c.cause)
				}
				if source.observed[0] != c.code {
					t.Errorf("the source observed %d, want %d", source.observed[0], c.code)
				}
			})
		}
	}
}
