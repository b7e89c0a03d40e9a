package web_test

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"rung/targets/web"
)

// fakeTime is a clock that moves when told.
type fakeTime struct {
	mu  sync.Mutex
	now time.Time
}

func newFakeTime() *fakeTime {
	return &fakeTime{now: time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)}
}

func (f *fakeTime) Now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

func (f *fakeTime) Advance(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d)
}

// login returns the session cookie of a fresh login.
func login(t *testing.T, s http.Handler, body string) *http.Cookie {
	t.Helper()
	w := do(s, "POST", "/login", body)
	if w.Code != http.StatusOK {
		t.Fatalf("login answers %d %s", w.Code, w.Body)
	}
	cookies := w.Result().Cookies()
	if len(cookies) != 1 {
		t.Fatalf("login sets %d cookies, want 1", len(cookies))
	}
	return cookies[0]
}

func me(s http.Handler, id string) *httptest.ResponseRecorder {
	return do(s, "GET", "/me", "", "Cookie", "rung_session="+id)
}

func TestLogin(t *testing.T) {
	now := newFakeTime()
	s := newServer(t, spec(), web.Config{Now: now.Now})
	c := login(t, s, `{"user":42}`)
	if c.Name != "rung_session" || len(c.Value) != 32 || !c.HttpOnly || c.Path != "/" ||
		c.MaxAge != 60 || c.SameSite != http.SameSiteLaxMode {
		t.Errorf("cookie is %v", c)
	}
	now.Advance(time.Minute - 1)
	w := me(s, c.Value)
	body := unmarshal[struct {
		User  int64     `json:"user"`
		Login time.Time `json:"login_at"`
	}](t, w)
	if w.Code != 200 || body.User != 42 || !body.Login.Equal(now.Now().Add(1-time.Minute)) {
		t.Errorf("me answers %d %s", w.Code, w.Body)
	}
	if got := w.Header().Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control is %q: a shared cache could hand out one user's page to another", got)
	}
	if got := s.Metrics()["sessions"]; got != 1 {
		t.Errorf("sessions is %v, want 1", got)
	}
	now.Advance(1)
	if w := me(s, c.Value); w.Code != 401 {
		t.Errorf("at its end the session answers %d, want 401", w.Code)
	}
	if got := s.Metrics()["sessions"]; got != 0 {
		t.Errorf("sessions is %v, want 0", got)
	}
}

func TestNoSession(t *testing.T) {
	s := newServer(t, spec(), web.Config{})
	valid := login(t, s, `{"user":1}`).Value
	other := newServer(t, spec(), web.Config{})
	tests := []struct {
		name   string
		server http.Handler
		cookie string
	}{
		{"none", s, ""},
		{"empty", s, "rung_session="},
		{"another name", s, "session=" + valid},
		{"short", s, "rung_session=" + valid[:30]},
		{"long", s, "rung_session=" + valid + "00"},
		{"not hex", s, "rung_session=" + valid[:31] + "g"},
		{"never given out", s, "rung_session=00000000000000000000000000000000"},
		// Sessions live in one server's memory: that is what sticky
		// sessions are about.
		{"of another server", other, "rung_session=" + valid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var header []string
			if tt.cookie != "" {
				header = []string{"Cookie", tt.cookie}
			}
			w := do(tt.server, "GET", "/me", "", header...)
			if w.Code != 401 || unmarshal[problem](t, w).Error == "" || w.Header().Get("WWW-Authenticate") == "" {
				t.Fatalf("got %d %s %v, want 401 with a challenge", w.Code, w.Body, w.Header())
			}
		})
	}
	if w := me(s, valid); w.Code != 200 {
		t.Errorf("the valid session answers %d", w.Code)
	}
}

func TestSessionsAreBounded(t *testing.T) {
	s := newServer(t, spec(), web.Config{Sessions: 2})
	first, second, third := login(t, s, `{"user":1}`), login(t, s, `{"user":2}`), login(t, s, `{"user":3}`)
	for i, want := range []int{401, 200, 200} {
		id := []*http.Cookie{first, second, third}[i].Value
		if w := me(s, id); w.Code != want {
			t.Errorf("session %d answers %d, want %d", i+1, w.Code, want)
		}
	}
	m := s.Metrics()
	if m["sessions"] != 2 || m["sessions_evicted_total"] != 1 {
		t.Errorf("sessions %v, evicted %v, want 2 and 1", m["sessions"], m["sessions_evicted_total"])
	}
}

// TestCookieOutlivesSession: Max-Age has whole seconds only, and a client must
// not forget a session that the server still knows.
func TestCookieOutlivesSession(t *testing.T) {
	for ttl, want := range map[time.Duration]int{
		time.Millisecond: 1, time.Second: 1, time.Second + 1: 2, 1500 * time.Millisecond: 2, time.Hour: 3600,
	} {
		t.Run(ttl.String(), func(t *testing.T) {
			sp := spec()
			sp.SessionTTL = ttl
			s := newServer(t, sp, web.Config{Now: newFakeTime().Now})
			if got := login(t, s, `{"user":1}`).MaxAge; got != want {
				t.Errorf("Max-Age is %d, want %d", got, want)
			}
		})
	}
}
