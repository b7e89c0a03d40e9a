package cdn_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// gate is an origin that holds its answers until it is opened.
type gate struct {
	arrived, open chan struct{}
	then          http.HandlerFunc
}

func newGate(then http.HandlerFunc) *gate {
	return &gate{arrived: make(chan struct{}, 100), open: make(chan struct{}), then: then}
}

// wait returns when a request has arrived.
func (g *gate) wait(t testing.TB) {
	t.Helper()
	select {
	case <-g.arrived:
	case <-time.After(30 * time.Second):
		t.Fatal("the origin was not asked")
	}
}

func (g *gate) serve(w http.ResponseWriter, r *http.Request) {
	g.arrived <- struct{}{}
	select {
	case <-g.open:
	case <-r.Context().Done():
		return
	}
	g.then(w, r)
}

func TestManyMissesAskOnce(t *testing.T) {
	g := newGate(reply("one", "Cache-Control", "max-age=60", "Server-Timing", "web-cpu;dur=3"))
	o := newOrigin(t, newClock(), g.serve)
	e := newEdge(t, plainSpec(), o)
	const clients = 30
	answers := make([]answer, clients)
	var group sync.WaitGroup
	for i := range clients {
		group.Go(func() {
			var err error
			if answers[i], err = e.try("GET", "/x", nil); err != nil {
				t.Error(err)
			}
		})
	}
	g.wait(t)
	e.metric("collapsed_total", clients-1)
	close(g.open)
	group.Wait()
	leaders := 0
	for _, a := range answers {
		if a.StatusCode != 200 || a.body != "one" {
			t.Errorf("got %d %q", a.StatusCode, a.body)
		}
		timing := a.Header.Get("Server-Timing")
		if !strings.HasPrefix(timing, "edge-queue;dur=0, edge-cpu;dur=0, origin;dur=") {
			t.Errorf("Server-Timing is %q", timing)
		}
		switch a.status() {
		case "edge-a-eu; fwd=uri-miss; fwd-status=200; stored; ttl=60":
			leaders++
			if !strings.HasSuffix(timing, ", web-cpu;dur=3") {
				t.Errorf("the leader's Server-Timing is %q", timing)
			}
		case "edge-a-eu; fwd=uri-miss; fwd-status=200; stored; collapsed; ttl=60":
			if strings.Contains(timing, "web-cpu") {
				t.Errorf("Server-Timing of a follower is %q", timing)
			}
		default:
			t.Errorf("Cache-Status is %q", a.status())
		}
	}
	if leaders != 1 || o.hits.Load() != 1 {
		t.Errorf("%d leaders, origin asked %d times", leaders, o.hits.Load())
	}
	a := e.get("/x").want(t, 200, "one", "hit; ttl=60")
	if got := a.Header.Get("Server-Timing"); got != "edge-queue;dur=0, edge-cpu;dur=0" {
		t.Errorf("Server-Timing of a hit is %q", got)
	}
}

// A body reaches everybody while it arrives, also who came in its middle.
func TestBodiesStream(t *testing.T) {
	half := make(chan struct{})
	o := newOrigin(t, newClock(), func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=60")
		w.Header().Set("Content-Length", "6")
		_, _ = io.WriteString(w, "one")
		_ = http.NewResponseController(w).Flush()
		select {
		case <-half:
			_, _ = io.WriteString(w, "two")
		case <-r.Context().Done():
		}
	})
	e := newEdge(t, plainSpec(), o)
	var bodies []*bufio.Reader
	for range 3 {
		res, err := e.client.Get(e.url + "/x")
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b := bufio.NewReader(res.Body)
		start := make([]byte, 3)
		if _, err := io.ReadFull(b, start); err != nil || string(start) != "one" {
			t.Fatalf("%q, %v", start, err)
		}
		bodies = append(bodies, b)
	}
	close(half)
	for _, b := range bodies {
		if rest, err := io.ReadAll(b); err != nil || string(rest) != "two" {
			t.Errorf("%q, %v", rest, err)
		}
	}
	settle(e)
	e.get("/x").want(t, 200, "onetwo", "hit; ttl=60")
	if o.hits.Load() != 1 {
		t.Errorf("the origin was asked %d times", o.hits.Load())
	}
}

// The first client leaves, and the others get their answer all the same.
func TestALeaderMayLeave(t *testing.T) {
	g := newGate(reply("one", "Cache-Control", "max-age=60"))
	o := newOrigin(t, newClock(), g.serve)
	e := newEdge(t, plainSpec(), o)
	ctx, leave := context.WithCancel(context.Background())
	defer leave()
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		r, err := http.NewRequestWithContext(ctx, "GET", e.url+"/x", nil)
		if err != nil {
			t.Error(err)
			return
		}
		if res, err := e.client.Do(r); err == nil {
			_ = res.Body.Close()
			t.Error("the leader got an answer")
		}
	}()
	g.wait(t)
	got := make(chan answer, 1)
	go func() { got <- must(e.try("GET", "/x", nil)) }()
	e.metric("collapsed_total", 1)
	leave()
	<-gone
	e.metric("client_aborts_total", 1)
	close(g.open)
	(<-got).want(t, 200, "one", "fwd=uri-miss; fwd-status=200; stored; collapsed; ttl=60")
	if o.hits.Load() != 1 {
		t.Errorf("the origin was asked %d times", o.hits.Load())
	}
}

func must(a answer, err error) answer {
	if err != nil {
		return answer{Response: &http.Response{}, body: err.Error()}
	}
	return a
}

// What must not be kept is not shared either: everybody asks for himself.
func TestPrivateAnswersAreNotShared(t *testing.T) {
	var mu sync.Mutex
	n := 0
	g := newGate(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		n++
		reply(fmt.Sprint(n), "Cache-Control", "private")(w, r)
	})
	o := newOrigin(t, newClock(), g.serve)
	e := newEdge(t, plainSpec(), o)
	bodies := make(chan string, 5)
	for range cap(bodies) {
		go func() { bodies <- must(e.try("GET", "/me", nil)).body }()
	}
	e.metric("collapsed_total", 4)
	close(g.open)
	seen := map[string]bool{}
	for range cap(bodies) {
		seen[<-bodies] = true
	}
	if len(seen) != cap(bodies) || o.hits.Load() != int64(cap(bodies)) {
		t.Errorf("%d different answers, origin asked %d times", len(seen), o.hits.Load())
	}
}

// Clients that differ in what the answer varies on do not get each other's.
func TestFollowersGetTheirOwnVariant(t *testing.T) {
	g := newGate(func(w http.ResponseWriter, r *http.Request) {
		reply("in "+r.Header.Get("Accept-Language"), "Cache-Control", "max-age=60", "Vary", "Accept-Language")(w, r)
	})
	o := newOrigin(t, newClock(), g.serve)
	e := newEdge(t, plainSpec(), o)
	var group sync.WaitGroup
	for _, language := range []string{"de", "fr", "de", "en"} {
		group.Go(func() {
			if a := must(e.try("GET", "/x", nil, "Accept-Language", language)); a.body != "in "+language {
				t.Errorf("%s got %q", language, a.body)
			}
		})
	}
	e.metric("collapsed_total", 3)
	close(g.open)
	group.Wait()
}

// A client that wants a new answer does not take one that was asked for
// before.
func TestReloadsDoNotJoin(t *testing.T) {
	g := newGate(reply("one", "Cache-Control", "max-age=60"))
	o := newOrigin(t, newClock(), reply("one", "Cache-Control", "max-age=1"))
	e := newEdge(t, plainSpec(), o)
	e.get("/x")
	settle(e)
	o.serve(g.serve)
	o.clock.advance(s)
	first, second := make(chan answer, 1), make(chan answer, 1)
	go func() { first <- must(e.try("GET", "/x", nil)) }()
	g.wait(t)
	go func() { second <- must(e.try("GET", "/x", nil, "Cache-Control", "no-cache")) }()
	g.wait(t)
	close(g.open)
	(<-first).want(t, 200, "one", "fwd=stale; fwd-status=200; stored; ttl=60")
	(<-second).want(t, 200, "one", "fwd=request; fwd-status=200; stored; ttl=60")
}

func TestVariantsAreBounded(t *testing.T) {
	o := newOrigin(t, newClock(), reply("one", "Cache-Control", "max-age=60", "Vary", "X-Any"))
	e := newEdge(t, plainSpec(), o)
	for i := range 40 {
		e.get("/x", "X-Any", fmt.Sprint(i))
	}
	settle(e)
	if got := e.Metrics(); got["entries"] != 16 || got["unstored_total"] != 24 {
		t.Errorf("%v entries, %v not stored", got["entries"], got["unstored_total"])
	}
}
