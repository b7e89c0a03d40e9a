package cdn_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"rung/targets"
	"rung/targets/cdn"
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

// newTraced is an edge with an access log.
func newTraced(t *testing.T, o *origin) (*edge, *book) {
	t.Helper()
	log := &book{}
	n := &network{}
	n.set("lb", o.Listener.Addr().String())
	config := cdn.Config{Role: "edge-a-eu", Now: o.clock.now, Access: slog.New(slog.NewJSONHandler(log, nil))}
	return newEdgeOn(t, plainSpec(), config, n, o.clock), log
}

const (
	parent  = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	traceID = "0af7651916cd43dd8448eb211c80319c"
)

// TestTraceToTheOrigin: the first request's trace goes there; every answer has
// its own request id, never a stored one.
func TestTraceToTheOrigin(t *testing.T) {
	o := newOrigin(t, newClock(), reply("one", "Cache-Control", "max-age=60", "X-Request-Id", "the origin's own"))
	e, log := newTraced(t, o)
	a := e.get("/x", "Traceparent", parent, "X-Request-Id", "first")
	sent, ok := trace.FromHeader(o.seen())
	if !ok || fmt.Sprintf("%x", sent.Trace) != traceID || strings.Contains(parent, fmt.Sprintf("%x", sent.Span)) || !sent.Sampled || sent.Request != "first" {
		t.Fatalf("the origin got %v", o.seen())
	}
	settle(e)
	b := e.get("/x", "X-Request-Id", "second")
	c := e.get("/x")
	for i, row := range []struct {
		answer
		want string
	}{{a, "first"}, {b, "second"}, {c, ""}} {
		line := log.lines(t, i+1)[i]
		got := row.Header.Values("X-Request-Id")
		if len(got) != 1 || row.want != "" && got[0] != row.want || line["request_id"] != got[0] {
			t.Errorf("answer %d: request id %q, want %q; line %v", i, got, row.want, line)
		}
	}
	if line := log.lines(t, 3)[0]; line["trace_id"] != traceID || line["span_id"] != fmt.Sprintf("%x", sent.Span) {
		t.Errorf("line %v, the origin got %v", line, sent)
	}
	// What is not kept goes the same way.
	e.do("POST", "/posts", "Traceparent", parent)
	if sent, ok := trace.FromHeader(o.seen()); !ok || fmt.Sprintf("%x", sent.Trace) != traceID {
		t.Errorf("POST: the origin got %v", o.seen())
	}
}

// TestWithoutTracing: the headers pass, and no client gets the request id of
// another one's answer.
func TestWithoutTracing(t *testing.T) {
	o := newOrigin(t, newClock(), reply("one", "Cache-Control", "max-age=60", "X-Request-Id", "7"))
	e := newEdge(t, plainSpec(), o)
	e.get("/x", "Traceparent", parent, "X-Request-Id", "7")
	if got := o.seen(); got.Get("Traceparent") != parent || got.Get("X-Request-Id") != "7" {
		t.Errorf("the origin got %v", got)
	}
	settle(e)
	if a := e.get("/x").want(t, 200, "one", "hit; ttl=60"); len(a.Header.Values("X-Request-Id")) != 0 {
		t.Errorf("a hit has the request id %q", a.Header.Values("X-Request-Id"))
	}
	if a := e.do("POST", "/posts"); a.Header.Get("X-Request-Id") != "7" {
		t.Errorf("an answer that passes has the request id %q", a.Header.Get("X-Request-Id"))
	}
}

// TestSample: no line is needed for a trace.
func TestSample(t *testing.T) {
	for _, row := range []struct {
		sample  float64
		sampled bool
	}{{1, true}, {math.SmallestNonzeroFloat64, false}} {
		o := newOrigin(t, newClock(), reply("one"))
		n := &network{}
		n.set("lb", o.Listener.Addr().String())
		e := newEdgeOn(t, plainSpec(), cdn.Config{Role: "edge-a-eu", Now: o.clock.now, Sample: row.sample}, n, o.clock)
		a := e.get("/x")
		if sent, ok := trace.FromHeader(o.seen()); !ok || sent.Sampled != row.sampled || a.Header.Get("X-Request-Id") != sent.Request {
			t.Errorf("share %v: the origin got %v, the client %v", row.sample, o.seen(), a.Header)
		}
	}
	for _, share := range []float64{-0.1, 1.1, math.NaN()} {
		if _, err := cdn.New(plainSpec(), cdn.Config{Dial: (&network{}).dial, Sample: share}); err == nil {
			t.Errorf("a share of %v is accepted", share)
		}
	}
}

// TestAccessLines: one for each request, with what the cache did.
func TestAccessLines(t *testing.T) {
	o := newOrigin(t, newClock(), func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=60")
		switch r.URL.Path {
		case "/missing":
			w.WriteHeader(http.StatusNotFound)
		case "/broken":
			w.Header().Set("Content-Length", "10")
			_, _ = io.WriteString(w, "x")
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		default:
			_, _ = io.WriteString(w, "one")
		}
	})
	e, log := newTraced(t, o)
	rows := []struct {
		method, path   string
		header         []string
		status, bytes  float64 // bytes below zero are not checked
		cache, aborted any
	}{
		{"GET", "/x", nil, 200, 3, "fwd=uri-miss; fwd-status=200; stored; ttl=60", nil},
		{"GET", "/x", nil, 200, 3, "hit; ttl=60", nil},
		{"HEAD", "/x", nil, 200, 0, "hit; ttl=60", nil},
		{"GET", "/x", []string{"Range", "bytes=0-1"}, 206, 2, "hit; ttl=60", nil},
		{"GET", "/missing", nil, 404, 0, "fwd=uri-miss; fwd-status=404; stored; ttl=60", nil},
		{"POST", "/posts", nil, 200, 3, "fwd=method; fwd-status=200", nil},
		{"GET", "/y", []string{"Cache-Control", "only-if-cached"}, 504, -1, "fwd=uri-miss; detail=only-if-cached", nil},
		{"PURGE", "/x", nil, 200, -1, nil, nil},
		{"POST", "/broken", nil, 200, 1, "fwd=method; fwd-status=200", true},
	}
	for i, row := range rows {
		_, err := e.try(row.method, row.path, nil, row.header...)
		if (err != nil) != (row.aborted != nil) {
			t.Fatalf("%s %s: %v", row.method, row.path, err)
		}
		settle(e)
		line := log.lines(t, i+1)[i]
		if line["msg"] != "request" || line["method"] != row.method || line["path"] != row.path || line["status"] != row.status ||
			line["cache"] != row.cache || line["aborted"] != row.aborted || line["took_ns"].(float64) <= 0 || len(line["trace_id"].(string)) != 32 {
			t.Errorf("%s %s: %v", row.method, row.path, line)
		}
		if row.bytes >= 0 && line["bytes"] != row.bytes {
			t.Errorf("%s %s: %v bytes, want %v", row.method, row.path, line["bytes"], row.bytes)
		}
	}
	e.get("/healthz")
	e.get("/x")
	if lines := log.lines(t, len(rows)+1); len(lines) != len(rows)+1 {
		t.Errorf("%d lines, one of them for a health check", len(lines))
	}
	var h targets.Histogram
	eventually(t, "all durations are counted", func() bool {
		h = e.Histograms()["request_duration_seconds"]
		var n int64
		for _, c := range h.Counts {
			n += c
		}
		return n == int64(len(rows)+1)
	})
	if len(h.Counts) != len(h.Bounds)+1 || h.Sum <= 0 || h.Sum > time.Hour.Seconds() {
		t.Errorf("histogram %+v", h)
	}
}

// TestPurgeIsTraced: the peers see the trace of who purges.
func TestPurgeIsTraced(t *testing.T) {
	o := newOrigin(t, newClock(), reply("one"))
	seen := make(chan http.Header, 1)
	peer := newOrigin(t, o.clock, func(w http.ResponseWriter, r *http.Request) {
		seen <- r.Header.Clone()
		_, _ = io.WriteString(w, `{"edges":[{"edge":"edge-a-na"}]}`)
	})
	n := &network{}
	n.set("lb", o.Listener.Addr().String())
	n.set("edge-a-na", peer.Listener.Addr().String())
	spec := plainSpec()
	spec.Peers = []string{"edge-a-na"}
	e := newEdgeOn(t, spec, cdn.Config{Role: "edge-a-eu", Now: o.clock.now, Sample: 1}, n, o.clock)
	if a := e.do("PURGE", "/x", "Traceparent", parent); a.StatusCode != 200 {
		t.Fatalf("status %d: %s", a.StatusCode, a.body)
	}
	if sent, ok := trace.FromHeader(<-seen); !ok || fmt.Sprintf("%x", sent.Trace) != traceID {
		t.Errorf("the peer got %+v", sent)
	}
}
