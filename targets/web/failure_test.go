package web_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"rung/targets"
	"rung/targets/store"
	"rung/targets/web"
)

// asking lists a request for every call of the store.
var asking = []struct{ method, path, body string }{
	{"GET", "/users/1", ""},
	{"GET", "/customers/1/orders", ""},
	{"POST", "/posts", `{"id":"a","user":1,"text":"t"}`},
	{"POST", "/photos", `{"id":"a","user":1}`},
	{"PUT", "/users/1", `{"city":"Oslo"}`},
	{"GET", "/users/1/following", ""},
	{"GET", "/posts", ""},
	{"GET", "/photos", ""},
}

func TestStoreFailures(t *testing.T) {
	tests := []struct {
		name            string
		err             error
		status          int
		retry           string
		errors, refused float64
		logged          bool
	}{
		{"busy", fmt.Errorf("db: %w", store.ErrBusy), 503, "1", 0, 1, false},
		{"not found", fmt.Errorf("db: %w", store.ErrNotFound), 404, "", 0, 0, false},
		{"no follows", fmt.Errorf("db: %w", store.ErrNoFollows), 404, "", 0, 0, false},
		{"deadline", fmt.Errorf("db: %w", context.DeadlineExceeded), 504, "", 1, 0, true},
		{"network deadline", &net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}, 504, "", 1, 0, true},
		{"refused connection", &net.OpError{Op: "dial", Err: errors.New("connection refused")}, 502, "", 1, 0, true},
		{"anything else", errors.New("disk is full"), 502, "", 1, 0, true},
	}
	for _, tt := range tests {
		for _, ask := range asking {
			t.Run(tt.name+" "+ask.method+" "+ask.path, func(t *testing.T) {
				var log bytes.Buffer
				s := newServer(t, spec(), web.Config{
					Store: &memoryStore{fail: tt.err, timing: store.Timing{Wait: ms, Total: 5 * ms}},
					Log:   slog.New(slog.NewTextHandler(&log, nil)),
				})
				w := do(s, ask.method, ask.path, ask.body)
				if w.Code != tt.status || w.Header().Get("Retry-After") != tt.retry {
					t.Fatalf("got %d, Retry-After %q, want %d, %q", w.Code, w.Header().Get("Retry-After"), tt.status, tt.retry)
				}
				if unmarshal[problem](t, w).Error == "" {
					t.Error("the answer does not say why")
				}
				if !strings.Contains(w.Header().Get("Server-Timing"), "db-conn;dur=") {
					t.Errorf("Server-Timing %q hides the store's part", w.Header().Get("Server-Timing"))
				}
				m := s.Metrics()
				if m["errors_total"] != tt.errors || m["refused_total"] != tt.refused {
					t.Errorf("errors_total %v, refused_total %v, want %v, %v", m["errors_total"], m["refused_total"], tt.errors, tt.refused)
				}
				if (log.Len() > 0) != tt.logged {
					t.Errorf("log is %q", log.String())
				}
			})
		}
	}
}

// TestOutageIsLoggedOnce: a dead store at full load must not fill the log.
func TestOutageIsLoggedOnce(t *testing.T) {
	var log bytes.Buffer
	st := &memoryStore{}
	s := newServer(t, spec(), web.Config{Store: st, Log: slog.New(slog.NewTextHandler(&log, nil))})
	for range 2 {
		st.fail = errors.New("connection refused")
		for range 10 {
			do(s, "GET", "/users/1", "")
		}
		st.fail = nil
		for range 10 {
			do(s, "GET", "/users/1", "")
		}
	}
	if got := strings.Count(log.String(), "the store fails"); got != 2 {
		t.Errorf("two outages make %d lines:\n%s", got, log.String())
	}
	if got := strings.Count(log.String(), "answers again"); got != 2 {
		t.Errorf("two recoveries make %d lines:\n%s", got, log.String())
	}
	if got := s.Metrics()["errors_total"]; got != 20 {
		t.Errorf("errors_total is %v, want 20", got)
	}
}

func TestStoreTimeout(t *testing.T) {
	for _, ask := range asking {
		t.Run(ask.method+" "+ask.path, func(t *testing.T) {
			s := newServer(t, spec(), web.Config{Store: &memoryStore{hang: true}, StoreTimeout: time.Millisecond})
			if w := do(s, ask.method, ask.path, ask.body); w.Code != 504 {
				t.Fatalf("status is %d, want 504", w.Code)
			}
		})
	}
}

func TestClientGone(t *testing.T) {
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	tests := []struct {
		name string
		spec targets.Web
		cpu  targets.Resource
	}{
		{"at the CPU", withLaw(time.Minute), targets.Resource{Slots: 1, Queue: 1}},
		{"at the store", spec(), targets.Resource{}},
	}
	for _, tt := range tests {
		for _, ask := range asking {
			t.Run(tt.name+" "+ask.method+" "+ask.path, func(t *testing.T) {
				var log bytes.Buffer
				share, _ := newShare(t, tt.cpu)
				s := newServer(t, tt.spec, web.Config{
					Store: &memoryStore{hang: true}, Share: share, Log: slog.New(slog.NewTextHandler(&log, nil)),
				})
				if w := doContext(gone, s, ask.method, ask.path, ask.body); w.Code != 499 {
					t.Fatalf("status is %d, want 499", w.Code)
				}
				m := s.Metrics()
				if m["cancelled_total"] != 1 || m["errors_total"] != 0 || m["refused_total"] != 0 || log.Len() != 0 {
					t.Errorf("a client that left counts as an error: %v, log %q", m, log.String())
				}
			})
		}
	}
}

// TestFullMachine sends two requests to a machine that has room for one: the
// one that ends while the other is still served was refused.
func TestFullMachine(t *testing.T) {
	share, m := newShare(t, targets.Resource{Slots: 1})
	st := &memoryStore{}
	s := newServer(t, withLaw(time.Minute), web.Config{Share: share, Store: st})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	answers := make(chan *httptest.ResponseRecorder, 2)
	for range 2 {
		go func() { answers <- doContext(ctx, s, "GET", "/users/1", "") }()
	}
	w := <-answers
	if w.Code != 503 || w.Header().Get("Retry-After") != "1" || unmarshal[problem](t, w).Error == "" {
		t.Errorf("got %d %s, Retry-After %q, want 503", w.Code, w.Body, w.Header().Get("Retry-After"))
	}
	// A health check passes through a full machine.
	if w := do(s, "GET", "/healthz", ""); w.Code != 200 {
		t.Errorf("health answers %d, want 200", w.Code)
	}
	cancel()
	if w := <-answers; w.Code != 499 {
		t.Errorf("the request that was served answers %d, want 499", w.Code)
	}
	if cpu, _ := m.Usage(); cpu.Refused != 1 {
		t.Errorf("the machine refused %d, want 1", cpu.Refused)
	}
	if got := s.Metrics(); got["refused_total"] != 1 || got["errors_total"] != 0 || st.called() != 0 {
		t.Errorf("metrics are %v, the store was called %d times", got, st.called())
	}
}

func TestDrain(t *testing.T) {
	s := newServer(t, spec(), web.Config{})
	for _, step := range []struct {
		drain  bool
		health int
	}{{false, 200}, {true, 503}, {true, 503}, {false, 200}} {
		s.Drain(step.drain)
		if w := do(s, "GET", "/healthz", ""); w.Code != step.health {
			t.Errorf("draining %v: health answers %d, want %d", step.drain, w.Code, step.health)
		}
		if got := s.Metrics()["draining"]; got != map[bool]float64{true: 1}[step.drain] {
			t.Errorf("draining %v: the metric is %v", step.drain, got)
		}
		if w := do(s, "GET", "/users/1", ""); w.Code != 200 {
			t.Errorf("draining %v: a request answers %d, want 200", step.drain, w.Code)
		}
	}
	if got := s.Metrics()["refused_total"]; got != 0 {
		t.Errorf("refused_total is %v: a health check is no refused work", got)
	}
}
