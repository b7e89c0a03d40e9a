package cdn_test

import (
	"net/http"
	"testing"
	"time"

	"rung/targets/cdn"
)

const s = time.Second

// TestSecondAnswer asks twice, with a while in between, and looks at the
// second answer: where it came from, and how old it says it is.
func TestSecondAnswer(t *testing.T) {
	const etag = `"one"`
	list := func(header ...string) []string { return header }
	for _, row := range []struct {
		name          string
		origin        []string // headers
		first, second []string // request headers
		later         time.Duration
		ttl           time.Duration // of the edge
		status        string        // of the second answer
		age           string
		asked         int64 // questions to the origin
	}{
		{name: "fresh", origin: list("Cache-Control", "max-age=60"), later: 20 * s, status: "hit; ttl=40", age: "20", asked: 1},
		{name: "last moment", origin: list("Cache-Control", "max-age=60"), later: 60*s - 1, status: "hit; ttl=0", age: "59", asked: 1},
		{name: "stale at its end", origin: list("Cache-Control", "max-age=60"), later: 60 * s, status: "fwd=stale; fwd-status=200; stored; ttl=60", age: "0", asked: 2},
		{name: "revalidated", origin: list("Cache-Control", "max-age=60", "Etag", etag), later: 70 * s, status: "fwd=stale; fwd-status=304; ttl=60", age: "0", asked: 2},
		{name: "s-maxage wins", origin: list("Cache-Control", "max-age=1, s-maxage=100"), later: 20 * s, status: "hit; ttl=80", age: "20", asked: 1},
		{name: "s-maxage wins downwards", origin: list("Cache-Control", "max-age=100, s-maxage=1"), later: 20 * s, status: "fwd=stale; fwd-status=200; stored; ttl=1", age: "0", asked: 2},
		{name: "max-age beats Expires", origin: list("Cache-Control", "max-age=60", "Expires", "0"), later: s, status: "hit; ttl=59", age: "1", asked: 1},
		{name: "Expires", origin: list("Expires", newClock().date(90*s)), later: 60 * s, status: "hit; ttl=30", age: "60", asked: 1},
		{name: "Expires is no date", origin: list("Expires", "0"), ttl: 99 * s, status: "fwd=stale; fwd-status=200; stored; ttl=0", age: "0", asked: 2},
		{name: "bad max-age", origin: list("Cache-Control", "max-age=soon"), ttl: 99 * s, status: "fwd=stale; fwd-status=200; stored; ttl=0", age: "0", asked: 2},
		{name: "says nothing, edge has a ttl", ttl: 10 * s, later: 3 * s, status: "hit; ttl=7", age: "3", asked: 1},
		{name: "says nothing, edge has none", status: "fwd=stale; fwd-status=200; stored; ttl=0", age: "0", asked: 2},
		{name: "no guess from Last-Modified", origin: list("Last-Modified", newClock().date(-1000*s)), later: s,
			status: "fwd=stale; fwd-status=200; stored; ttl=0", age: "0", asked: 2},
		{name: "no-cache", origin: list("Cache-Control", "no-cache, max-age=60", "Etag", etag), status: "fwd=stale; fwd-status=304; ttl=60", age: "0", asked: 2},
		{name: "no-cache with a field", origin: list("Cache-Control", `no-cache="x, y", max-age=60`, "Etag", etag), status: "fwd=stale; fwd-status=304; ttl=60", age: "0", asked: 2},
		{name: "no-store", origin: list("Cache-Control", "no-store, max-age=60"), status: "fwd=uri-miss; fwd-status=200", asked: 2},
		{name: "private", origin: list("Cache-Control", "private, max-age=60"), status: "fwd=uri-miss; fwd-status=200", asked: 2},
		{name: "two lines", origin: list("Cache-Control", "max-age=60", "Cache-Control", "No-Store"), status: "fwd=uri-miss; fwd-status=200", asked: 2},
		{name: "Set-Cookie", origin: list("Cache-Control", "max-age=60", "Set-Cookie", "a=b"), status: "fwd=uri-miss; fwd-status=200", asked: 2},
		{name: "Authorization", origin: list("Cache-Control", "public, max-age=60"), first: list("Authorization", "x"),
			second: list("Authorization", "x"), status: "fwd=bypass; fwd-status=200", asked: 2},
		{name: "Authorization first only", origin: list("Cache-Control", "max-age=60"), first: list("Authorization", "x"),
			status: "fwd=uri-miss; fwd-status=200; stored; ttl=60", age: "0", asked: 2},
		{name: "Vary star", origin: list("Cache-Control", "max-age=60", "Vary", "*"), status: "fwd=uri-miss; fwd-status=200", asked: 2},
		{name: "Vary, same", origin: list("Cache-Control", "max-age=60", "Vary", "accept-encoding"), first: list("Accept-Encoding", "gzip,  br"),
			second: list("Accept-Encoding", "GZIP,br"), status: "hit; ttl=60", age: "0", asked: 1},
		{name: "Vary, other", origin: list("Cache-Control", "max-age=60", "Vary", "Accept-Encoding"), first: list("Accept-Encoding", "gzip"),
			second: list("Accept-Encoding", "br"), status: "fwd=vary-miss; fwd-status=200; stored; ttl=60", age: "0", asked: 2},
		{name: "Vary, missing", origin: list("Cache-Control", "max-age=60", "Vary", "Accept-Language"), first: list("Accept-Language", "de"),
			status: "fwd=vary-miss; fwd-status=200; stored; ttl=60", age: "0", asked: 2},
		{name: "origin's Age", origin: list("Cache-Control", "max-age=60", "Age", "25"), later: 5 * s, status: "hit; ttl=30", age: "30", asked: 1},
		{name: "Age above the lifetime", origin: list("Cache-Control", "max-age=60", "Age", "61"), later: s,
			status: "fwd=stale; fwd-status=200; stored; ttl=-1", age: "61", asked: 2},
		{name: "Age is no number", origin: list("Cache-Control", "max-age=60", "Age", "-5"), later: 5 * s, status: "hit; ttl=55", age: "5", asked: 1},
		{name: "immutable", origin: list("Cache-Control", "public, max-age=31536000, immutable"), later: time.Hour, status: "hit; ttl=31532400", age: "3600", asked: 1},
		{name: "request no-cache", origin: list("Cache-Control", "max-age=60", "Etag", etag), second: list("Cache-Control", "no-cache"),
			later: s, status: "fwd=request; fwd-status=304; ttl=60", age: "0", asked: 2},
		{name: "request pragma", origin: list("Cache-Control", "max-age=60", "Etag", etag), second: list("Pragma", "no-cache"),
			later: s, status: "fwd=request; fwd-status=304; ttl=60", age: "0", asked: 2},
		{name: "request max-age", origin: list("Cache-Control", "max-age=60", "Etag", etag), second: list("Cache-Control", "max-age=5"),
			later: 6 * s, status: "fwd=request; fwd-status=304; ttl=60", age: "0", asked: 2},
		{name: "request max-age, young enough", origin: list("Cache-Control", "max-age=60"), second: list("Cache-Control", "max-age=5"),
			later: 5 * s, status: "hit; ttl=55", age: "5", asked: 1},
		{name: "request min-fresh", origin: list("Cache-Control", "max-age=60"), second: list("Cache-Control", "min-fresh=10"),
			later: 51 * s, status: "fwd=request; fwd-status=200; stored; ttl=60", age: "0", asked: 2},
		{name: "request max-stale", origin: list("Cache-Control", "max-age=60"), second: list("Cache-Control", "max-stale=10"),
			later: 70 * s, status: "hit; ttl=-10", age: "70", asked: 1},
		{name: "request max-stale, any", origin: list("Cache-Control", "max-age=60"), second: list("Cache-Control", "max-stale"),
			later: 700 * s, status: "hit; ttl=-640", age: "700", asked: 1},
		{name: "request max-stale, too old", origin: list("Cache-Control", "max-age=60"), second: list("Cache-Control", "max-stale=10"),
			later: 71 * s, status: "fwd=stale; fwd-status=200; stored; ttl=60", age: "0", asked: 2},
		{name: "request max-stale against must-revalidate", origin: list("Cache-Control", "max-age=60, must-revalidate"),
			second: list("Cache-Control", "max-stale=10"), later: 61 * s, status: "fwd=stale; fwd-status=200; stored; ttl=60", age: "0", asked: 2},
		{name: "request no-store", origin: list("Cache-Control", "max-age=60"), first: list("Cache-Control", "no-store"),
			status: "fwd=uri-miss; fwd-status=200; stored; ttl=60", age: "0", asked: 2},
		{name: "request no-store may be answered", origin: list("Cache-Control", "max-age=60"), second: list("Cache-Control", "no-store"),
			status: "hit; ttl=60", age: "0", asked: 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			clock := newClock()
			o := newOrigin(t, clock, reply("one", row.origin...))
			spec := plainSpec()
			spec.TTL = row.ttl
			e := newEdge(t, spec, o)
			if a := e.get("/x", row.first...); a.StatusCode != 200 || a.body != "one" {
				t.Fatalf("first: %d %q", a.StatusCode, a.body)
			}
			e.metric("in_flight", 0)
			settle(e)
			clock.advance(row.later)
			a := e.get("/x", row.second...).want(t, 200, "one", row.status)
			if got := a.Header.Get("Age"); got != row.age {
				t.Errorf("Age is %q, want %q", got, row.age)
			}
			if got := o.hits.Load(); got != row.asked {
				t.Errorf("the origin was asked %d times, want %d", got, row.asked)
			}
		})
	}
}

// settle waits until the answer that a client has is stored, if it will be.
func settle(e *edge) {
	e.t.Helper()
	eventually(e.t, "questions to the origin are settled", func() bool { return e.Asking() == 0 })
}

func TestAgeCountsWhatDateSays(t *testing.T) {
	clock := newClock()
	o := newOrigin(t, clock, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", clock.date(-30*s))
		w.Header().Set("Cache-Control", "max-age=100")
	})
	e := newEdge(t, plainSpec(), o)
	e.get("/x").want(t, 200, "", "fwd=uri-miss; fwd-status=200; stored; ttl=70")
	settle(e)
	clock.advance(20 * s)
	if a := e.get("/x").want(t, 200, "", "hit; ttl=50"); a.Header.Get("Age") != "50" {
		t.Errorf("Age is %s", a.Header.Get("Age"))
	}
}

func TestAgeCountsTheDelayOfTheAnswer(t *testing.T) {
	clock := newClock()
	o := newOrigin(t, clock, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=100")
		w.Header().Set("Age", "7")
		clock.advance(5 * s)
	})
	e := newEdge(t, plainSpec(), o)
	if a := e.get("/x").want(t, 200, "", "fwd=uri-miss; fwd-status=200; stored; ttl=88"); a.Header.Get("Age") != "12" {
		t.Errorf("Age is %s", a.Header.Get("Age"))
	}
}

func TestValidationBringsNewHeadersOrANewBody(t *testing.T) {
	clock := newClock()
	o := newOrigin(t, clock, reply("one", "Etag", `"1"`, "Cache-Control", "max-age=10", "X-Turn", "first"))
	e := newEdge(t, plainSpec(), o)
	e.get("/x")
	settle(e)
	o.serve(reply("one", "Etag", `"1"`, "Cache-Control", "max-age=20", "X-Turn", "second"))
	clock.advance(11 * s)
	if a := e.get("/x").want(t, 200, "one", "fwd=stale; fwd-status=304; ttl=20"); a.Header.Get("X-Turn") != "second" {
		t.Errorf("headers were not refreshed: %v", a.Header)
	}
	if got := o.seen().Get("If-None-Match"); got != `"1"` {
		t.Errorf("If-None-Match was %q", got)
	}
	o.serve(reply("two", "Etag", `"2"`, "Cache-Control", "max-age=20"))
	clock.advance(21 * s)
	if a := e.get("/x").want(t, 200, "two", "fwd=stale; fwd-status=200; stored; ttl=20"); a.Header.Get("X-Turn") != "" {
		t.Errorf("old headers are left: %v", a.Header)
	}
	settle(e)
	e.get("/x").want(t, 200, "two", "hit; ttl=20")
	// A 304 about another body must not revive the stored one.
	o.serve(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Etag", `"3"`)
		if r.Header.Get("If-None-Match") != "" {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = w.Write([]byte("three"))
	})
	clock.advance(21 * s)
	e.get("/x").want(t, 200, "three", "fwd=stale; fwd-status=200; stored; ttl=0")
}

func TestValidationByDate(t *testing.T) {
	clock := newClock()
	at := clock.date(-time.Hour)
	o := newOrigin(t, clock, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Last-Modified", at)
		w.Header().Set("Cache-Control", "max-age=10")
		if r.Header.Get("If-Modified-Since") == at {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = w.Write([]byte("one"))
	})
	e := newEdge(t, plainSpec(), o)
	e.get("/x")
	settle(e)
	clock.advance(10 * s)
	e.get("/x").want(t, 200, "one", "fwd=stale; fwd-status=304; ttl=10")
}

func TestConditionsAndRangesFromTheStore(t *testing.T) {
	o := newOrigin(t, newClock(), reply("0123456789", "Etag", `"1"`, "Cache-Control", "max-age=60", "Content-Type", "text/plain"))
	e := newEdge(t, plainSpec(), o)
	// The first one is a range already: the origin is asked for the whole.
	e.get("/x", "Range", "bytes=2-4").want(t, 206, "234", "fwd=uri-miss; fwd-status=200; stored; ttl=60")
	if got := o.seen().Get("Range"); got != "" {
		t.Errorf("the origin was asked for the range %s", got)
	}
	for _, row := range []struct {
		name   string
		header []string
		code   int
		body   string
	}{
		{"range", []string{"Range", "bytes=0-1"}, 206, "01"},
		{"suffix", []string{"Range", "bytes=-3"}, 206, "789"},
		{"beyond", []string{"Range", "bytes=10-"}, 416, "invalid range: failed to overlap\n"},
		{"if-range same", []string{"Range", "bytes=0-1", "If-Range", `"1"`}, 206, "01"},
		{"if-range other", []string{"Range", "bytes=0-1", "If-Range", `"0"`}, 200, "0123456789"},
		{"has it", []string{"If-None-Match", `"1"`}, 304, ""},
		{"has it among others", []string{"If-None-Match", `"0", W/"1"`}, 304, ""},
		{"has another", []string{"If-None-Match", `"0"`}, 200, "0123456789"},
		{"if-match fails", []string{"If-Match", `"0"`}, 412, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			a := e.get("/x", row.header...).want(t, row.code, row.body, "hit; ttl=60")
			if a.Header.Get("Age") != "0" {
				t.Errorf("Age is %q", a.Header.Get("Age"))
			}
		})
	}
	if a := e.do("HEAD", "/x").want(t, 200, "", "hit; ttl=60"); a.ContentLength != 10 {
		t.Errorf("HEAD has length %d", a.ContentLength)
	}
	if got := o.hits.Load(); got != 1 {
		t.Errorf("the origin was asked %d times", got)
	}
}

func TestStatusesThatAreKept(t *testing.T) {
	for _, row := range []struct {
		code   int
		header []string
		asked  int64
	}{
		{200, nil, 1}, {404, []string{"Cache-Control", "max-age=9"}, 1}, {301, []string{"Cache-Control", "max-age=9"}, 1},
		{404, nil, 2}, {301, nil, 2}, {302, []string{"Cache-Control", "max-age=9"}, 2}, {206, []string{"Cache-Control", "max-age=9"}, 2},
		{500, []string{"Cache-Control", "max-age=9"}, 2}, {204, []string{"Cache-Control", "max-age=9"}, 1},
	} {
		o := newOrigin(t, newClock(), func(w http.ResponseWriter, r *http.Request) {
			if row.header != nil {
				w.Header().Set(row.header[0], row.header[1])
			}
			w.WriteHeader(row.code)
		})
		spec := plainSpec()
		spec.TTL = time.Minute
		e := newEdge(t, spec, o)
		for range 2 {
			if a := e.get("/x"); a.StatusCode != row.code {
				t.Fatalf("status %d, want %d", a.StatusCode, row.code)
			}
			settle(e)
		}
		if got := o.hits.Load(); got != row.asked {
			t.Errorf("status %d with %v: asked %d times, want %d", row.code, row.header, got, row.asked)
		}
	}
}

func TestOnlyIfCached(t *testing.T) {
	o := newOrigin(t, newClock(), reply("one", "Cache-Control", "max-age=10"))
	e := newEdge(t, plainSpec(), o)
	if a := e.get("/x", "Cache-Control", "only-if-cached"); a.StatusCode != http.StatusGatewayTimeout || o.hits.Load() != 0 {
		t.Errorf("status %d, origin asked %d times", a.StatusCode, o.hits.Load())
	}
	e.get("/x")
	settle(e)
	e.get("/x", "Cache-Control", "only-if-cached").want(t, 200, "one", "hit; ttl=10")
}

func TestKeys(t *testing.T) {
	o := newOrigin(t, newClock(), func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=10")
		_, _ = w.Write([]byte(r.Host + r.RequestURI))
	})
	spec, n := plainSpec(), &network{}
	n.set("lb", o.Listener.Addr().String())
	e := newEdgeOn(t, spec, cdnConfig(o), n, o.clock)
	for _, path := range []string{"/a", "/a?v=1", "/a?v=2", "/a%2Fb", "/a/b"} {
		if a := e.get(path, "Host", "ignored"); a.body != "static.shop.example"+path {
			t.Errorf("%s answered %s", path, a.body)
		}
	}
	settle(e)
	if got := e.Metrics()["entries"]; got != 5 {
		t.Errorf("%v entries", got)
	}
	r, err := http.NewRequest("GET", e.url+"/a", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "other.example"
	res, err := e.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if got := res.Header.Get("Cache-Status"); got != "edge-a-eu; hit; ttl=10" {
		t.Errorf("by another host: %s", got)
	}
}

func cdnConfig(o *origin) cdn.Config {
	return cdn.Config{Role: "edge-a-eu", Now: o.clock.now, Site: "static.shop.example."}
}
