package traffic_test

import (
	"net/http"
	"testing"

	"rung/bench"
	"rung/bench/traffic"
	"rung/targets"
)

func cookies(lines ...string) http.Header { return http.Header{"Set-Cookie": lines} }

// wanted is what request n of a shop of nothing but "me" must be.
func wantMe(t *testing.T, s *traffic.Shop, n uint64, cookie string) bench.Request {
	t.Helper()
	r := s.Request(n)
	if r.Path != "/me" || r.Header.Get("Cookie") != cookie {
		t.Fatalf("request %d is %s %s with cookie %q, want /me with %q", n, r.Method, r.Path, r.Header.Get("Cookie"), cookie)
	}
	return r
}

func wantLogin(t *testing.T, s *traffic.Shop, n uint64) bench.Request {
	t.Helper()
	r := s.Request(n)
	if r.Path != "/login" || s.Operations()[r.Operation] != "login" || r.Header.Get("Cookie") != "" {
		t.Fatalf("request %d is %s %s, want a login without cookies", n, r.Method, r.Path)
	}
	return r
}

func TestSessionLife(t *testing.T) {
	whole := shop(t, nil)
	s := whole.Only(targets.OpMe)
	const n, later, other = 3, 3 + 50, 4 // 50 sessions: n and later are the same user

	login := wantLogin(t, s, n)
	s.Observe(n, login, 500, cookies("rung_session=no"))
	s.Observe(n, login, 0, nil)
	wantLogin(t, s, n) // a login that failed starts nothing

	s.Observe(n, login, 200, cookies("rung_session=a; Path=/; HttpOnly", "rung_server=0011223344556677; Path=/"))
	me := wantMe(t, s, later, "rung_session=a; rung_server=0011223344556677")
	wantLogin(t, s, other)

	// Another server took over: the new cookie replaces the old one.
	s.Observe(later, me, 200, cookies("rung_server=8899aabbccddeeff"))
	now := wantMe(t, s, n, "rung_session=a; rung_server=8899aabbccddeeff")

	// A late answer to the old cookies says nothing about the new ones.
	s.Observe(later, me, 401, nil)
	wantMe(t, s, n, "rung_session=a; rung_server=8899aabbccddeeff")
	// Nor do failures and other operations.
	s.Observe(n, now, 503, nil)
	s.Observe(n, now, 0, nil)
	s.Observe(n, whole.Only(targets.OpUser).Request(n), 401, cookies("rung_session=evil"))
	wantMe(t, s, n, "rung_session=a; rung_server=8899aabbccddeeff")

	s.Observe(n, now, 401, nil)
	wantLogin(t, s, n)
	wantLogin(t, s, later)
}

func TestCookieRemoved(t *testing.T) {
	s := shop(t, nil).Only(targets.OpMe)
	s.Observe(0, s.Request(0), 201, cookies("rung_session=a", "extra=1", "bad line without sense\x00"))
	me := wantMe(t, s, 0, "rung_session=a; extra=1")
	s.Observe(0, me, 200, cookies("extra=; Max-Age=0"))
	wantMe(t, s, 0, "rung_session=a")
}

// The same virtual user logs in as the same user, and different ones differ.
func TestVirtualUsers(t *testing.T) {
	s := shop(t, nil).Only(targets.OpLogin)
	bodies := map[string]uint64{}
	for n := range uint64(50) {
		body := string(s.Request(n).Body)
		if before, ok := bodies[body]; ok {
			t.Errorf("virtual users %d and %d are both %s", before, n, body)
		}
		bodies[body] = n
		if again := string(s.Request(n + 100).Body); again != body {
			t.Errorf("virtual user %d is %s and %s", n, body, again)
		}
	}
}

func TestLogOutMakesEveryUserLogInAgain(t *testing.T) {
	w := bench.Workload{Mix: []bench.Share{{Operation: targets.OpMe, Ratio: 1}}, Data: targets.Data{Users: 10}, Sessions: 3}
	s, err := traffic.New(w, 1, "r")
	if err != nil {
		t.Fatal(err)
	}
	answer := http.Header{"Set-Cookie": {"rung_session=x; Path=/"}}
	for n := range uint64(3) {
		s.Observe(n, s.Request(n), http.StatusOK, answer)
	}
	if r := s.Request(3); s.Operations()[r.Operation] != string(targets.OpMe) {
		t.Fatalf("a user who is logged in sends %s", s.Operations()[r.Operation])
	}
	s.LogOut()
	for n := range uint64(3) {
		if r := s.Request(n); s.Operations()[r.Operation] != string(targets.OpLogin) {
			t.Errorf("user %d sends %s after the log-out", n, s.Operations()[r.Operation])
		}
	}
}
