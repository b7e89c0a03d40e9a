package web_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rung/targets"
	"rung/targets/store"
	"rung/targets/trace"
	"rung/targets/web"
)

const (
	traceID = "4bf92f3577b34da6a3ce929d0e0e4736"
	parent  = "00-" + traceID + "-00f067aa0ba902b7-01"
)

// line is the documented form of an access line.
type line struct {
	Message   string `json:"msg"`
	Operation string `json:"operation"`
	Method    string `json:"method"`
	Path      string `json:"path"`
	Status    int    `json:"status"`
	Took      int64  `json:"took_ns"`
	User      int64  `json:"user"`
	Trace     string `json:"trace_id"`
	Span      string `json:"span_id"`
	Request   string `json:"request_id"`
}

func lines(t *testing.T, log *bytes.Buffer) (out []line) {
	t.Helper()
	for text := range strings.Lines(log.String()) {
		var l line
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatalf("line %q: %v", text, err)
		}
		if l.Message == "request" {
			out = append(out, l)
		}
	}
	return out
}

func logTo(b *bytes.Buffer) *slog.Logger { return slog.New(slog.NewJSONHandler(b, nil)) }

func TestAccess(t *testing.T) {
	tests := []struct {
		method, path, body string
		want               line // Operation empty means none
	}{
		{"GET", "/users/7", "", line{Operation: "user", Status: 200, User: 7}},
		{"HEAD", "/users/7", "", line{Operation: "user", Status: 200, User: 7}},
		{"GET", "/users/101", "", line{Operation: "user", Status: 404, User: 101}},
		{"GET", "/users/ann", "", line{Operation: "user", Status: 400}},
		{"PUT", "/users/8", `{"city":"Oslo"}`, line{Operation: "edit", Status: 200, User: 8}},
		{"GET", "/users/7/following", "", line{Operation: "following", Status: 200, User: 7}},
		{"GET", "/customers/9/orders", "", line{Operation: "orders", Status: 200, User: 9}},
		{"POST", "/posts", `{"id":"a","user":3,"text":"t"}`, line{Operation: "post", Status: 201, User: 3}},
		{"POST", "/photos", `{"id":"a","user":4}`, line{Operation: "photo", Status: 201, User: 4}},
		{"POST", "/login", `{"user":5}`, line{Operation: "login", Status: 200, User: 5}},
		{"GET", "/me", "", line{Operation: "me", Status: 401}},
		{"GET", "/assets/asset-00.bin", "", line{Operation: "asset", Status: 200}},
		{"GET", "/assets/none", "", line{Operation: "asset", Status: 404}},
		{"GET", "/posts", "", line{}},
		{"GET", "/photos", "", line{}},
		{"GET", "/healthz", "", line{}},
		{"GET", "/nowhere", "", line{}},
		{"DELETE", "/users/7", "", line{}},
	}
	var log bytes.Buffer
	s := newServer(t, spec(), web.Config{Access: logTo(&log)})
	for _, tt := range tests {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			log.Reset()
			w := do(s, tt.method, tt.path, tt.body)
			got := lines(t, &log)
			if tt.want.Operation == "" {
				if log.Len() != 0 {
					t.Errorf("it is logged: %s", log.String())
				}
				return
			}
			if len(got) != 1 {
				t.Fatalf("%d lines: %s", len(got), log.String())
			}
			want := tt.want
			want.Message, want.Method, want.Path = "request", tt.method, tt.path
			want.Took, want.Trace, want.Span, want.Request = got[0].Took, got[0].Trace, got[0].Span, w.Header().Get("X-Request-Id")
			if got[0] != want || len(want.Trace) != 32 || len(want.Span) != 16 || want.Took < 0 || want.Status != w.Code {
				t.Errorf("got  %+v\nwant %+v", got[0], want)
			}
		})
	}
}

// TestAccessOfFiles: their status is what the file's sender decided.
func TestAccessOfFiles(t *testing.T) {
	var log bytes.Buffer
	s := newServer(t, spec(), web.Config{Access: logTo(&log)})
	tag := do(s, "GET", "/assets/asset-00.bin", "").Header().Get("Etag")
	for _, tt := range []struct {
		name, value string
		status      int
	}{{"Range", "bytes=0-9", 206}, {"If-None-Match", tag, 304}, {"If-Match", `"other"`, 412}, {"Range", "bytes=9999-", 416}} {
		log.Reset()
		w := do(s, "GET", "/assets/asset-00.bin", "", tt.name, tt.value)
		if got := lines(t, &log); w.Code != tt.status || len(got) != 1 || got[0].Status != tt.status {
			t.Errorf("%s answers %d, logged as %+v; want %d", tt.name, w.Code, got, tt.status)
		}
	}
}

func TestAccessOfSession(t *testing.T) {
	var log bytes.Buffer
	s := newServer(t, spec(), web.Config{Access: logTo(&log)})
	c := login(t, s, `{"user":42}`)
	log.Reset()
	if w := me(s, c.Value); w.Code != 200 {
		t.Fatalf("status is %d", w.Code)
	}
	if got := lines(t, &log); len(got) != 1 || got[0].User != 42 || strings.Contains(log.String(), c.Value) {
		t.Errorf("log is %s; want user 42 and not the secret", log.String())
	}
}

func TestLongPathIsCut(t *testing.T) {
	var log bytes.Buffer
	s := newServer(t, spec(), web.Config{Access: logTo(&log)})
	do(s, "GET", "/users/"+strings.Repeat("x", 9000), "")
	if got := lines(t, &log); len(got) != 1 || len(got[0].Path) != 128 {
		t.Errorf("got %+v", got)
	}
}

// TestTrace follows a trace from the headers to the store, the answer and the
// log, with and without an access log.
func TestTrace(t *testing.T) {
	tests := []struct {
		name    string
		header  []string
		sampled bool
		trace   string // "" means any
		request string // "" means the trace's
	}{
		{"none", nil, false, "", ""},
		{"sampled", []string{"Traceparent", parent}, true, traceID, ""},
		{"not sampled", []string{"Traceparent", parent[:53] + "00"}, false, traceID, ""},
		{"named", []string{"Traceparent", parent, "X-Request-Id", "order-7"}, true, traceID, "order-7"},
		{"named only", []string{"X-Request-Id", "order-7"}, true, "df8cf80227ec3237922df0ecd88385c5", "order-7"},
		{"hostile name", []string{"X-Request-Id", "a\r\nSet-Cookie: b"}, false, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var plain, access bytes.Buffer
			for _, cfg := range []web.Config{{Log: logTo(&plain)}, {Log: logTo(&plain), Access: logTo(&access)}} {
				plain.Reset()
				st := &memoryStore{}
				cfg.Store = st
				s := newServer(t, spec(), cfg)
				w := do(s, "GET", "/users/7", "", tt.header...)
				c, ok := trace.Of(st.lastContext())
				id := hex.EncodeToString(c.Trace[:])
				request := tt.request
				if request == "" {
					request = id
				}
				if !ok || c.Sampled != tt.sampled || c.Request != request || w.Header().Get("X-Request-Id") != request {
					t.Errorf("the store got %+v, %v; the client %q", c, ok, w.Header().Get("X-Request-Id"))
				}
				if tt.trace != "" && id != tt.trace || strings.Contains(parent, hex.EncodeToString(c.Span[:])) {
					t.Errorf("trace is %s, span %x; want %s, and a span of its own", id, c.Span, tt.trace)
				}
				log, want := &plain, 0
				if cfg.Access != nil {
					log = &access
				}
				if tt.sampled || cfg.Access != nil {
					want = 1
				}
				got := lines(t, log)
				if len(got) != want {
					t.Fatalf("%d lines, want %d", len(got), want)
				}
				if want == 1 && (got[0].Trace != id || got[0].Span != hex.EncodeToString(c.Span[:]) || got[0].Request != request) {
					t.Errorf("line is %+v", got[0])
				}
			}
			if plain.Len() != 0 {
				t.Errorf("with an access log, the other one has %s", plain.String())
			}
		})
	}
}

func TestSample(t *testing.T) {
	for _, share := range []float64{0, 0.5, 1} {
		const requests = 2000
		st := &memoryStore{}
		s := newServer(t, spec(), web.Config{Store: st, Sample: share})
		sampled := 0
		for range requests {
			do(s, "GET", "/users/7", "")
			if c, _ := trace.Of(st.lastContext()); c.Sampled {
				sampled++
			}
		}
		// Eight standard deviations of a fair coin are 179.
		if got := float64(sampled); got < share*requests-179*4*share*(1-share) || got > share*requests+179*4*share*(1-share) {
			t.Errorf("share %v samples %d of %d", share, sampled, requests)
		}
		// A caller that has decided is followed.
		do(s, "GET", "/users/7", "", "Traceparent", parent[:53]+"00")
		if c, _ := trace.Of(st.lastContext()); c.Sampled {
			t.Errorf("share %v samples what the caller did not", share)
		}
	}
}

func TestVersion(t *testing.T) {
	s := newServer(t, spec(), web.Config{Version: "2"})
	for _, path := range []string{"/users/7", "/assets/asset-00.bin", "/healthz", "/nowhere"} {
		if got := do(s, "GET", path, "").Header().Values("X-Version"); len(got) != 1 || got[0] != "2" {
			t.Errorf("%s: X-Version is %q", path, got)
		}
	}
}

// sleepyStore takes one duration after the other, of a synctest bubble.
type sleepyStore struct {
	memoryStore
	took []time.Duration
	next int
}

func (s *sleepyStore) User(_ context.Context, id int64) (store.User, store.Timing, error) {
	time.Sleep(s.took[s.next])
	s.next++
	return store.User{ID: id}, store.Timing{}, nil
}

func TestHistograms(t *testing.T) {
	share, _ := newShare(t, targets.Resource{}) // its clock has no place in a bubble
	synctest.Test(t, func(t *testing.T) {
		st := &sleepyStore{took: []time.Duration{0, 500 * time.Microsecond, 501 * time.Microsecond, 30 * ms, 20 * time.Second}}
		s := newServer(t, spec(), web.Config{Store: st, Share: share, StoreTimeout: time.Hour})
		for range st.took {
			do(s, "GET", "/users/7", "")
		}
		do(s, "GET", "/healthz", "")
		all := s.Histograms()
		h := all[`request_duration_seconds{operation="user"}`]
		want := map[int]int64{0: 2, 1: 1, 6: 1, len(h.Bounds): 1}
		if len(h.Counts) != len(h.Bounds)+1 || h.Bounds[0] != 0.0005 || h.Bounds[6] != 0.05 {
			t.Fatalf("histogram is %+v", h)
		}
		for i, n := range h.Counts {
			if n != want[i] {
				t.Errorf("bucket %d holds %d, want %d", i, n, want[i])
			}
		}
		if h.Sum != 20.031001 {
			t.Errorf("sum is %v s", h.Sum)
		}
		if _, there := all[`request_duration_seconds{operation="health"}`]; there || len(all) != 9 {
			t.Errorf("there are %d histograms, want one for each operation", len(all))
		}
	})
}

func TestBusiness(t *testing.T) {
	now := newFakeTime()
	st := &memoryStore{}
	s := newServer(t, spec(), web.Config{Now: now.Now, Store: st})
	c := login(t, s, `{"user":1}`)
	me(s, c.Value)
	me(s, "no such session")
	do(s, "POST", "/posts", `{"id":"a","user":1,"text":"t"}`)
	do(s, "POST", "/posts", `{"id":"a","user":1,"text":"t"}`)
	do(s, "POST", "/posts", `{"id":"","user":90,"text":"t"}`)
	do(s, "POST", "/photos", `{"id":"a","user":2}`)
	do(s, "PUT", "/users/3", `{"city":"Oslo"}`)
	do(s, "PUT", "/users/101", `{"city":"Oslo"}`)
	do(s, "GET", "/users/50", "")
	do(s, "GET", "/customers/51/orders", "")
	do(s, "GET", "/customers/101/orders", "")
	st.fail = store.ErrBusy
	do(s, "POST", "/posts", `{"id":"b","user":91,"text":"t"}`)
	want := map[string]float64{"posts_total": 2, "photos_total": 1, "orders_viewed_total": 1, "logins_total": 1,
		"daily_active_users": 3, "daily_active_users_full": 0}
	got := s.Metrics()
	for name, v := range want {
		if got[name] != v {
			t.Errorf("%s is %v, want %v", name, got[name], v)
		}
	}
	now.Advance(24 * time.Hour)
	if got := s.Metrics(); got["daily_active_users"] != 0 || got["posts_total"] != 2 {
		t.Errorf("on the next day metrics are %v", got)
	}
}
