package cdn_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"rung/targets"
)

// hangSpec may serve stale for long, and gives up on the origin soon.
func hangSpec() targets.Edge {
	spec := plainSpec()
	spec.Timeout, spec.StaleIfError = 400*time.Millisecond, time.Hour
	return spec
}

// newHanging is an edge with fresh answers for /0 to /9 that went stale, whose
// origin then hangs.
func newHanging(t *testing.T, caching string) (*edge, *origin, *gate) {
	t.Helper()
	o := newOrigin(t, newClock(), reply("old", "Cache-Control", caching, "Etag", `"1"`))
	e := newEdge(t, hangSpec(), o)
	for i := range 10 {
		e.get(fmt.Sprint("/", i))
	}
	settle(e)
	o.clock.advance(12 * s)
	g := newGate(reply("new", "Cache-Control", "max-age=60", "Etag", `"2"`))
	o.serve(g.serve)
	return e, o, g
}

// TestOnlyTheFirstWaitsForAHangingOrigin: after one time-out stale answers are
// served at once, with one question at a time behind them; when the origin
// answers again, so does the edge.
func TestOnlyTheFirstWaitsForAHangingOrigin(t *testing.T) {
	e, o, g := newHanging(t, "max-age=10")
	e.get("/0").want(t, 200, "old", "fwd=stale; ttl=-2; detail=stale-if-error")
	e.metric("origin_hangs", 1)
	before := o.hits.Load()
	for i := range 100 {
		a := e.get(fmt.Sprint("/", i%10)).want(t, 200, "old", "hit; ttl=-2; detail=origin-hangs")
		if strings.Contains(a.Header.Get("Server-Timing"), "origin") {
			t.Fatalf("it waited for the origin: %s", a.Header.Get("Server-Timing"))
		}
		if n := e.Asking(); n > 1 {
			t.Fatalf("%d questions to an origin that hangs", n)
		}
	}
	if o.hits.Load() == before {
		t.Error("nobody looks whether the origin is back")
	}
	m := e.Metrics()
	if m["spared_total"] != 100 || m["stale_total"] != 101 || m["hits_total"] != 100 || m["misses_total"] != 11 {
		t.Errorf("spared %v, stale %v, hits %v, misses %v; want 100, 101, 100, 11",
			m["spared_total"], m["stale_total"], m["hits_total"], m["misses_total"])
	}
	close(g.open)
	eventually(t, "the origin is trusted again", func() bool {
		e.get("/1") // brings the next probe when the last one timed out
		return e.Metrics()["origin_hangs"] == 0
	})
	settle(e)
	e.get("/5").want(t, 200, "new", "fwd=stale; fwd-status=200; stored; ttl=60")
	settle(e)
	e.get("/5").want(t, 200, "new", "hit; ttl=60")
}

// TestProbeRefreshes: what a probe brings is kept, though its own request got
// the stale answer.
func TestProbeRefreshes(t *testing.T) {
	e, o, _ := newHanging(t, "max-age=10")
	e.get("/0")
	o.serve(reply("new", "Cache-Control", "max-age=60", "Etag", `"2"`))
	e.get("/7").want(t, 200, "old", "hit; ttl=-2; detail=origin-hangs")
	settle(e)
	e.get("/7").want(t, 200, "new", "hit; ttl=60")
	e.metric("origin_hangs", 0)
}

// TestWhatMayNotBeStaleWaits: requests that nothing stored may answer are told
// what is wrong, each by itself.
func TestWhatMayNotBeStaleWaits(t *testing.T) {
	e, _, g := newHanging(t, "max-age=10")
	e.get("/0")
	e.metric("origin_hangs", 1)
	for _, row := range []struct {
		path   string
		header []string
		want   string
	}{
		{"/new", nil, "fwd=uri-miss; detail=origin-timeout"},
		{"/1", []string{"Cache-Control", "no-cache"}, "fwd=request; detail=origin-timeout"},
		{"/2", []string{"Cache-Control", "only-if-cached"}, "fwd=stale; detail=only-if-cached"},
		{"/3", []string{"Cache-Control", "stale-if-error=1"}, "fwd=stale; detail=origin-timeout"},
	} {
		a := e.get(row.path, row.header...)
		if got := strings.TrimPrefix(a.status(), "edge-a-eu; "); a.StatusCode != http.StatusGatewayTimeout || got != row.want {
			t.Errorf("%s %v: %d %q, want 504 %q", row.path, row.header, a.StatusCode, got, row.want)
		}
	}
	if n := e.Metrics()["spared_total"]; n != 0 {
		t.Errorf("%v requests were spared", n)
	}
	close(g.open)
	forbidden, _, gate := newHanging(t, "max-age=10, must-revalidate")
	for range 2 {
		if a := forbidden.get("/0"); a.StatusCode != http.StatusGatewayTimeout {
			t.Errorf("must-revalidate: %d %q", a.StatusCode, a.status())
		}
	}
	close(gate.open)
}

// TestQuickFailuresAreNoHanging: the origin is asked each time, and the answer
// is new the moment that it is back.
func TestQuickFailuresAreNoHanging(t *testing.T) {
	e, o, _ := newHanging(t, "max-age=10")
	for _, failing := range []http.HandlerFunc{overloaded, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }} {
		o.serve(failing)
		for range 3 {
			if a := e.get("/4"); a.StatusCode != 200 || !strings.Contains(a.status(), "detail=stale-if-error") {
				t.Fatalf("got %d %q", a.StatusCode, a.status())
			}
		}
	}
	if m := e.Metrics(); m["origin_hangs"] != 0 || m["spared_total"] != 0 || m["stale_total"] != 6 {
		t.Errorf("metrics %v", m)
	}
	settle(e)
	o.serve(reply("new", "Cache-Control", "max-age=60"))
	e.get("/4").want(t, 200, "new", "fwd=stale; fwd-status=200; stored; ttl=60")
}

// TestHangingBody: an origin that stops in the middle of its answers hangs too.
func TestHangingBody(t *testing.T) {
	e, o, _ := newHanging(t, "max-age=10")
	open := make(chan struct{})
	o.serve(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=10")
		_, _ = w.Write([]byte("half"))
		_ = http.NewResponseController(w).Flush()
		select {
		case <-open:
		case <-r.Context().Done():
		}
	})
	e.get("/0").want(t, 200, "old", "fwd=stale; ttl=-2; detail=stale-if-error")
	e.metric("origin_hangs", 1)
	e.get("/1").want(t, 200, "old", "hit; ttl=-2; detail=origin-hangs")
	close(open)
}

// TestCloseEndsProbe: an edge does not outlive its own question.
func TestCloseEndsProbe(t *testing.T) {
	e, _, g := newHanging(t, "max-age=10")
	e.get("/0")
	e.get("/1").want(t, 200, "old", "hit; ttl=-2; detail=origin-hangs")
	g.wait(t)
	if err := e.Close(); err != nil || e.Asking() != 0 {
		t.Errorf("close: %v, %d questions left", err, e.Asking())
	}
}
