package balancer_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rung/targets"
	"rung/targets/asset"
	"rung/targets/balancer"
)

func TestSticky(t *testing.T) {
	servers := trio(t)
	spec := plainSpec()
	spec.Sticky = true
	s := newSite(t, spec, balancer.Config{}, servers...)
	first := s.get("/").want(t, 200)
	raw := first.Header.Get("Set-Cookie")
	if !regexp.MustCompile(`^rung_server=[0-9a-f]{16}; Path=/; HttpOnly; SameSite=Lax$`).MatchString(raw) {
		t.Fatalf("Set-Cookie is %q", raw)
	}
	cookie := strings.Split(raw, ";")[0]
	for range 9 {
		a := s.get("/", "Cookie", "session=1; "+cookie)
		if a.server() != first.server() || a.Header.Get("Set-Cookie") != "" {
			t.Fatalf("went to %s with new cookie %q", a.server(), a.Header.Get("Set-Cookie"))
		}
	}
	t.Run("cookies that name nobody", func(t *testing.T) {
		for _, bad := range []string{"rung_server=web-1", "rung_server=0000000000000000", "rung_server="} {
			if a := s.get("/", "Cookie", bad).want(t, 200); a.Header.Get("Set-Cookie") == "" {
				t.Errorf("cookie %q was taken", bad)
			}
		}
	})
	t.Run("drained", func(t *testing.T) {
		if err := s.Drain(first.server()); err != nil {
			t.Fatal(err)
		}
		a := s.get("/", "Cookie", cookie).want(t, 200)
		if a.server() == first.server() || a.Header.Get("Set-Cookie") == "" || strings.HasPrefix(a.Header.Get("Set-Cookie"), cookie) {
			t.Errorf("went to %s with new cookie %q", a.server(), a.Header.Get("Set-Cookie"))
		}
		if err := s.Undrain(first.server()); err != nil {
			t.Fatal(err)
		}
		if a := s.get("/", "Cookie", cookie); a.server() != first.server() {
			t.Errorf("went to %s after the end of the drain", a.server())
		}
	})
	t.Run("dead", func(t *testing.T) {
		spec.Retries = 1
		s := newSite(t, spec, balancer.Config{}, servers...) // tokens outlive a balancer
		if a := s.get("/", "Cookie", cookie); a.server() != first.server() {
			t.Fatalf("went to %s with the cookie of another balancer", a.server())
		}
		for _, u := range servers {
			if u.name == first.server() {
				u.kill()
			}
		}
		a := s.get("/", "Cookie", cookie).want(t, 200)
		if a.server() == first.server() || a.Header.Get("Set-Cookie") == "" {
			t.Errorf("went to %s with new cookie %q", a.server(), a.Header.Get("Set-Cookie"))
		}
	})
}

func TestDrain(t *testing.T) {
	var release atomic.Bool
	slow := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			eventually(t, "released", release.Load)
		}
	}
	a, b := newUpstream(t, "web-1", slow), newUpstream(t, "web-2", slow)
	s := newSite(t, plainSpec(), balancer.Config{}, a, b)
	held := make(chan answer, 1)
	go func() { res, _ := s.try("GET", "/slow", nil); held <- res }()
	s.metric("server_web-1_active", 1)
	if err := s.Drain("web-1"); err != nil {
		t.Fatal(err)
	}
	for range 10 {
		if got := s.get("/").want(t, 200); got.server() != "web-2" {
			t.Fatalf("a new request went to %s", got.server())
		}
	}
	s.metric("server_web-1_drained", 1)
	s.metric("server_web-1_up", 1)
	release.Store(true)
	if got := (<-held).want(t, 200); got.server() != "web-1" {
		t.Errorf("the request in flight was answered by %s", got.server())
	}
	if err := s.Drain("web-2"); err != nil {
		t.Fatal(err)
	}
	s.get("/").want(t, 503)
	s.get("/healthz").want(t, 503)
	if err := s.Drain("web-9"); err == nil {
		t.Error("an unknown server was drained")
	}
}

func TestSetServers(t *testing.T) {
	servers := trio(t)
	s := newSite(t, plainSpec(), balancer.Config{}, servers[:2]...)
	who := func() map[string]int {
		got := map[string]int{}
		for range 12 {
			got[s.get("/").want(t, 200).server()]++
		}
		return got
	}
	who()
	all := map[string]string{}
	for _, u := range servers {
		all[u.name] = u.address()
	}
	s.SetServers(all)
	all["web-1"] = "changed by the caller"
	got := who()
	if got["web-1"] < 3 || got["web-2"] < 3 || got["web-3"] < 3 {
		t.Errorf("after adding web-3 the spread is %v", got)
	}
	if s.Metrics()["server_web-1_requests_total"] <= 6 {
		t.Error("a server that stayed lost its counters")
	}
	if err := s.Drain("web-3"); err != nil {
		t.Fatal(err)
	}
	moved := newUpstream(t, "web-3", nil)
	s.SetServers(map[string]string{"web-2": servers[1].address(), "web-3": moved.address()})
	if got := who(); got["web-2"] != 12 {
		t.Errorf("web-1 has gone and web-3 is drained, but the spread is %v", got)
	}
	if err := s.Undrain("web-3"); err != nil {
		t.Fatal(err)
	}
	if got := who(); got["web-3"] < 5 || moved.hits.Load() != int64(got["web-3"]) {
		t.Errorf("the spread is %v, the new web-3 has %d", got, moved.hits.Load())
	}
	if _, ok := s.Metrics()["server_web-1_up"]; ok {
		t.Error("a server that has gone still has metrics")
	}
	s.SetServers(nil)
	s.get("/").want(t, 503)
}

func TestTLS(t *testing.T) {
	spec := plainSpec()
	spec.TLS, spec.Sticky = true, true
	s := newSite(t, spec, balancer.Config{Site: "shop.example.", Address: "127.0.0.1"}, newUpstream(t, "web-1", echoHeaders))
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(s.Certificate()) {
		t.Fatalf("no certificate in %q", s.Certificate())
	}
	for _, tt := range []struct {
		name   string
		h2     bool
		config *tls.Config
		major  int
		fails  bool
	}{
		{"http/2 by address", true, &tls.Config{RootCAs: roots}, 2, false},
		{"http/1.1 by address", false, &tls.Config{RootCAs: roots}, 1, false},
		{"by site", false, &tls.Config{RootCAs: roots, ServerName: "shop.example"}, 1, false},
		{"TLS 1.2", false, &tls.Config{RootCAs: roots, MaxVersion: tls.VersionTLS12}, 1, false},
		{"TLS 1.1", false, &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, 0, true},
		{"other site", false, &tls.Config{RootCAs: roots, ServerName: "evil.example"}, 0, true},
		{"without the certificate", false, &tls.Config{}, 0, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			transport := &http.Transport{TLSClientConfig: tt.config, ForceAttemptHTTP2: tt.h2}
			defer transport.CloseIdleConnections()
			res, err := (&http.Client{Transport: transport}).Get(s.secure)
			if tt.fails {
				if err == nil {
					res.Body.Close()
					t.Fatal("it was let in")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			var body bytes.Buffer
			_, _ = body.ReadFrom(res.Body)
			if res.ProtoMajor != tt.major || !strings.Contains(body.String(), `"X-Forwarded-Proto":["https"]`) {
				t.Errorf("protocol %s, headers %s", res.Proto, body.String())
			}
			if !strings.Contains(res.Header.Get("Set-Cookie"), "; Secure") {
				t.Errorf("cookie is %q: want it secure", res.Header.Get("Set-Cookie"))
			}
			if via := regexp.MustCompile(`"Via":\["(2|1\.1) lb"\]`); !via.MatchString(body.String()) {
				t.Errorf("no Via in %s", body.String())
			}
		})
	}
	s.get("/").want(t, 200) // the plain listener serves as well
}

// TestCertificateFollowsListener: without an address in the configuration, the
// certificate is for the listener's.
func TestCertificateFollowsListener(t *testing.T) {
	spec := plainSpec()
	spec.TLS = true
	s := newSite(t, spec, balancer.Config{Site: "shop.example"}, newUpstream(t, "web-1", nil))
	eventually(t, "the certificate covers the listener", func() bool {
		block, _ := pem.Decode(s.Certificate())
		if block == nil {
			t.Fatalf("no certificate in %q", s.Certificate())
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		return c.VerifyHostname("127.0.0.1") == nil && c.VerifyHostname("shop.example") == nil
	})
	if newSite(t, plainSpec(), balancer.Config{}, newUpstream(t, "web-1", nil)).Certificate() != nil {
		t.Error("there is a certificate without TLS")
	}
}

func TestRateLimit(t *testing.T) {
	var now atomic.Int64
	u := newUpstream(t, "web-1", nil)
	spec := plainSpec()
	spec.Limit = targets.RateLimit{Rate: 0.4, Burst: 3}
	s := newSite(t, spec, balancer.Config{Now: func() time.Time { return time.Unix(0, now.Load()) }}, u)
	for range 3 {
		s.get("/").want(t, 200)
	}
	a := s.get("/").want(t, http.StatusTooManyRequests)
	if got := a.Header.Get("Retry-After"); got != "3" { // 2.5 s, rounded up
		t.Errorf("Retry-After is %q, want 3", got)
	}
	now.Add(int64(2400 * time.Millisecond))
	if got := s.get("/").want(t, http.StatusTooManyRequests).Header.Get("Retry-After"); got != "1" {
		t.Errorf("Retry-After is %q, want 1", got)
	}
	now.Add(int64(100 * time.Millisecond))
	s.get("/").want(t, 200)
	s.get("/").want(t, http.StatusTooManyRequests)
	for range 10 {
		s.get("/healthz").want(t, 200)
	}
	s.metric("limited_total", 3)
	s.metric("requests_total", 7)
	s.metric("failures_total", 0)
	s.metric("limited_clients", 1)
	if u.hits.Load() != 4 {
		t.Errorf("%d requests reached the server, want 4", u.hits.Load())
	}
}

// TestStatic: the balancer's copies are the servers' files, headers included.
func TestStatic(t *testing.T) {
	sizes := []int{1 << 10, 10 << 10, 100 << 10, 1 << 20}
	u := newUpstream(t, "web-1", asset.Handler(sizes).ServeHTTP)
	spec := plainSpec()
	passed := newSite(t, spec, balancer.Config{}, u)
	spec.Static, spec.AssetSizes = true, sizes
	own := newSite(t, spec, balancer.Config{}, u)
	for i, size := range sizes {
		path := "/assets/" + targets.AssetName(i)
		before := u.hits.Load()
		a := own.get(path).want(t, 200)
		if u.hits.Load() != before {
			t.Fatalf("%s was asked from the server", path)
		}
		b := passed.get(path).want(t, 200)
		if a.body != b.body || a.body != string(asset.Bytes(i, size)) {
			t.Errorf("%s differs: %d and %d bytes", path, len(a.body), len(b.body))
		}
		for _, h := range []string{"Etag", "Cache-Control", "Content-Type", "Content-Length", "Accept-Ranges"} {
			if a.Header.Get(h) != b.Header.Get(h) || a.Header.Get(h) == "" {
				t.Errorf("%s: %s is %q here and %q there", path, h, a.Header.Get(h), b.Header.Get(h))
			}
		}
		if got := a.Header.Get("Server-Timing"); got != "lb-queue;dur=0, lb-cpu;dur=0" {
			t.Errorf("Server-Timing is %q", got)
		}
		own.get(path, "If-None-Match", a.Header.Get("Etag")).want(t, http.StatusNotModified)
	}
	own.get("/assets/none").want(t, 404)
	own.do("POST", "/assets/"+targets.AssetName(0), strings.NewReader("x")).want(t, 405)
	own.metric("static_total", 10)
}

func TestNewRefuses(t *testing.T) {
	good := func() (targets.Balancer, balancer.Config) {
		spec := plainSpec()
		spec.Servers = []string{"web-1"}
		return spec, balancer.Config{Role: "lb", Servers: map[string]string{"web-1": "127.0.0.1:1", "db": "127.0.0.1:2"}}
	}
	tests := []struct {
		name  string
		spoil func(*targets.Balancer, *balancer.Config)
		want  string
	}{
		{"nothing wrong", func(*targets.Balancer, *balancer.Config) {}, ""},
		{"no servers", func(s *targets.Balancer, _ *balancer.Config) { s.Servers = nil }, "no servers"},
		{"no address", func(s *targets.Balancer, _ *balancer.Config) { s.Servers = []string{"web-2"} }, `"web-2" has no address`},
		{"twice", func(s *targets.Balancer, _ *balancer.Config) { s.Servers = []string{"web-1", "web-1"} }, "twice"},
		{"policy", func(s *targets.Balancer, _ *balancer.Config) { s.Policy = "best" }, "unknown policy"},
		{"timeout", func(s *targets.Balancer, _ *balancer.Config) { s.Timeout = 0 }, "timeout"},
		{"retries", func(s *targets.Balancer, _ *balancer.Config) { s.Retries = -1 }, "retries"},
		{"demand", func(s *targets.Balancer, _ *balancer.Config) { s.Demand.Shape = "flat" }, "demand"},
		{"in flight", func(_ *targets.Balancer, c *balancer.Config) { c.MaxInFlight = -1 }, "in flight"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			spec, cfg := good()
			tt.spoil(&spec, &cfg)
			s, err := balancer.New(spec, cfg)
			if err == nil {
				s.Close()
			}
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("error is %v, want one with %q", err, tt.want)
			}
		})
	}
}

func TestLifecycle(t *testing.T) {
	u := newUpstream(t, "web-1", nil)
	spec := plainSpec()
	spec.Servers = []string{"web-1"}
	fresh := func() *balancer.Server {
		s, err := balancer.New(spec, balancer.Config{Role: "lb", Log: slog.New(slog.DiscardHandler), Servers: map[string]string{"web-1": u.address()}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		return s
	}
	t.Run("close twice, without serve", func(t *testing.T) {
		s := fresh()
		s.Close()
		s.Close()
		l := listen(t)
		if err := s.Serve(t.Context(), l, nil); err != nil {
			t.Errorf("serve: %v", err)
		}
		if _, err := net.Dial("tcp", l.Addr().String()); err == nil {
			t.Error("the listener is still open")
		}
	})
	t.Run("context ended before", func(t *testing.T) {
		s, ctx, cancel := fresh(), t.Context(), context.CancelFunc(nil)
		ctx, cancel = context.WithCancel(ctx)
		cancel()
		if err := s.Serve(ctx, listen(t), nil); err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	t.Run("serve twice", func(t *testing.T) {
		s := fresh()
		first, served := listen(t), make(chan error, 1)
		go func() { served <- s.Serve(t.Context(), first, nil) }()
		eventually(t, "it serves", func() bool {
			res, err := http.Get("http://" + first.Addr().String() + "/healthz")
			if err == nil {
				_ = res.Body.Close()
			}
			return err == nil
		})
		second := listen(t)
		if err := s.Serve(t.Context(), second, nil); err == nil {
			t.Error("it serves twice")
		}
		if _, err := net.Dial("tcp", second.Addr().String()); err == nil {
			t.Error("the second listener is still open")
		}
		s.Close()
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
		http.DefaultClient.CloseIdleConnections()
	})
	t.Run("listener fails", func(t *testing.T) {
		l := listen(t)
		_ = l.Close()
		if err := fresh().Serve(t.Context(), l, nil); err == nil {
			t.Error("a closed listener is no error")
		}
	})
	t.Run("TLS listener without TLS", func(t *testing.T) {
		if err := fresh().Serve(t.Context(), listen(t), listen(t)); err == nil {
			t.Error("it serves TLS without a certificate")
		}
	})
}

// TestGracefulEnd: when Serve's context ends, the request in flight is
// answered; after Close it is not.
func TestGracefulEnd(t *testing.T) {
	for _, hard := range []bool{false, true} {
		var release, arrived atomic.Bool
		u := newUpstream(t, "web-1", func(w http.ResponseWriter, r *http.Request) {
			arrived.Store(true)
			eventually(t, "released", func() bool { return release.Load() || r.Context().Err() != nil })
		})
		spec := plainSpec()
		spec.Servers = []string{"web-1"}
		s, err := balancer.New(spec, balancer.Config{Role: "lb", Log: slog.New(slog.DiscardHandler), Servers: map[string]string{"web-1": u.address()}})
		if err != nil {
			t.Fatal(err)
		}
		l := listen(t)
		ctx, cancel := context.WithCancel(t.Context())
		served := make(chan error, 1)
		go func() { served <- s.Serve(ctx, l, nil) }()
		transport := &http.Transport{}
		got := make(chan error, 1)
		go func() {
			res, err := (&http.Client{Transport: transport}).Get("http://" + l.Addr().String())
			if err == nil {
				_ = res.Body.Close()
			}
			got <- err
		}()
		eventually(t, "the request arrived", arrived.Load)
		if hard {
			s.Close()
		} else {
			cancel()
			eventually(t, "new clients are refused", func() bool {
				c, err := net.Dial("tcp", l.Addr().String())
				if err == nil {
					_ = c.Close()
				}
				return err != nil
			})
			release.Store(true)
		}
		if err := <-got; (err != nil) != hard {
			t.Errorf("hard=%v: the request in flight ended with %v", hard, err)
		}
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
		cancel()
		transport.CloseIdleConnections()
	}
}

// TestHandlerAlone: the balancer is a plain http.Handler too.
func TestHandlerAlone(t *testing.T) {
	u := newUpstream(t, "web-1", nil)
	s := newSite(t, plainSpec(), balancer.Config{}, u)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if w.Code != 200 || w.Body.String() != "web-1" {
		t.Errorf("answer is %d %q", w.Code, w.Body)
	}
	w = httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest("CONNECT", "/", nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("CONNECT gives %d", w.Code)
	}
}
