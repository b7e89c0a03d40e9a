package cdn_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

func broken(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) }

func overloaded(w http.ResponseWriter, r *http.Request) {
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = io.WriteString(w, "busy")
}

// TestDeadOrigin stores an answer that is fresh for 10 s, breaks the origin
// and asks again.
func TestDeadOrigin(t *testing.T) {
	const gone = "fwd=stale; detail=origin-unreachable"
	for _, row := range []struct {
		name    string
		caching string
		window  time.Duration // of the edge
		later   time.Duration
		down    http.HandlerFunc
		ask     string // Cache-Control of the request
		code    int
		status  string
	}{
		{"fresh", "max-age=10", 0, 9 * s, broken, "", 200, "hit; ttl=1"},
		{"no window", "max-age=10", 0, 11 * s, broken, "", 502, gone},
		{"in the window", "max-age=10", 5 * s, 15 * s, broken, "", 200, "fwd=stale; ttl=-5; detail=stale-if-error"},
		{"after the window", "max-age=10", 5 * s, 15*s + 1, broken, "", 502, gone},
		{"in the window, 503", "max-age=10", 5 * s, 12 * s, overloaded, "", 200, "fwd=stale; fwd-status=503; ttl=-2; detail=stale-if-error"},
		{"after the window, 503", "max-age=10", 5 * s, 16 * s, overloaded, "", 503, "fwd=stale; fwd-status=503"},
		{"the origin's window wins", "max-age=10, stale-if-error=50", 5 * s, 60 * s, broken, "", 200, "fwd=stale; ttl=-50; detail=stale-if-error"},
		{"the origin's window wins downwards", "max-age=10, stale-if-error=1", 5 * s, 12 * s, broken, "", 502, gone},
		{"the request's window", "max-age=10", 50 * s, 20 * s, broken, "stale-if-error=5", 502, gone},
		{"must-revalidate", "max-age=10, must-revalidate", 5 * s, 11 * s, broken, "", 502, gone},
		{"proxy-revalidate", "max-age=10, proxy-revalidate", 5 * s, 11 * s, broken, "", 502, gone},
		{"s-maxage", "s-maxage=10", 5 * s, 11 * s, broken, "", 502, gone},
		{"no-cache", "no-cache", 5 * s, 0, broken, "", 502, gone},
		{"reload", "max-age=10", 5 * s, 0, broken, "no-cache", 502, "fwd=request; detail=origin-unreachable"},
		{"request max-age", "max-age=10", 5 * s, 3 * s, broken, "max-age=1", 200, "fwd=request; ttl=7; detail=stale-if-error"},
	} {
		t.Run(row.name, func(t *testing.T) {
			o := newOrigin(t, newClock(), reply("one", "Cache-Control", row.caching, "Etag", `"1"`))
			spec := plainSpec()
			spec.StaleIfError = row.window
			e := newEdge(t, spec, o)
			e.get("/x")
			settle(e)
			o.serve(row.down)
			o.clock.advance(row.later)
			var header []string
			if row.ask != "" {
				header = []string{"Cache-Control", row.ask}
			}
			a := e.get("/x", header...)
			if got := strings.TrimPrefix(a.status(), "edge-a-eu; "); a.StatusCode != row.code || got != row.status {
				t.Fatalf("got %d %q, want %d %q", a.StatusCode, got, row.code, row.status)
			}
			switch row.code {
			case 200:
				if a.body != "one" {
					t.Errorf("body is %q", a.body)
				}
			case 502:
				explains(t, a)
			}
			// It recovers at once when the origin does.
			settle(e)
			o.serve(reply("two", "Cache-Control", row.caching, "Etag", `"2"`))
			o.clock.advance(time.Hour)
			if a := e.get("/x"); a.StatusCode != 200 || a.body != "two" {
				t.Errorf("afterwards: %d %q", a.StatusCode, a.body)
			}
		})
	}
}

// explains checks the body of an error.
func explains(t *testing.T, a answer) {
	t.Helper()
	var problem struct{ Error, Edge, Origin string }
	if err := json.Unmarshal([]byte(a.body), &problem); err != nil || problem.Error == "" || problem.Edge != "edge-a-eu" || problem.Origin != "lb" {
		t.Errorf("body is %q: %v", a.body, err)
	}
	if a.Header.Get("Cache-Control") != "no-store" || a.Header.Get("Content-Type") != "application/json" {
		t.Errorf("headers are %v", a.Header)
	}
}

func TestNoWireToTheOrigin(t *testing.T) {
	o := newOrigin(t, newClock(), reply("one"))
	e := newEdge(t, plainSpec(), o)
	e.net.set("lb", "")
	for _, method := range []string{"GET", "POST", "DELETE"} {
		a := e.do(method, "/x")
		if a.StatusCode != http.StatusBadGateway {
			t.Errorf("%s: status %d", method, a.StatusCode)
		}
		explains(t, a)
	}
	e.metric("origin_failures_total", 3)
}

func TestSilentOrigin(t *testing.T) {
	g := newGate(reply("one"))
	o := newOrigin(t, newClock(), g.serve)
	spec := plainSpec()
	spec.Timeout = 20 * time.Millisecond
	e := newEdge(t, spec, o)
	for _, method := range []string{"GET", "POST"} {
		a := e.do(method, "/x")
		if a.StatusCode != http.StatusGatewayTimeout || !strings.HasSuffix(a.status(), "; detail=origin-timeout") {
			t.Errorf("%s: status %d, %s", method, a.StatusCode, a.status())
		}
		explains(t, a)
	}
	close(g.open)
}

// What broke off in its middle is not passed off as whole, and not kept.
func TestBrokenOffAnswers(t *testing.T) {
	for _, length := range []string{"6", ""} {
		o := newOrigin(t, newClock(), func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "max-age=60")
			if length != "" {
				w.Header().Set("Content-Length", length)
			}
			_, _ = io.WriteString(w, "one")
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		})
		e := newEdge(t, plainSpec(), o)
		for _, header := range [][]string{nil, {"Range", "bytes=0-1"}} {
			a, err := e.try("GET", "/x", nil, header...)
			if err == nil && a.StatusCode != http.StatusBadGateway {
				t.Errorf("length %q, %v: %d %q", length, header, a.StatusCode, a.body)
			}
		}
		settle(e)
		if got := e.Metrics()["entries"]; got != 0 {
			t.Errorf("%v entries", got)
		}
	}
}

// Every client of a shared question that failed with a status gets an answer,
// and the origin is not asked once more for each.
func TestFailuresAreShared(t *testing.T) {
	g := newGate(overloaded)
	o := newOrigin(t, newClock(), g.serve)
	e := newEdge(t, plainSpec(), o)
	codes := make(chan int, 10)
	for range cap(codes) {
		go func() { codes <- must(e.try("GET", "/x", nil)).StatusCode }()
	}
	e.metric("collapsed_total", 9)
	close(g.open)
	count := map[int]int{}
	for range cap(codes) {
		count[<-codes]++
	}
	if count[503] != 1 || count[502] != 9 || o.hits.Load() != 1 {
		t.Errorf("codes %v, origin asked %d times", count, o.hits.Load())
	}
}

func TestLargeAnswersPassThrough(t *testing.T) {
	const bytes = 40_000 // a quarter is 10,000
	for _, row := range []struct {
		size    int
		chunked bool
		kept    bool
	}{{5_000, false, true}, {5_000, true, true}, {11_000, false, false}, {11_000, true, false}, {300_000, true, false}} {
		t.Run(fmt.Sprintf("%d, chunked %v", row.size, row.chunked), func(t *testing.T) {
			body := strings.Repeat("x", row.size)
			o := newOrigin(t, newClock(), func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Cache-Control", "max-age=60")
				if !row.chunked {
					w.Header().Set("Content-Length", fmt.Sprint(row.size))
				}
				_, _ = io.WriteString(w, body[:row.size/2])
				_ = http.NewResponseController(w).Flush()
				_, _ = io.WriteString(w, body[row.size/2:])
			})
			spec := plainSpec()
			spec.Bytes = bytes
			e := newEdge(t, spec, o)
			first, second := "fwd=uri-miss; fwd-status=200", "fwd=uri-miss; fwd-status=200"
			if row.kept {
				first, second = first+"; stored; ttl=60", "hit; ttl=60"
			}
			e.get("/x").want(t, 200, body, first)
			settle(e)
			e.get("/x").want(t, 200, body, second)
		})
	}
}

func TestTheLeastRecentlyUsedLeaves(t *testing.T) {
	o := newOrigin(t, newClock(), reply(strings.Repeat("x", 5_000), "Cache-Control", "max-age=60"))
	spec := plainSpec()
	spec.Bytes = 30_000 // room for five
	e := newEdge(t, spec, o)
	for i := range 5 {
		e.get(fmt.Sprint("/", i))
	}
	settle(e)
	e.get("/0").want(t, 200, strings.Repeat("x", 5_000), "hit; ttl=60")
	e.get("/5")
	settle(e)
	for i, hit := range []bool{true, false, true, true, true, true} {
		a := e.get(fmt.Sprint("/", i), "Cache-Control", "only-if-cached")
		if got := a.StatusCode == 200; got != hit {
			t.Errorf("entry %d is there: %v", i, got)
		}
	}
	if m := e.Metrics(); m["evictions_total"] != 1 || m["bytes"] > 30_000 || m["entries"] != 5 {
		t.Errorf("metrics %v", m)
	}
	e.Flush()
	if m := e.Metrics(); m["entries"] != 0 || m["bytes"] != 0 {
		t.Errorf("after a flush: %v", m)
	}
}

// TestBackupOrigins asks the next origin when nobody listens at one.
func TestBackupOrigins(t *testing.T) {
	dead := newOrigin(t, newClock(), reply("dead"))
	first, second := newOrigin(t, dead.clock, reply("first", "Cache-Control", "no-store")), newOrigin(t, dead.clock, reply("second"))
	spec := plainSpec()
	spec.Backups = []string{"b-1", "b-2"}
	e := newEdge(t, spec, dead)
	e.net.set("b-1", first.Listener.Addr().String())
	e.net.set("b-2", second.Listener.Addr().String())
	dead.Close()
	if r := e.get("/x"); r.StatusCode != http.StatusOK || r.body != "first" {
		t.Errorf("with the origin dead: %d %q", r.StatusCode, r.body)
	}
	first.Close()
	if r := e.get("/y"); r.StatusCode != http.StatusOK || r.body != "second" {
		t.Errorf("with a backup dead too: %d %q", r.StatusCode, r.body)
	}
	second.Close()
	if r := e.get("/z"); r.StatusCode != http.StatusBadGateway {
		t.Errorf("with all of them dead: %d", r.StatusCode)
	}
}
