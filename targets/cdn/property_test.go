package cdn_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rung/targets/cdn"
)

// model is an origin with versions, and what an edge may say of them.
type model struct {
	mu       sync.Mutex // an origin's goroutine may outlive its answer
	clock    *fakeClock
	maxAge   time.Duration
	window   time.Duration // stale-if-error
	explicit bool          // the origin says its max-age itself
	down     string        // "", "503" or "broken"
	version  map[string]int
	// retired is when a version was replaced.
	retired map[string]time.Time
	purged  map[string]int // the version that was current at the last purge
}

func content(path string, version int) string {
	return path + " is at version " + strconv.Itoa(version)
}

func (m *model) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	w.Header().Set("Date", m.clock.date(0))
	switch m.down {
	case "503":
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	case "broken":
		panic(http.ErrAbortHandler)
	}
	if m.explicit {
		w.Header().Set("Cache-Control", fmt.Sprintf("max-age=%d, stale-if-error=%d", m.maxAge/s, m.window/s))
	}
	v := m.version[r.URL.Path]
	w.Header().Set("Vary", "Accept-Encoding")
	reply(content(r.URL.Path, v), "Etag", fmt.Sprintf(`"%d"`, v))(w, r)
}

// check looks at one answer: it must be a version that the origin had, and
// not one that was replaced longer ago than the windows allow.
func (m *model) check(t *rapid.T, path string, w *httptest.ResponseRecorder, ask string) {
	if w.Code == http.StatusServiceUnavailable || w.Code == http.StatusBadGateway {
		if m.down == "" {
			t.Fatalf("%s answered %d although the origin is up: %v", path, w.Code, w.Header())
		}
		return
	}
	body, ok := strings.CutPrefix(w.Body.String(), path+" is at version ")
	v, err := strconv.Atoi(body)
	if w.Code != 200 || !ok || err != nil || v < 1 || v > m.version[path] {
		t.Fatalf("%s answered %d %q: the origin never had that", path, w.Code, w.Body)
	}
	if v < m.purged[path] {
		t.Fatalf("%s answered version %d, which was purged at version %d", path, v, m.purged[path])
	}
	limit := m.maxAge
	if m.down != "" {
		limit += m.window
	}
	if ask == "no-cache" {
		limit = 0
		if m.down != "" {
			t.Fatalf("%s: a reload was answered while the origin is down", path)
		}
	}
	if v == m.version[path] {
		return
	}
	if old := m.clock.now().Sub(m.retired[content(path, v)]); old > limit || m.down == "" && old >= max(limit, 1) {
		t.Fatalf("%s answered version %d, %v after its end: at most %v is allowed, the origin is %q: %s",
			path, v, old, limit, m.down, w.Header().Get("Cache-Status"))
	}
}

// switchboard lets one listener serve one model after the other.
type switchboard struct{ now atomic.Pointer[http.Handler] }

func (b *switchboard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	(*b.now.Load()).ServeHTTP(w, r)
}

func TestNeverOlderThanAllowed(t *testing.T) {
	board := &switchboard{}
	server := httptest.NewServer(board)
	defer server.Close()
	dial := func(ctx context.Context, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", server.Listener.Addr().String())
	}
	rapid.Check(t, func(t *rapid.T) {
		m := &model{clock: newClock(), version: map[string]int{}, retired: map[string]time.Time{}, purged: map[string]int{}}
		m.maxAge = time.Duration(rapid.IntRange(0, 8).Draw(t, "max-age")) * s
		m.window = time.Duration(rapid.IntRange(0, 8).Draw(t, "window")) * s
		m.explicit = rapid.Bool().Draw(t, "explicit")
		var handler http.Handler = m
		board.now.Store(&handler)
		spec := plainSpec()
		spec.Bytes = 8_000 // an entry is about 800: some leave
		spec.TTL, spec.StaleIfError = m.maxAge, m.window
		e, err := cdn.New(spec, cdn.Config{Role: "edge", Dial: dial, Now: m.clock.now, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = e.Close() }()
		for range rapid.IntRange(5, 60).Draw(t, "steps") {
			m.step(t, e)
		}
	})
}

// step does one thing to the origin, the clock or the edge.
func (m *model) step(t *rapid.T, e *cdn.Server) {
	path := fmt.Sprint("/", rapid.IntRange(0, 5).Draw(t, "path"))
	if m.version[path] == 0 {
		m.mu.Lock()
		m.version[path] = 1
		m.mu.Unlock()
	}
	switch what := rapid.IntRange(0, 11).Draw(t, "what"); what {
	case 0:
		m.mu.Lock()
		defer m.mu.Unlock()
		m.retired[content(path, m.version[path])] = m.clock.now()
		m.version[path]++
	case 1, 2:
		m.clock.advance(time.Duration(rapid.IntRange(1, 4_000).Draw(t, "ms")) * time.Millisecond)
	case 3:
		m.mu.Lock()
		defer m.mu.Unlock()
		m.down = rapid.SampledFrom([]string{"", "", "503", "broken"}).Draw(t, "down")
	case 4:
		w := httptest.NewRecorder()
		e.ServeHTTP(w, httptest.NewRequest("PURGE", path, nil))
		if w.Code != 200 {
			t.Fatalf("purge: %d", w.Code)
		}
		m.purged[path] = m.version[path]
	default:
		r := httptest.NewRequest("GET", path, nil)
		ask := rapid.SampledFrom([]string{"", "", "", "no-cache", "max-age=2"}).Draw(t, "ask")
		if ask != "" {
			r.Header.Set("Cache-Control", ask)
		}
		r.Header.Set("Accept-Encoding", rapid.SampledFrom([]string{"gzip", "br"}).Draw(t, "encoding"))
		w := httptest.NewRecorder()
		e.ServeHTTP(w, r)
		m.check(t, path, w, ask)
		settleQuietly(e)
	}
	if got := e.Metrics()["bytes"]; got > 8_000 {
		t.Fatalf("%v bytes are held", got)
	}
}

// settleQuietly waits until what a client has is stored too.
func settleQuietly(e *cdn.Server) {
	for e.Asking() > 0 {
		runtime.Gosched()
	}
}
