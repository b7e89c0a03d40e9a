package cdn_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"rung/targets"
	"rung/targets/cdn"
	"rung/targets/clock"
	"rung/targets/machine"
)

func TestOtherMethodsPass(t *testing.T) {
	o := newOrigin(t, newClock(), func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Server-Timing", "web-cpu;dur=3")
		w.Header().Set("X-Got", r.Method+" "+string(body))
		w.WriteHeader(http.StatusCreated)
	})
	e := newEdge(t, plainSpec(), o)
	for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "OPTIONS"} {
		a, err := e.try(method, "/assets/asset-00.bin", strings.NewReader("data"))
		if err != nil {
			t.Fatal(err)
		}
		a.want(t, 201, "", "fwd=method; fwd-status=201")
		if got := a.Header.Get("X-Got"); got != method+" data" {
			t.Errorf("%s: the origin got %q", method, got)
		}
		if got := a.Header.Get("Server-Timing"); !strings.HasSuffix(got, ", web-cpu;dur=3") {
			t.Errorf("%s: Server-Timing %q", method, got)
		}
	}
	if a := e.do("TRACE", "/"); a.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("TRACE: %d", a.StatusCode)
	}
}

func TestUnsafeMethodsInvalidate(t *testing.T) {
	for _, row := range []struct {
		method, path string
		code         int
		header       []string
		gone         bool
	}{
		{"POST", "/x", 200, nil, true}, {"PUT", "/x", 204, nil, true}, {"DELETE", "/x", 303, nil, true},
		{"POST", "/x", 500, nil, false}, {"POST", "/x", 404, nil, false}, {"OPTIONS", "/x", 200, nil, false},
		{"POST", "/y", 200, nil, false},
		{"POST", "/y", 201, []string{"Location", "/x"}, true},
		{"POST", "/y", 200, []string{"Content-Location", "x"}, true},
		{"POST", "/y", 201, []string{"Location", "http://elsewhere.example/x"}, false},
	} {
		o := newOrigin(t, newClock(), reply("one", "Cache-Control", "max-age=60"))
		e := newEdge(t, plainSpec(), o)
		e.get("/x")
		settle(e)
		o.serve(func(w http.ResponseWriter, r *http.Request) {
			if row.header != nil {
				w.Header().Set(row.header[0], row.header[1])
			}
			w.WriteHeader(row.code)
		})
		e.do(row.method, row.path)
		if gone := e.Metrics()["entries"] == 0; gone != row.gone {
			t.Errorf("%s %s answered %d %v: gone is %v", row.method, row.path, row.code, row.header, gone)
		}
	}
}

func TestHeadersOnTheWay(t *testing.T) {
	o := newOrigin(t, newClock(), reply("one", "Cache-Control", "max-age=60", "Connection", "X-Secret", "X-Secret", "1",
		"Keep-Alive", "timeout=5", "Via", "1.1 lb", "X-Served-By", "web-1", "Cache-Status", "inner; hit", "Server-Timing", "web-cpu;dur=3"))
	e := newEdge(t, plainSpec(), o)
	for range 2 {
		a := e.get("/x", "Connection", "X-Mine", "X-Mine", "1", "X-Forwarded-For", "10.0.0.1", "Te", "trailers", "X-Kept", "2")
		for name, want := range map[string]string{"X-Secret": "", "Keep-Alive": "", "Via": "1.1 lb, 1.1 edge-a-eu", "X-Served-By": "edge-a-eu", "Content-Length": "3"} {
			if got := strings.Join(a.Header.Values(name), ", "); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		if !strings.HasPrefix(a.status(), "inner; hit, edge-a-eu; ") {
			t.Errorf("Cache-Status is %q", a.status())
		}
		settle(e)
	}
	seen := o.seen()
	for name, want := range map[string]string{"X-Mine": "", "Te": "", "X-Kept": "2", "Via": "1.1 edge-a-eu", "X-Forwarded-For": "10.0.0.1, 127.0.0.1",
		"X-Forwarded-Proto": "http", "Accept-Encoding": ""} {
		if got := strings.Join(seen.Values(name), ", "); got != want {
			t.Errorf("the origin got %s %q, want %q", name, got, want)
		}
	}
}

func TestHealthIsTheEdgesOwn(t *testing.T) {
	o := newOrigin(t, newClock(), broken)
	e := newEdge(t, plainSpec(), o)
	if a := e.get("/healthz"); a.StatusCode != 200 || a.body != "ok\n" || o.hits.Load() != 0 {
		t.Errorf("%d %q, origin asked %d times", a.StatusCode, a.body, o.hits.Load())
	}
	e.metric("requests_total", 0)
}

func TestFullCPUQueueAnswers503(t *testing.T) {
	clk := clock.New()
	defer clk.Close()
	m := machine.New(clk, targets.Machine{CPU: targets.Resource{Slots: 1, Queue: 0}}, 1)
	o := newOrigin(t, newClock(), reply("one", "Cache-Control", "max-age=60"))
	n := &network{}
	n.set("lb", o.Listener.Addr().String())
	spec := plainSpec()
	spec.Demand = targets.Constant(time.Minute)
	e := newEdgeOn(t, spec, cdn.Config{Role: "edge-a-eu", Now: o.clock.now, Share: m.For("edge-a-eu")}, n, o.clock)
	ctx, leave := context.WithCancel(context.Background())
	held := make(chan struct{})
	go func() {
		defer close(held)
		r, err := http.NewRequestWithContext(ctx, "GET", e.url+"/x", nil)
		if err != nil {
			t.Error(err)
			return
		}
		if res, err := e.client.Do(r); err == nil {
			_ = res.Body.Close()
		}
	}()
	e.metric("in_flight", 1)
	eventually(t, "the slot is held", func() bool {
		a := e.get("/x", "Cache-Control", "only-if-cached")
		return a.StatusCode == http.StatusServiceUnavailable && a.Header.Get("Retry-After") == "1"
	})
	leave()
	<-held
}

func TestTransferIsCounted(t *testing.T) {
	body := strings.Repeat("x", 10_000)
	o := newOrigin(t, newClock(), reply(body, "Cache-Control", "max-age=60"))
	e := newEdge(t, plainSpec(), o)
	for range 5 {
		e.get("/x")
		settle(e)
	}
	e.metric("egress_body_bytes_total", 50_000)
	m := e.Metrics()
	if got := m["origin_bytes_total"]; got < 10_000 || got > 11_000 {
		t.Errorf("%v bytes from the origin", got)
	}
	if got := m["egress_bytes_total"]; got < 50_000 || got > 53_000 {
		t.Errorf("%v bytes to clients", got)
	}
	if m["hits_total"] != 4 || m["misses_total"] != 1 || m["origin_requests_total"] != 1 {
		t.Errorf("metrics %v", m)
	}
}

func TestRequestsInFlightFinish(t *testing.T) {
	g := newGate(reply("one", "Cache-Control", "max-age=60"))
	o := newOrigin(t, newClock(), g.serve)
	n := &network{}
	n.set("lb", o.Listener.Addr().String())
	server, err := cdn.New(plainSpec(), cdn.Config{Role: "edge", Dial: n.dial, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx, l) }()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	got := make(chan string, 1)
	go func() {
		res, err := client.Get("http://" + l.Addr().String() + "/x")
		if err != nil {
			got <- err.Error()
			return
		}
		defer res.Body.Close()
		body, _ := io.ReadAll(res.Body)
		got <- string(body)
	}()
	g.wait(t)
	stop()
	close(g.open)
	if body := <-got; body != "one" {
		t.Errorf("got %q", body)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
	for range 2 {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestCloseBreaksOff(t *testing.T) {
	g := newGate(reply("one"))
	o := newOrigin(t, newClock(), g.serve)
	e := newEdge(t, plainSpec(), o)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if a, err := e.try("GET", "/x", nil); err == nil {
			t.Errorf("got %d", a.StatusCode)
		}
	}()
	g.wait(t)
	_ = e.Close()
	<-done
	close(g.open)
}

func TestNewRefuses(t *testing.T) {
	dial := func(context.Context, string) (net.Conn, error) { return nil, errors.New("none") }
	for name, change := range map[string]func(*targets.Edge, *cdn.Config){
		"dialer":      func(_ *targets.Edge, c *cdn.Config) { c.Dial = nil },
		"origin":      func(e *targets.Edge, _ *cdn.Config) { e.Origin = "" },
		"bytes":       func(e *targets.Edge, _ *cdn.Config) { e.Bytes = 0 },
		"ttl":         func(e *targets.Edge, _ *cdn.Config) { e.TTL = -1 },
		"stale":       func(e *targets.Edge, _ *cdn.Config) { e.StaleIfError = -1 },
		"timeout":     func(e *targets.Edge, _ *cdn.Config) { e.Timeout = 0 },
		"connections": func(e *targets.Edge, _ *cdn.Config) { e.Connections = 0 },
		"peer":        func(e *targets.Edge, _ *cdn.Config) { e.Peers = []string{""} },
		"demand":      func(e *targets.Edge, _ *cdn.Config) { e.Demand = targets.Constant(-1) },
	} {
		spec, config := plainSpec(), cdn.Config{Role: "edge", Dial: dial}
		change(&spec, &config)
		if _, err := cdn.New(spec, config); err == nil || !strings.HasPrefix(err.Error(), "edge edge: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
