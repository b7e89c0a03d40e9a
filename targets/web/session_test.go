package web_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"rung/targets/session"
	"rung/targets/store"
	"rung/targets/web"
)

// keptSessions is a session store elsewhere. Its knobs are set before use.
type keptSessions struct {
	session.Store
	timing store.Timing
	fail   error
	hang   bool
	closed bool
}

func newKeptSessions() *keptSessions {
	return &keptSessions{Store: session.NewMemory(10, time.Minute, nil), timing: store.Timing{Statements: 1, Known: true,
		Wait: ms, Queued: 2 * ms, Served: 3 * ms, Total: 10 * ms}}
}

func (k *keptSessions) err(ctx context.Context) error {
	if k.hang {
		<-ctx.Done()
		return ctx.Err()
	}
	return k.fail
}

func (k *keptSessions) Create(ctx context.Context, user int64) (string, session.Session, store.Timing, error) {
	if err := k.err(ctx); err != nil {
		return "", session.Session{}, k.timing, err
	}
	id, s, _, err := k.Store.Create(ctx, user)
	return id, s, k.timing, err
}

func (k *keptSessions) Get(ctx context.Context, id string) (session.Session, store.Timing, error) {
	if err := k.err(ctx); err != nil {
		return session.Session{}, k.timing, err
	}
	s, _, err := k.Store.Get(ctx, id)
	return s, k.timing, err
}

func (k *keptSessions) Close() { k.closed = true }

const sessionParts = "sess-conn;dur=1, sess-queue;dur=2, sess-work;dur=3, sess-net;dur=4"

// TestSessionsElsewhere: one server's login is the other's, and the time that
// it took is told.
func TestSessionsElsewhere(t *testing.T) {
	kept := newKeptSessions()
	here := newServer(t, spec(), web.Config{SessionStore: kept})
	there := newServer(t, spec(), web.Config{SessionStore: kept})
	w := do(here, "POST", "/login", `{"user":42}`)
	if w.Code != 200 || !strings.Contains(w.Header().Get("Server-Timing"), sessionParts) {
		t.Fatalf("login: %d, %q", w.Code, w.Header().Get("Server-Timing"))
	}
	cookie := w.Result().Cookies()[0]
	if w := me(there, cookie.Value); w.Code != 200 || unmarshal[struct{ User int64 }](t, w).User != 42 ||
		!strings.Contains(w.Header().Get("Server-Timing"), sessionParts) {
		t.Errorf("the other server: %d %s, %q", w.Code, w.Body, w.Header().Get("Server-Timing"))
	}
	if w := me(there, strings.Repeat("0", 32)); w.Code != 401 || !strings.Contains(w.Header().Get("Server-Timing"), sessionParts) {
		t.Errorf("an unknown session: %d, %q", w.Code, w.Header().Get("Server-Timing"))
	}
	// Without a cookie there is nothing to ask for.
	if w := do(there, "GET", "/me", ""); w.Code != 401 || strings.Contains(w.Header().Get("Server-Timing"), "sess") {
		t.Errorf("no cookie: %d, %q", w.Code, w.Header().Get("Server-Timing"))
	}
	if got := here.Metrics(); got["session_cookie_bytes"] != 32 || got["session_errors_total"] != 0 {
		t.Errorf("metrics are %v", got)
	}
	here.Close()
	if kept.closed {
		t.Error("the session store is the caller's to close")
	}
}

// TestSessionCookies: the client holds the session, so nobody is asked.
func TestSessionCookies(t *testing.T) {
	now := newFakeTime()
	cookies := func(key string) session.Store {
		s, err := session.NewCookie([]byte(strings.Repeat(key, 32)), time.Minute, now.Now)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	here := newServer(t, spec(), web.Config{Now: now.Now, SessionStore: cookies("k")})
	there := newServer(t, spec(), web.Config{Now: now.Now, SessionStore: cookies("k")})
	other := newServer(t, spec(), web.Config{Now: now.Now, SessionStore: cookies("o")})
	c := login(t, here, `{"user":42}`)
	w := me(there, c.Value)
	if w.Code != 200 || w.Header().Get("Server-Timing") != "web-queue;dur=0, web-cpu;dur=0" || c.MaxAge != 60 {
		t.Errorf("the other server: %d, %q, Max-Age %d", w.Code, w.Header().Get("Server-Timing"), c.MaxAge)
	}
	for i := range c.Value {
		changed := []byte(c.Value)
		changed[i] = 'A'
		if c.Value[i] == 'A' {
			changed[i] = 'B'
		}
		if w := me(there, string(changed)); w.Code != 401 {
			t.Errorf("changed at %d: %d; want 401", i, w.Code)
		}
	}
	if w := me(other, c.Value); w.Code != 401 {
		t.Errorf("another key: %d; want 401", w.Code)
	}
	now.Advance(time.Minute)
	if w := me(there, c.Value); w.Code != 401 {
		t.Errorf("at its end: %d; want 401", w.Code)
	}
	if got := here.Metrics(); got["session_cookie_bytes"] != float64(len(c.Value)) || len(c.Value) != 78 || got["sessions"] != 0 {
		t.Errorf("cookie of %d bytes, metrics %v", len(c.Value), got)
	}
}

// TestSessionStoreFails: not knowing who a client is does not log it out.
func TestSessionStoreFails(t *testing.T) {
	for name, err := range map[string]error{
		"busy": fmt.Errorf("volume: %w", store.ErrBusy), "down": errors.New("connection refused"), "slow": context.DeadlineExceeded,
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			kept := newKeptSessions()
			s := newServer(t, spec(), web.Config{SessionStore: kept, Log: slog.New(slog.NewTextHandler(&log, nil))})
			c := login(t, s, `{"user":1}`)
			kept.fail = err
			for range 10 {
				w := me(s, c.Value)
				if w.Code != 503 || w.Header().Get("Retry-After") != "1" || !strings.Contains(unmarshal[problem](t, w).Error, "session store") ||
					!strings.Contains(w.Header().Get("Server-Timing"), sessionParts) {
					t.Fatalf("me answers %d %s, %v; want 503", w.Code, w.Body, w.Header())
				}
				if w := do(s, "POST", "/login", `{"user":1}`); w.Code != 503 || len(w.Result().Cookies()) != 0 {
					t.Fatalf("login answers %d with %d cookies; want 503 and none", w.Code, len(w.Result().Cookies()))
				}
			}
			kept.fail = nil
			if w := me(s, c.Value); w.Code != 200 {
				t.Errorf("afterwards: %d; want 200", w.Code)
			}
			want := 1
			if name == "busy" { // it answers, after all
				want = 0
			}
			if got := strings.Count(log.String(), "session store fails"); got != want || strings.Count(log.String(), "answers again") != want {
				t.Errorf("log is %q; want %d outages", log.String(), want)
			}
			if strings.Contains(log.String(), c.Value) {
				t.Error("the log tells a session's id")
			}
			if got := s.Metrics(); got["session_errors_total"] != 20 || got["errors_total"] != 0 || got["unauthorized_total"] != 0 {
				t.Errorf("metrics are %v", got)
			}
		})
	}
}

// TestSessionStoreHangs: the wait is bounded, and a client that leaves is no
// error.
func TestSessionStoreHangs(t *testing.T) {
	kept := newKeptSessions()
	kept.hang = true
	s := newServer(t, spec(), web.Config{SessionStore: kept, StoreTimeout: time.Millisecond})
	if w := me(s, "x"); w.Code != 503 {
		t.Errorf("me answers %d; want 503", w.Code)
	}
	if w := do(s, "POST", "/login", `{"user":1}`); w.Code != 503 {
		t.Errorf("login answers %d; want 503", w.Code)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if w := doContext(gone, s, "POST", "/login", `{"user":1}`); w.Code != 499 {
		t.Errorf("a client that left: %d; want 499", w.Code)
	}
	if got := s.Metrics(); got["session_errors_total"] != 2 || got["cancelled_total"] != 1 {
		t.Errorf("metrics are %v", got)
	}
}
