package monitor_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"rung/targets"
	"rung/targets/monitor"
	"rung/targets/telemetry"
)

// noon is when tests run.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// at is a time of the day of the tests, as a line has it.
func at(d time.Duration) string { return noon.Add(d).Format(time.RFC3339Nano) }

// failer is a test, or one try of a property.
type failer interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

type cleaner interface {
	failer
	Cleanup(func())
}

func make64(t cleaner, config monitor.Config) *monitor.Server {
	t.Helper()
	if config.Now == nil {
		config.Now = func() time.Time { return noon }
	}
	config.Role, config.Node = "monitor", "m1"
	s, err := monitor.New(targets.Monitor{Bytes: 64 << 20, Connections: 8}, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

type receipt struct {
	Kept, Invalid int
	Duplicate     bool
}

// send posts lines and wants them to be taken.
func send(t failer, h http.Handler, query string, lines ...string) receipt {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("POST", "/logs?"+query, strings.NewReader(strings.Join(lines, "\n"))))
	var got receipt
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusOK {
		t.Fatalf("status %d: %v: %s", w.Code, err, w.Body)
	}
	return got
}

// ask searches and returns the lines.
func ask(t failer, h http.Handler, query string) []string {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/logs?"+query, nil))
	if w.Code != http.StatusOK {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	var out []string
	for line := range strings.Lines(w.Body.String()) {
		out = append(out, strings.TrimSuffix(line, "\n"))
	}
	return out
}

func expect(t testing.TB, s *monitor.Server, want map[string]float64) {
	t.Helper()
	got := s.Metrics()
	for name, value := range want {
		if v, ok := got[name]; !ok || v != value {
			t.Errorf("%s is %v (%v), want %v", name, v, ok, value)
		}
	}
}

func TestNewErrors(t *testing.T) {
	for _, spec := range []targets.Monitor{{Bytes: 1<<16 - 1, Connections: 1}, {Bytes: 1 << 16}} {
		if _, err := monitor.New(spec, monitor.Config{Role: "m"}); err == nil {
			t.Errorf("%+v is taken", spec)
		}
	}
}

func TestPaths(t *testing.T) {
	s := make64(t, monitor.Config{})
	for _, tt := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/healthz", 200}, {"GET", "/", 200}, {"GET", "/logs", 200}, {"GET", "/metrics", 200}, {"HEAD", "/logs", 200},
		{"GET", "/nothing", 404}, {"PUT", "/logs", 405}, {"POST", "/", 405},
	} {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest(tt.method, tt.path, nil))
		if w.Code != tt.status {
			t.Errorf("%s %s: %d, want %d", tt.method, tt.path, w.Code, tt.status)
		}
	}
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestServe(t *testing.T) {
	s := make64(t, monitor.Config{})
	l := listen(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 2)
	go func() { ended <- s.Serve(ctx, l) }()
	client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	r, err := client.Get("http://" + l.Addr().String() + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != http.StatusOK {
		t.Errorf("status %d", r.StatusCode)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Serve ended with %v", err)
	}

	l = listen(t)
	go func() { ended <- s.Serve(t.Context(), l) }()
	r, err = client.Get("http://" + l.Addr().String() + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	for range 2 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := <-ended; err != nil {
		t.Errorf("Serve ended with %v", err)
	}
	if err := s.Serve(t.Context(), listen(t)); !errors.Is(err, monitor.ErrClosed) {
		t.Errorf("Serve after Close: %v", err)
	}
}

func TestServeFails(t *testing.T) {
	s := make64(t, monitor.Config{})
	l := listen(t)
	l.Close()
	if err := s.Serve(t.Context(), l); !errors.Is(err, net.ErrClosed) || !strings.Contains(err.Error(), "monitor") {
		t.Errorf("Serve of a closed listener: %v", err)
	}
}

// TestConnections holds that there are no more than allowed.
func TestConnections(t *testing.T) {
	s := make64(t, monitor.Config{})
	l := listen(t)
	go s.Serve(t.Context(), l)
	for i := range 9 {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(30 * time.Second))
		io.WriteString(c, "GET /healthz HTTP/1.1\r\nHost: m\r\n\r\n") // whether it came shows the answer
		_, err = io.ReadAtLeast(c, make([]byte, 15), 15)
		if served := err == nil; served != (i < 8) {
			t.Fatalf("connection %d served: %v", i+1, served)
		}
	}
	expect(t, s, map[string]float64{"connections_refused_total": 1})
}

// flaky breaks connections after some bytes, over and over.
type flaky struct {
	net.Conn
	left *int
	mu   *sync.Mutex
}

func (f flaky) Read(p []byte) (int, error) {
	n, err := f.Conn.Read(p)
	f.mu.Lock()
	defer f.mu.Unlock()
	if *f.left -= n; *f.left < 0 {
		*f.left = 700
		f.Conn.Close()
		return 0, io.ErrUnexpectedEOF
	}
	return n, err
}

// TestShipped follows lines from a node's logger to a search, over connections
// whose answers get lost: each is there once.
func TestShipped(t *testing.T) {
	s := make64(t, monitor.Config{Now: time.Now})
	l := listen(t)
	go s.Serve(t.Context(), l)
	left, mu := 300, sync.Mutex{}
	shipper := telemetry.NewShipper(telemetry.ShipperConfig{Node: "web-1", Interval: time.Millisecond,
		Dial: func(ctx context.Context) (net.Conn, error) {
			c, err := (&net.Dialer{}).DialContext(ctx, "tcp", l.Addr().String())
			return flaky{c, &left, &mu}, err
		}})
	defer shipper.Close()
	log := slog.New(slog.NewJSONHandler(shipper, nil)).With("role", "web")
	const lines = 200
	deadline := time.Now().Add(time.Minute)
	wait := func(n int) {
		for shipper.Metrics()["sent_total"] < float64(n) {
			if time.Now().After(deadline) {
				t.Fatalf("%v", shipper.Metrics())
			}
			<-time.After(time.Millisecond)
		}
	}
	for i := range lines {
		log.Info("photo", "number", i)
		if i%10 == 9 {
			wait(i + 1)
		}
	}
	got := ask(t, s, "node=web-1&role=web&msg=photo&order=oldest&limit=1000")
	if len(got) != lines {
		t.Fatalf("%d lines of %d", len(got), lines)
	}
	for i, line := range got {
		if !strings.Contains(line, fmt.Sprintf(`"number":%d}`, i)) {
			t.Errorf("line %d is %s", i, line)
		}
	}
	if m := shipper.Metrics(); m["failures_total"] == 0 || s.Metrics()["duplicates_total"] == 0 {
		t.Errorf("no answer was lost: %v", m)
	}
}
