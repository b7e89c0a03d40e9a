package endpoint_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rung/bench"
	"rung/bench/endpoint"
)

// roots of a test server, as PEM.
func roots(s *httptest.Server) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
}

// quiet keeps a server's complaints out of the test's output.
func quiet(s *httptest.Server) { s.Config.ErrorLog = log.New(io.Discard, "", 0) }

func TestTLS(t *testing.T) {
	t.Parallel()
	var names sync.Map
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		names.Store(r.TLS.ServerName+" "+r.Proto, true)
	}))
	quiet(s)
	s.StartTLS()
	defer s.Close()
	attack := func(settings endpoint.TLS) bench.Run {
		cfg := config(t, s.URL, "")
		cfg.Plan, cfg.TLS = constant(t, 100, 200*time.Millisecond), settings
		run, err := endpoint.Attack(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		return run
	}
	if run := attack(endpoint.TLS{Roots: roots(s), ServerName: "example.com"}); run.Stages[0].Common.Total.OK != 20 {
		t.Errorf("trusted: %+v", run.Stages[0].Common.Errors)
	}
	if _, asked := names.Load("example.com HTTP/1.1"); !asked {
		t.Error("the server was not asked for example.com by HTTP/1.1")
	}
	run := attack(endpoint.TLS{})
	if e := run.Stages[0].Common.Errors; len(e) != 1 || e[0].Cause != "tls" || e[0].Count != 20 || run.Verdict != bench.Fail {
		t.Errorf("not trusted: %+v, verdict %s", e, run.Verdict)
	}
	run = attack(endpoint.TLS{Insecure: true})
	if run.Stages[0].Common.Total.OK != 20 || len(run.Warnings) == 0 {
		t.Errorf("insecure: %+v, warnings %v", run.Stages[0].Common.Total, run.Warnings)
	}
}

// certificate makes a pair for clients, signed by itself.
func certificate(t *testing.T) (certificate, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "tester"}, NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw})
}

func TestClientCertificate(t *testing.T) {
	t.Parallel()
	own, key := certificate(t)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(own)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.TLS.PeerCertificates) == 0 || r.TLS.PeerCertificates[0].Subject.CommonName != "tester" {
			w.WriteHeader(http.StatusForbidden)
		}
	}))
	s.TLS = &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool}
	s.StartTLS()
	defer s.Close()
	cfg := config(t, s.URL, "")
	cfg.Plan = constant(t, 100, 100*time.Millisecond)
	cfg.TLS = endpoint.TLS{Roots: roots(s), Certificate: own, Key: key}
	run, err := endpoint.Attack(t.Context(), cfg)
	if err != nil || run.Stages[0].Common.Total.OK != 10 {
		t.Errorf("%v: %+v", err, run.Stages)
	}
	for _, wrong := range []endpoint.TLS{{Certificate: own}, {Key: key}, {Certificate: key, Key: own}, {Roots: []byte("none")}} {
		cfg.TLS = wrong
		if _, err := endpoint.Attack(t.Context(), cfg); !errors.Is(err, endpoint.ErrConfig) {
			t.Errorf("%d bytes of certificate, %d of key: %v", len(wrong.Certificate), len(wrong.Key), err)
		}
	}
}

// slowly answers by HTTP/2 only, each request after a while.
func slowly(others *atomic.Int64) http.HandlerFunc {
	return func(_ http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 2 {
			others.Add(1)
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-r.Context().Done():
		}
	}
}

// start serves by HTTP/2, in TLS or in clear.
func start(t *testing.T, h http.Handler, secure bool, streams int) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.Config.HTTP2 = &http.HTTP2Config{MaxConcurrentStreams: streams}
	if secure {
		s.EnableHTTP2 = true
		s.StartTLS()
	} else {
		s.Config.Protocols = new(http.Protocols)
		s.Config.Protocols.SetUnencryptedHTTP2(true)
		s.Start()
	}
	t.Cleanup(s.Close)
	return s
}

// TestHTTP2 has more requests due than a connection may carry at once: they
// wait, and no connection is opened beyond the limit.
func TestHTTP2(t *testing.T) {
	t.Parallel()
	for _, secure := range []bool{true, false} {
		var others atomic.Int64
		s := start(t, slowly(&others), secure, 100)
		cfg := config(t, s.URL, "")
		cfg.HTTP2, cfg.Connections, cfg.Plan, cfg.Warm = true, 1, constant(t, 2000, 200*time.Millisecond), 50*time.Millisecond
		if secure {
			cfg.TLS.Roots = roots(s)
		}
		run, err := endpoint.Attack(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		m := run.Stages[0].Common
		if m.Total.OK != 400 || others.Load() != 0 || run.Endpoint.Protocol != "HTTP/2" {
			t.Errorf("TLS %t: %d ok, %d by another protocol: %+v", secure, m.Total.OK, others.Load(), m.Errors)
		}
		if m.Generator.Dials > 1 || m.Generator.Sockets != 1 {
			t.Errorf("TLS %t: %d opened, %d open, 1 is allowed", secure, m.Generator.Dials, m.Generator.Sockets)
		}
		// 100 at once, each 100 ms: the last of 400 is due after 200 ms and
		// waits until three others are done.
		if m.Total.Service.Max < 190*time.Millisecond {
			t.Errorf("TLS %t: no request took over %v", secure, m.Total.Service.Max)
		}
	}
}

// TestHTTP2ServerWithFewStreams has the cap on connections broken by net/http,
// which must be said.
func TestHTTP2ServerWithFewStreams(t *testing.T) {
	t.Parallel()
	var others atomic.Int64
	s := start(t, slowly(&others), false, 5)
	cfg := config(t, s.URL, "")
	cfg.HTTP2, cfg.Connections, cfg.Plan, cfg.Warm = true, 1, constant(t, 200, 500*time.Millisecond), 50*time.Millisecond
	run, err := endpoint.Attack(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	m := run.Stages[0].Common
	if m.Total.OK != 100 || m.Generator.Sockets > 1 && len(m.Warnings) == 0 {
		t.Errorf("%d ok, %d open, warnings %v: %+v", m.Total.OK, m.Generator.Sockets, m.Warnings, m.Errors)
	}
}

func TestHTTP2OfAServerWithout(t *testing.T) {
	t.Parallel()
	s := httptest.NewUnstartedServer(http.HandlerFunc(ok))
	quiet(s)
	s.StartTLS()
	defer s.Close()
	cfg := config(t, s.URL, "")
	cfg.HTTP2, cfg.Plan, cfg.TLS.Roots = true, constant(t, 100, 100*time.Millisecond), roots(s)
	run, err := endpoint.Attack(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if total := run.Stages[0].Common.Total; total.OK != 0 || total.Failed != 10 {
		t.Errorf("%d ok, %d failed by HTTP/2 of a server that speaks HTTP/1.1 only", total.OK, total.Failed)
	}
}
