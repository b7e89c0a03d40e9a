package transport_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rung/bench/transport"
)

func TestTLS(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.TLS.ServerName, r.Proto)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.EnableHTTP2 = true // which must not be chosen
	server.StartTLS()
	defer server.Close()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	for name, cfg := range map[string]*tls.Config{
		"trusted":     {RootCAs: roots, ServerName: "example.com", NextProtos: []string{"h2"}},
		"session":     {RootCAs: roots, ServerName: "example.com", ClientSessionCache: tls.NewLRUClientSessionCache(4)},
		"TLS 1.2":     {RootCAs: roots, ServerName: "example.com", MaxVersion: tls.VersionTLS12},
		"unknown":     nil,
		"wrong name":  {RootCAs: roots, ServerName: "example.net"},
		"by address":  {RootCAs: roots},
		"any is good": {InsecureSkipVerify: true},
	} {
		t.Run(name, func(t *testing.T) {
			for _, kind := range []string{"sockets", "opaque"} {
				var dials atomic.Int64
				c := clients[kind](counted(&dials), 1, cfg)
				for range 3 {
					got := ask(c, get(t, server.URL))
					bad := name == "unknown" || name == "wrong name"
					if bad != strings.HasPrefix(got, "error: ") {
						t.Errorf("%s: %s", kind, got)
					}
					if !bad && !strings.Contains(got, "HTTP/1.1") {
						t.Errorf("%s: %s", kind, got)
					}
				}
				if want := map[bool]int64{false: 1, true: 3}[name == "unknown" || name == "wrong name"]; dials.Load() != want {
					t.Errorf("%s: %d dials, want %d", kind, dials.Load(), want)
				}
				c.CloseIdleConnections()
			}
		})
	}
}

// The name of the URL is the one that is asked for and checked, and the
// answer says how it came.
func TestTLSNameOfURL(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.TLS.ServerName) }))
	defer server.Close()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	var dials atomic.Int64
	dial := counted(&dials)
	c := transport.New(transport.Config{TLS: &tls.Config{RootCAs: roots}, Dial: toward(dial, server.Listener.Addr().String())})
	defer c.CloseIdleConnections()
	response, err := c.RoundTrip(get(t, "https://example.com/"))
	if err != nil {
		t.Fatal(err)
	}
	if response.TLS == nil || !response.TLS.HandshakeComplete {
		t.Error("the answer does not know its handshake")
	}
	if got := look(response); !strings.Contains(got, `"example.com"`) {
		t.Error(got)
	}
}

// A server that closes an idle connection by the rules of TLS is noticed.
func TestTLSIdleConnectionClosedByServer(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") }))
	server.StartTLS()
	defer server.Close()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	for _, kind := range []string{"sockets", "opaque"} {
		var dials atomic.Int64
		c := clients[kind](counted(&dials), 1, &tls.Config{RootCAs: roots})
		first := ask(c, request(t, "POST", server.URL, nil))
		server.CloseClientConnections() // returns when they are closed
		if kind == "opaque" {
			<-time.After(50 * time.Millisecond) // see letLearn
		}
		if second := ask(c, request(t, "POST", server.URL, nil)); second != first || dials.Load() != 2 {
			t.Errorf("%s: %s, then %s by %d dials", kind, first, second, dials.Load())
		}
		c.CloseIdleConnections()
	}
}
