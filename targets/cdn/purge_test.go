package cdn_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"sync/atomic"
	"testing"
	"time"

	"rung/targets"
	"rung/targets/cdn"
)

func purged(t *testing.T, a answer, code int) cdn.Purged {
	t.Helper()
	var p cdn.Purged
	if err := json.Unmarshal([]byte(a.body), &p); err != nil || a.StatusCode != code {
		t.Fatalf("purge: %d %q, want %d: %v", a.StatusCode, a.body, code, err)
	}
	return p
}

func TestPurgeRemoves(t *testing.T) {
	paths := []string{"/assets/a", "/assets/a?v=1", "/assets/a?v=2", "/assets/ab", "/other"}
	for _, row := range []struct {
		target string
		header []string
		left   []bool
	}{
		{"/assets/a", nil, []bool{false, true, true, true, true}},
		{"/assets/a?v=1", nil, []bool{true, false, true, true, true}},
		{"/assets/a", []string{"Purge-All-Versions", "1"}, []bool{false, false, false, true, true}},
		{"/assets/a*", nil, []bool{false, false, false, false, true}},
		{"/assets/*", nil, []bool{false, false, false, false, true}},
		{"/*", nil, []bool{false, false, false, false, false}},
		{"/nothing", nil, []bool{true, true, true, true, true}},
		{"/assets/a?v=*", nil, []bool{true, true, true, true, true}}, // a star in a query is a star
	} {
		t.Run(fmt.Sprint(row.target, row.header), func(t *testing.T) {
			o := newOrigin(t, newClock(), reply("one", "Cache-Control", "max-age=60"))
			e := newEdge(t, plainSpec(), o)
			for _, path := range paths {
				e.get(path)
			}
			settle(e)
			p := purged(t, e.do("PURGE", row.target, row.header...), 200)
			gone := 0
			for i, path := range paths {
				there := e.get(path, "Cache-Control", "only-if-cached").StatusCode == 200
				if there != row.left[i] {
					t.Errorf("%s is there: %v", path, there)
				}
				if !row.left[i] {
					gone++
				}
			}
			want := cdn.Purged{Target: row.target, Removed: gone,
				Edges: []cdn.EdgePurge{{Edge: "edge-a-eu", Removed: gone}}, Failed: []cdn.FailedPurge{}}
			if !reflect.DeepEqual(p, want) {
				t.Errorf("got %+v, want %+v", p, want)
			}
			if o.hits.Load() != int64(len(paths)) {
				t.Errorf("the origin was asked %d times: a purge is not its business", o.hits.Load())
			}
		})
	}
}

func TestPurgeRemovesAllVariants(t *testing.T) {
	o := newOrigin(t, newClock(), reply("one", "Cache-Control", "max-age=60", "Vary", "Accept-Encoding"))
	e := newEdge(t, plainSpec(), o)
	for _, encoding := range []string{"gzip", "br", "zstd"} {
		e.get("/x", "Accept-Encoding", encoding)
	}
	settle(e)
	if p := purged(t, e.do("PURGE", "/x"), 200); p.Removed != 3 {
		t.Errorf("removed %d", p.Removed)
	}
}

func TestPurgeNeedsTheToken(t *testing.T) {
	o := newOrigin(t, newClock(), reply("one", "Cache-Control", "max-age=60"))
	spec := plainSpec()
	spec.PurgeKey = "secret"
	e := newEdge(t, spec, o)
	e.get("/x")
	settle(e)
	for _, authorization := range []string{"", "secret", "Basic secret", "Bearer", "Bearer Secret", "Bearer secret2"} {
		a := e.do("PURGE", "/x", "Authorization", authorization)
		if a.StatusCode != http.StatusUnauthorized || a.Header.Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%q: status %d", authorization, a.StatusCode)
		}
	}
	e.get("/x").want(t, 200, "one", "hit; ttl=60")
	if p := purged(t, e.do("PURGE", "/x", "Authorization", "bearer secret"), 200); p.Removed != 1 {
		t.Errorf("removed %d", p.Removed)
	}
}

// family starts edges that are peers of one another, with one origin.
func family(t *testing.T, o *origin, spec targets.Edge, names ...string) map[string]*edge {
	t.Helper()
	n := &network{}
	n.set("lb", o.Listener.Addr().String())
	spec.Peers = names
	edges := map[string]*edge{}
	for _, name := range names {
		edges[name] = newEdgeOn(t, spec, cdn.Config{Role: name, Now: o.clock.now}, n, o.clock)
	}
	return edges
}

func TestPurgeReachesThePeers(t *testing.T) {
	o := newOrigin(t, newClock(), reply("one", "Cache-Control", "max-age=60"))
	spec := plainSpec()
	spec.PurgeKey = "secret"
	edges := family(t, o, spec, "edge-eu", "edge-us", "edge-asia")
	for _, e := range edges {
		e.get("/x")
		e.get("/x?v=1")
		settle(e)
	}
	p := purged(t, edges["edge-us"].do("PURGE", "/x", "Authorization", "Bearer secret", "Purge-All-Versions", "1"), 200)
	want := cdn.Purged{Target: "/x", Removed: 6, Failed: []cdn.FailedPurge{},
		Edges: []cdn.EdgePurge{{Edge: "edge-us", Removed: 2}, {Edge: "edge-eu", Removed: 2}, {Edge: "edge-asia", Removed: 2}}}
	if !reflect.DeepEqual(p, want) {
		t.Errorf("got %+v, want %+v", p, want)
	}
	for name, e := range edges {
		// Each was told once: a relayed purge is not relayed again.
		if m := e.Metrics(); m["entries"] != 0 || m["purges_total"] != 1 {
			t.Errorf("%s: %v entries, %v purges", name, m["entries"], m["purges_total"])
		}
	}
	edges["edge-eu"].get("/x")
	settle(edges["edge-eu"])
	p = purged(t, edges["edge-us"].do("PURGE", "/x", "Authorization", "Bearer secret", "Rung-Purge-Relay", "1"), 200)
	if p.Removed != 0 || len(p.Edges) != 1 {
		t.Errorf("a relayed purge went on: %+v", p)
	}
}

func TestPurgeNamesThePeersItDidNotReach(t *testing.T) {
	o := newOrigin(t, newClock(), reply("one", "Cache-Control", "max-age=60"))
	edges := family(t, o, plainSpec(), "edge-eu", "edge-us", "edge-asia")
	eu, us, asia := edges["edge-eu"], edges["edge-us"], edges["edge-asia"]
	for _, e := range edges {
		e.get("/x")
		settle(e)
	}
	_ = asia.Close()
	asia.net.set("edge-asia", "")
	p := purged(t, eu.do("PURGE", "/x"), http.StatusBadGateway)
	if p.Removed != 2 || len(p.Edges) != 2 || len(p.Failed) != 1 || p.Failed[0].Edge != "edge-asia" || p.Failed[0].Error == "" {
		t.Errorf("got %+v", p)
	}
	if a := us.get("/x", "Cache-Control", "only-if-cached"); a.StatusCode != http.StatusGatewayTimeout {
		t.Errorf("edge-us still answers %d %q", a.StatusCode, a.body)
	}
	eu.metric("purge_relay_failures_total", 1)
}

// What the origin said before a purge is not kept after it: not a whole
// answer, not a validation, not one whose body is still on its way.
func TestPurgeBeatsWhatIsOnItsWay(t *testing.T) {
	for _, row := range []struct {
		name  string
		purge func(e *edge)
	}{
		{"exact", func(e *edge) { e.do("PURGE", "/x") }},
		{"prefix", func(e *edge) { e.do("PURGE", "/*") }},
		{"versions", func(e *edge) { e.do("PURGE", "/x", "Purge-All-Versions", "1") }},
		{"flush", func(e *edge) { e.Flush() }},
		{"unsafe method", func(e *edge) { e.do("POST", "/x") }},
	} {
		for _, kind := range []string{"whole", "validation", "body"} {
			t.Run(row.name+" "+kind, func(t *testing.T) { fence(t, kind, row.purge) })
		}
	}
}

func fence(t *testing.T, kind string, purge func(*edge)) {
	const caching = "max-age=60"
	o := newOrigin(t, newClock(), reply("old", "Cache-Control", "max-age=1", "Etag", `"old"`))
	e := newEdge(t, plainSpec(), o)
	if kind == "validation" {
		e.get("/x")
		settle(e)
		o.clock.advance(s)
	}
	arrived, open := make(chan struct{}), make(chan struct{})
	var old atomic.Bool
	old.Store(true)
	o.serve(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != "GET" {
			return
		}
		if !old.CompareAndSwap(true, false) {
			reply("new", "Cache-Control", caching, "Etag", `"new"`)(w, r)
			return
		}
		if kind == "body" {
			w.Header().Set("Cache-Control", caching)
			w.Header().Set("Content-Length", "3")
			_, _ = w.Write([]byte("o"))
			_ = http.NewResponseController(w).Flush()
		}
		close(arrived)
		<-open
		if kind == "body" {
			_, _ = w.Write([]byte("ld"))
			return
		}
		reply("old", "Cache-Control", caching, "Etag", `"old"`)(w, r)
	})
	before := make(chan answer, 1)
	go func() { before <- must(e.try("GET", "/x", nil)) }()
	<-arrived
	if kind == "body" {
		e.metric("misses_total", 1)
	}
	purge(e)
	// Who asks after the purge does not join the question from before it.
	after := must(e.try("GET", "/x", nil))
	if after.body != "new" {
		t.Errorf("after the purge: %q, %s", after.body, after.status())
	}
	settleBut(e, 1)
	close(open)
	if a := <-before; a.body != "old" {
		t.Errorf("who asked before the purge got %q", a.body)
	}
	settle(e)
	e.get("/x").want(t, 200, "new", "hit; ttl=60")
	if m := e.Metrics(); m["fenced_total"] != 1 || m["unstored_total"] != 1 {
		t.Errorf("fenced %v, not stored %v", m["fenced_total"], m["unstored_total"])
	}
}

// settleBut waits until only n questions are under way.
func settleBut(e *edge, n int) {
	e.t.Helper()
	eventually(e.t, "other questions are settled", func() bool { return e.Asking() == n })
}

// A stale answer that was purged is not served even when the origin is dead.
func TestPurgeBeatsStaleIfError(t *testing.T) {
	o := newOrigin(t, newClock(), reply("old", "Cache-Control", "max-age=1"))
	spec := plainSpec()
	spec.StaleIfError = time.Hour
	e := newEdge(t, spec, o)
	e.get("/x")
	settle(e)
	o.clock.advance(2 * s)
	g := newGate(broken)
	o.serve(g.serve)
	got := make(chan answer, 1)
	go func() { got <- must(e.try("GET", "/x", nil)) }()
	g.wait(t)
	e.do("PURGE", "/x")
	close(g.open)
	if a := <-got; a.StatusCode != http.StatusBadGateway {
		t.Errorf("got %d %q %s", a.StatusCode, a.body, a.status())
	}
}
