package balancer_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rung/targets"
	"rung/targets/balancer"
)

// TestMain fails when goroutines are left over. It gives them a while: net/http
// waits half a second before it closes a connection whose request it did not
// read to the end.
func TestMain(m *testing.M) {
	code := m.Run()
	for range 20 {
		if err := goleak.Find(); err == nil {
			os.Exit(code)
		}
	}
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, "goroutines are left over:", err)
		code = 1
	}
	os.Exit(code)
}

// upstream is a real server behind the balancer. It answers its name.
type upstream struct {
	*httptest.Server
	name string
	hits atomic.Int64 // requests but health checks
	sick atomic.Bool  // health checks fail
}

// newUpstream starts a server; a nil handler answers the server's name.
func newUpstream(t testing.TB, name string, handler http.HandlerFunc) *upstream {
	t.Helper()
	u := &upstream{name: name}
	u.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Server", name)
		if r.URL.Path == "/healthz" {
			if u.sick.Load() {
				w.WriteHeader(http.StatusInternalServerError)
			}
			return
		}
		u.hits.Add(1)
		if handler != nil {
			handler(w, r)
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, name)
	}))
	t.Cleanup(u.kill)
	return u
}

func (u *upstream) address() string { return u.Listener.Addr().String() }

// kill ends the server as a SIGKILL would: every connection at once.
func (u *upstream) kill() {
	_ = u.Listener.Close()
	u.CloseClientConnections()
	u.Close()
}

// trio starts three servers that answer their names.
func trio(t testing.TB) []*upstream {
	t.Helper()
	return []*upstream{newUpstream(t, "web-1", nil), newUpstream(t, "web-2", nil), newUpstream(t, "web-3", nil)}
}

// site is a serving balancer and a client of it.
type site struct {
	*balancer.Server
	t      testing.TB
	url    string
	secure string
	client *http.Client
}

// plainSpec has no checks, no retries and a time-out that no healthy test
// reaches.
func plainSpec() targets.Balancer {
	return targets.Balancer{Policy: targets.PolicyRoundRobin, Timeout: 30 * time.Second}
}

func newSite(t testing.TB, spec targets.Balancer, cfg balancer.Config, upstreams ...*upstream) *site {
	t.Helper()
	if cfg.Servers == nil {
		cfg.Servers = map[string]string{}
	}
	for _, u := range upstreams {
		spec.Servers = append(spec.Servers, u.name)
		cfg.Servers[u.name] = u.address()
	}
	cfg.Role, cfg.Log = "lb", slog.New(slog.DiscardHandler)
	lb, err := balancer.New(spec, cfg)
	if err != nil {
		t.Fatal(err)
	}
	s := &site{Server: lb, t: t}
	plain := listen(t)
	s.url = "http://" + plain.Addr().String()
	var secure net.Listener
	if spec.TLS {
		secure = listen(t)
		s.secure = "https://" + secure.Addr().String()
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}
	s.client = &http.Client{Transport: transport}
	served := make(chan error, 1)
	go func() { served <- lb.Serve(context.Background(), plain, secure) }()
	t.Cleanup(func() {
		lb.Close()
		transport.CloseIdleConnections()
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return s
}

func listen(t testing.TB) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// answer is a response that was read to its end.
type answer struct {
	*http.Response
	body string
}

func (a answer) server() string { return a.Header.Get("X-Server") }

func (s *site) do(method, path string, body io.Reader, header ...string) answer {
	s.t.Helper()
	a, err := s.try(method, path, body, header...)
	if err != nil {
		s.t.Fatal(err)
	}
	return a
}

func (s *site) get(path string, header ...string) answer {
	s.t.Helper()
	return s.do("GET", path, nil, header...)
}

func (s *site) post(body string) answer {
	s.t.Helper()
	return s.do("POST", "/posts", strings.NewReader(body))
}

// try makes one request; header is a list of names and values.
func (s *site) try(method, path string, body io.Reader, header ...string) (answer, error) {
	r, err := http.NewRequest(method, s.url+path, body)
	if err != nil {
		return answer{}, err
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	res, err := s.client.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	content, err := io.ReadAll(res.Body)
	return answer{res, string(content)}, err
}

// want fails unless the answer has that status.
func (a answer) want(t testing.TB, status int) answer {
	t.Helper()
	if a.StatusCode != status {
		t.Fatalf("status is %d, want %d: %s", a.StatusCode, status, a.body)
	}
	return a
}

// metric fails unless the balancer's metric has that value, and waits for it a
// while, since what ends a request is counted after its client has the answer.
func (s *site) metric(name string, want float64) {
	s.t.Helper()
	eventually(s.t, fmt.Sprintf("%s = %v", name, want), func() bool {
		got, ok := s.Metrics()[name]
		if !ok {
			s.t.Fatalf("there is no metric %s", name)
		}
		return got == want
	})
}

// eventually polls for a condition. The bound is far beyond what any machine
// needs: only a wrong program reaches it.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.NewTimer(30 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("never came true: %s", what)
		}
	}
}
