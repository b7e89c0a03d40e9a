package balancer_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"rung/targets"
	"rung/targets/balancer"
	"rung/targets/trace"
)

// book is an access log that a test reads.
type book struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *book) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *book) logger() *slog.Logger { return slog.New(slog.NewJSONHandler(b, nil)) }

// lines waits for n of them, since a line is written after the answer.
func (b *book) lines(t *testing.T, n int) []map[string]any {
	t.Helper()
	var out []map[string]any
	eventually(t, fmt.Sprint(n, " log lines"), func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		out = nil
		for line := range strings.Lines(b.text.String()) {
			fields := map[string]any{}
			if err := json.Unmarshal([]byte(line), &fields); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			out = append(out, fields)
		}
		return len(out) >= n
	})
	return out
}

const (
	parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	quiet  = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
	family = "0af7651916cd43dd8448eb211c80319c"
)

// TestTraceGoesThrough: what the server gets and what the client is told.
func TestTraceGoesThrough(t *testing.T) {
	for _, row := range []struct {
		name    string
		access  bool
		sample  float64
		header  []string
		sampled bool
		trace   string // "" is a new one
		request string // "" is the trace id
	}{
		{"the client's", true, 0, []string{"Traceparent", parent, "X-Request-Id", "order 7"}, true, family, "order 7"},
		{"the client's, not sampled, stays so", true, 1, []string{"Traceparent", quiet}, false, family, ""},
		{"a request id asks by name", true, 0, []string{"X-Request-Id", "order-7"}, true, "", "order-7"},
		{"a request id that is a trace id", false, 1, []string{"X-Request-Id", family}, true, family, ""},
		{"new", true, 0, nil, false, "", ""},
		{"new and sampled", false, 1, nil, true, "", ""},
		{"garbage is replaced", true, 0, []string{"Traceparent", "00-00", "X-Request-Id", "a\x80b"}, false, "", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			var got http.Header
			u := newUpstream(t, "web-1", func(w http.ResponseWriter, r *http.Request) {
				got = r.Header.Clone()
				w.Header().Set("X-Request-Id", "the server's own")
			})
			log := &book{}
			cfg := balancer.Config{Sample: row.sample}
			if row.access {
				cfg.Access = log.logger()
			}
			s := newSite(t, plainSpec(), cfg, u)
			a := s.get("/users/1", row.header...).want(t, 200)
			sent, ok := trace.FromHeader(got)
			if !ok || sent.Sampled != row.sampled {
				t.Fatalf("the server got %v, want sampled %v", got, row.sampled)
			}
			if row.trace != "" && fmt.Sprintf("%x", sent.Trace) != row.trace {
				t.Errorf("trace %x, want %s", sent.Trace, row.trace)
			}
			if strings.Contains(parent, fmt.Sprintf("%x", sent.Span)) {
				t.Error("the span is the client's")
			}
			want := row.request
			if want == "" {
				want = fmt.Sprintf("%x", sent.Trace)
			}
			if sent.Request != want || len(a.Header.Values("X-Request-Id")) != 1 || a.Header.Get("X-Request-Id") != want {
				t.Errorf("request id: server got %q, client got %q, want %q", sent.Request, a.Header.Values("X-Request-Id"), want)
			}
			if !row.access {
				return
			}
			line := log.lines(t, 1)[0]
			if line["trace_id"] != fmt.Sprintf("%x", sent.Trace) || line["span_id"] != fmt.Sprintf("%x", sent.Span) || line["request_id"] != want {
				t.Errorf("line %v, the server got %v", line, sent)
			}
		})
	}
}

// TestWithoutTracing: what came passes as it is, in both directions, and
// nothing is added.
func TestWithoutTracing(t *testing.T) {
	var got http.Header
	u := newUpstream(t, "web-1", func(w http.ResponseWriter, r *http.Request) {
		got = r.Header.Clone()
		w.Header().Set("X-Request-Id", "the server's own")
	})
	s := newSite(t, plainSpec(), balancer.Config{}, u)
	a := s.get("/", "Traceparent", parent, "X-Request-Id", "7").want(t, 200)
	if got.Get("Traceparent") != parent || got.Get("X-Request-Id") != "7" || a.Header.Get("X-Request-Id") != "the server's own" {
		t.Errorf("server got %v, client got %v", got, a.Header)
	}
	s.get("/").want(t, 200)
	if got.Get("Traceparent") != "" || got.Get("X-Request-Id") != "" {
		t.Errorf("server got %v", got)
	}
}

// TestSampleShare: of new contexts about that share is sampled. With 400 draws
// of 0.25 the count is outside 60 to 140 once in a million runs.
func TestSampleShare(t *testing.T) {
	sampled := 0
	u := newUpstream(t, "web-1", func(w http.ResponseWriter, r *http.Request) {
		if c, ok := trace.FromHeader(r.Header); ok && c.Sampled {
			sampled++
		}
	})
	s := newSite(t, plainSpec(), balancer.Config{Sample: 0.25}, u)
	for range 400 {
		s.get("/").want(t, 200)
	}
	if sampled < 60 || sampled > 140 {
		t.Errorf("%d of 400 are sampled", sampled)
	}
}

func TestSampleIsChecked(t *testing.T) {
	for _, share := range []float64{-0.1, 1.1, math.NaN()} {
		spec := plainSpec()
		spec.Servers = []string{"web-1"}
		if _, err := balancer.New(spec, balancer.Config{Servers: map[string]string{"web-1": "127.0.0.1:1"}, Sample: share}); err == nil {
			t.Errorf("a share of %v is accepted", share)
		}
	}
}

// TestAccessLines: one for each request, however it ended.
func TestAccessLines(t *testing.T) {
	u := newUpstream(t, "web-1", func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/missing":
			w.WriteHeader(http.StatusNotFound)
		case "/hints":
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(http.StatusCreated)
		case "/broken":
			w.Header().Set("Content-Length", "10")
			_, _ = io.WriteString(w, "x")
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}
	})
	log := &book{}
	spec := plainSpec()
	spec.Static, spec.AssetSizes = true, []int{100}
	s := newSite(t, spec, balancer.Config{Access: log.logger()}, u)
	requests := []struct {
		method, path string
		status       float64
		server       any
		aborted      any
	}{
		{"GET", "/users/1", 200, "web-1", nil},
		{"POST", "/posts", 200, "web-1", nil},
		{"HEAD", "/users/1", 200, "web-1", nil},
		{"GET", "/missing", 404, "web-1", nil},
		{"GET", "/hints", 201, "web-1", nil},
		{"GET", "/assets/" + targets.AssetName(0), 200, nil, nil},
		{"GET", "/" + strings.Repeat("long", 1000), 200, "web-1", nil},
		{"POST", "/broken", 200, "web-1", true}, // a client repeats a GET by itself
	}
	for i, row := range requests {
		a, err := s.try(row.method, row.path, nil)
		if row.aborted == nil && (err != nil || a.Header.Get("X-Request-Id") == "") {
			t.Fatalf("%s %s: %v, %v", row.method, row.path, err, a.Header)
		}
		line := log.lines(t, i+1)[i]
		path := row.path[:min(len(row.path), 256)]
		if line["msg"] != "request" || line["method"] != row.method || line["path"] != path || line["status"] != row.status ||
			line["server"] != row.server || line["aborted"] != row.aborted || line["took_ns"].(float64) <= 0 || len(line["trace_id"].(string)) != 32 {
			t.Errorf("%s %.20s: %v", row.method, row.path, line)
		}
	}
	s.SetServers(map[string]string{})
	s.get("/users/1").want(t, http.StatusServiceUnavailable)
	if line := log.lines(t, len(requests)+1)[len(requests)]; line["status"] != 503.0 || line["server"] != nil {
		t.Errorf("without servers: %v", line)
	}
	s.get("/healthz")
	s.get("/users/1")
	if lines := log.lines(t, len(requests)+2); len(lines) != len(requests)+2 {
		t.Errorf("%d lines, one of them for a health check", len(lines))
	}
	s.count(float64(len(requests) + 2))
}

// TestClientLeavesALine: status 499, as nginx has it.
func TestClientLeavesALine(t *testing.T) {
	arrived := make(chan struct{})
	u := newUpstream(t, "web-1", func(w http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
	})
	log := &book{}
	s := newSite(t, plainSpec(), balancer.Config{Access: log.logger()}, u)
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, "GET", s.url+"/slow", nil)
	if err != nil {
		t.Fatal(err)
	}
	go func() { <-arrived; cancel() }()
	if res, err := s.client.Do(r); err == nil {
		res.Body.Close()
		t.Fatal("there is an answer")
	}
	if line := log.lines(t, 1)[0]; line["status"] != 499.0 || line["aborted"] != true {
		t.Errorf("line %v", line)
	}
}

// TestRetriesAreLogged: the line names who answered, and how many tries it
// took.
func TestRetriesAreLogged(t *testing.T) {
	dead, alive := newUpstream(t, "web-1", nil), newUpstream(t, "web-2", nil)
	dead.kill()
	log := &book{}
	spec := plainSpec()
	spec.Retries = 1
	s := newSite(t, spec, balancer.Config{Access: log.logger()}, dead, alive)
	s.post("x").want(t, 200)
	if line := log.lines(t, 1)[0]; line["server"] != "web-2" || line["tries"] != 2.0 {
		t.Errorf("line %v", line)
	}
}

// count waits until the histogram holds that many requests, and checks it.
func (s *site) count(want float64) {
	s.t.Helper()
	var h targets.Histogram
	eventually(s.t, fmt.Sprint(want, " durations"), func() bool {
		h = s.Histograms()["request_duration_seconds"]
		var n int64
		for _, c := range h.Counts {
			n += c
		}
		return float64(n) == want
	})
	if len(h.Counts) != len(h.Bounds)+1 || h.Sum <= 0 {
		s.t.Errorf("histogram %+v", h)
	}
}

// TestDurations: each request in its bucket, upper bounds included, and health
// checks in none.
func TestDurations(t *testing.T) {
	s := newSite(t, plainSpec(), balancer.Config{}, newUpstream(t, "web-1", nil))
	s.get("/healthz").want(t, 200)
	for range 5 {
		s.get("/").want(t, 200)
	}
	s.count(5)
}

// BenchmarkTracing is what trace contexts and access lines cost a request, the
// servers' part left out.
func BenchmarkTracing(b *testing.B) {
	for _, row := range []struct {
		name string
		cfg  balancer.Config
	}{
		{"off", balancer.Config{}},
		{"traced", balancer.Config{Sample: 0.01}},
		{"logged", balancer.Config{Access: slog.New(slog.NewJSONHandler(io.Discard, nil))}},
	} {
		b.Run(row.name, func(b *testing.B) {
			spec := plainSpec()
			spec.Servers, spec.Static, spec.AssetSizes = []string{"web-1"}, true, []int{100}
			row.cfg.Servers = map[string]string{"web-1": "127.0.0.1:1"}
			lb, err := balancer.New(spec, row.cfg)
			if err != nil {
				b.Fatal(err)
			}
			defer lb.Close()
			r := httptest.NewRequest("GET", "/assets/"+targets.AssetName(0), nil)
			b.ReportAllocs()
			for b.Loop() {
				lb.ServeHTTP(httptest.NewRecorder(), r)
			}
		})
	}
}

// TestBoundsGrow: buckets that do not grow would count wrongly.
func TestBoundsGrow(t *testing.T) {
	s := newSite(t, plainSpec(), balancer.Config{}, newUpstream(t, "web-1", nil))
	bounds := s.Histograms()["request_duration_seconds"].Bounds
	for i := 1; i < len(bounds); i++ {
		if bounds[i] <= bounds[i-1] {
			t.Errorf("bounds %v", bounds)
		}
	}
	if longest := time.Duration(bounds[len(bounds)-1] * float64(time.Second)); longest < 5*time.Second {
		t.Errorf("the last bound is %v", longest)
	}
}
