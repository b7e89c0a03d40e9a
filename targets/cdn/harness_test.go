package cdn_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rung/targets"
	"rung/targets/cdn"
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

// fakeClock is a clock that tests move.
type fakeClock struct{ ns atomic.Int64 }

func newClock() *fakeClock {
	c := &fakeClock{}
	c.ns.Store(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).UnixNano())
	return c
}

func (c *fakeClock) now() time.Time              { return time.Unix(0, c.ns.Load()).UTC() }
func (c *fakeClock) advance(d time.Duration)     { c.ns.Add(int64(d)) }
func (c *fakeClock) date(d time.Duration) string { return c.now().Add(d).Format(http.TimeFormat) }

// origin is a real server behind the edge. Its answers are dated by the fake
// clock.
type origin struct {
	*httptest.Server
	clock *fakeClock
	hits  atomic.Int64

	mu      sync.Mutex
	handler http.HandlerFunc
	last    http.Header // of the last request
}

func newOrigin(t testing.TB, clock *fakeClock, handler http.HandlerFunc) *origin {
	t.Helper()
	o := &origin{clock: clock, handler: handler}
	o.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o.hits.Add(1)
		o.mu.Lock()
		o.last = r.Header.Clone()
		handler := o.handler
		o.mu.Unlock()
		w.Header().Set("Date", clock.date(0))
		handler(w, r)
	}))
	t.Cleanup(o.Close)
	return o
}

func (o *origin) serve(handler http.HandlerFunc) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.handler = handler
}

func (o *origin) seen() http.Header {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.last
}

// reply answers a body with headers, given as names and values.
func reply(body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Add(header[i], header[i+1])
		}
		if tag := w.Header().Get("Etag"); tag != "" && r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = io.WriteString(w, body)
	}
}

// network dials roles by name.
type network struct {
	mu    sync.Mutex
	roles map[string]string
}

func (n *network) set(role, address string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.roles == nil {
		n.roles = map[string]string{}
	}
	n.roles[role] = address
}

var errNoWire = errors.New("no wire")

func (n *network) dial(ctx context.Context, role string) (net.Conn, error) {
	n.mu.Lock()
	address := n.roles[role]
	n.mu.Unlock()
	if address == "" {
		return nil, errNoWire
	}
	return new(net.Dialer).DialContext(ctx, "tcp", address)
}

// plainSpec has a time-out that no healthy test reaches.
func plainSpec() targets.Edge {
	return targets.Edge{Origin: "lb", Provider: "edge-a", Region: "eu", Bytes: 1 << 20, Timeout: 30 * time.Second, Connections: 64}
}

// edge is a serving edge and a client of it.
type edge struct {
	*cdn.Server
	t      testing.TB
	clock  *fakeClock
	net    *network
	url    string
	client *http.Client
}

func newEdge(t testing.TB, spec targets.Edge, o *origin) *edge {
	t.Helper()
	n := &network{}
	n.set("lb", o.Listener.Addr().String())
	return newEdgeOn(t, spec, cdn.Config{Role: "edge-a-eu", Now: o.clock.now}, n, o.clock)
}

func newEdgeOn(t testing.TB, spec targets.Edge, config cdn.Config, n *network, clock *fakeClock) *edge {
	t.Helper()
	config.Log = slog.New(slog.DiscardHandler)
	config.Dial = n.dial
	s, err := cdn.New(spec, config)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n.set(config.Role, l.Addr().String())
	transport := &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}
	e := &edge{Server: s, t: t, clock: clock, net: n, url: "http://" + l.Addr().String(),
		client: &http.Client{Transport: transport, Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	served := make(chan error, 1)
	go func() { served <- s.Serve(context.Background(), l) }()
	t.Cleanup(func() {
		_ = s.Close()
		transport.CloseIdleConnections()
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return e
}

// answer is a response that was read to its end.
type answer struct {
	*http.Response
	body string
}

func (a answer) status() string { return a.Header.Get("Cache-Status") }

// try makes one request; header is a list of names and values.
func (e *edge) try(method, path string, body io.Reader, header ...string) (answer, error) {
	r, err := http.NewRequest(method, e.url+path, body)
	if err != nil {
		return answer{}, err
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	res, err := e.client.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	content, err := io.ReadAll(res.Body)
	return answer{res, string(content)}, err
}

func (e *edge) do(method, path string, header ...string) answer {
	e.t.Helper()
	a, err := e.try(method, path, nil, header...)
	if err != nil {
		e.t.Fatal(err)
	}
	return a
}

func (e *edge) get(path string, header ...string) answer {
	e.t.Helper()
	return e.do("GET", path, header...)
}

// want fails unless the answer has that code, body and Cache-Status after the
// edge's name.
func (a answer) want(t testing.TB, code int, body, status string) answer {
	t.Helper()
	got := strings.TrimPrefix(a.status(), "edge-a-eu; ")
	if a.StatusCode != code || a.body != body || got != status {
		t.Fatalf("got %d %q %q, want %d %q %q", a.StatusCode, a.body, got, code, body, status)
	}
	return a
}

// metric fails unless the metric reaches that value; what ends a request is
// counted after its client has the answer.
func (e *edge) metric(name string, want float64) {
	e.t.Helper()
	eventually(e.t, fmt.Sprintf("%s = %v", name, want), func() bool {
		got, ok := e.Metrics()[name]
		if !ok {
			e.t.Fatalf("there is no metric %s", name)
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
