package attack_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rung/bench"
	"rung/bench/attack"
	"rung/bench/plan"
	"rung/targets/clock"
)

// numbered is a source whose requests all differ.
type numbered struct{ *steady }

func (numbered) Operations() []string { return []string{"get", "post"} }

func (numbered) Request(n uint64) bench.Request {
	if n%3 == 0 {
		return bench.Request{
			Operation: 1, Method: http.MethodPost, Path: fmt.Sprintf("/things?n=%d", n),
			Header: http.Header{"Content-Type": {"text/plain"}}, Body: fmt.Appendf(nil, "body %d", n), Key: "k",
		}
	}
	return bench.Request{Method: http.MethodGet, Path: fmt.Sprintf("/a%%20b/%d", n), Header: http.Header{"X-N": {strconv.FormatUint(n, 10)}}}
}

// Request n of the plan is request n of the source, and its sample says so.
func TestEveryRequestIsSentOnce(t *testing.T) {
	var mu sync.Mutex
	got := map[uint64]string{}
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		seq, _ := strconv.ParseUint(r.Header.Get("X-Vegeta-Seq"), 10, 64)
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		got[seq] += fmt.Sprintf("%s %s %s %q%s", r.Method, r.URL.RequestURI(), r.Header.Get("X-N"), body, r.Header.Get("X-Vegeta-Attack"))
		mu.Unlock()
		w.Header().Add("Server-Timing", "web;dur=1")
		w.Header().Add("Server-Timing", "lb;dur=2")
		fmt.Fprint(w, "hello")
	})
	p, err := plan.Poisson(1000, 300*time.Millisecond, 1)
	if err != nil {
		t.Fatal(err)
	}
	source := numbered{newSteady("")}
	r := newRig(t, server.URL, 32)
	var began time.Time
	var told []uint64
	r.cfg.Began = func(at time.Time) { began = at }
	r.cfg.Progress = func(sent uint64) { told = append(told, sent) }
	samples, gen, err := r.run(context.Background(), t, source, p)
	if err != nil {
		t.Fatal(err)
	}
	if uint64(len(samples)) != p.Count() || began.IsZero() {
		t.Fatalf("%d samples of %d requests, began %v", len(samples), p.Count(), began)
	}
	seen := map[uint64]bool{}
	for _, s := range samples {
		n := s.Seq
		if seen[n] || n >= p.Count() {
			t.Fatalf("sample %d comes twice or was not planned", n)
		}
		seen[n] = true
		if s.Intended != p.At(n) || s.Sent < s.Intended || s.Done < s.Sent {
			t.Errorf("sample %d: intended %v, sent %v, done %v; planned at %v", n, s.Intended, s.Sent, s.Done, p.At(n))
		}
		if s.Outcome != bench.OK || s.Code != 200 || s.Cause != "" || s.Bytes != 5 || s.ServerTiming != "web;dur=1, lb;dur=2" {
			t.Errorf("sample is %+v", s)
		}
		want := source.Request(n)
		if line := fmt.Sprintf("%s %s %s %q", want.Method, want.Path, want.Header.Get("X-N"), want.Body); got[n] != line {
			t.Errorf("request %d was %q, want %q", n, got[n], line)
		}
		if s.Operation != want.Operation || source.observed[n] != 200 {
			t.Errorf("request %d: operation %d, observed %d", n, s.Operation, source.observed[n])
		}
	}
	if gen.Workers < 1 || gen.Ceiling < 256 || gen.Dials < 1 || gen.Dials > 32 || gen.Wall < p.At(p.Count()-1) || gen.CPU <= 0 {
		t.Errorf("generator is %+v", gen)
	}
	if last := told[len(told)-1]; last != p.Count() {
		t.Errorf("progress ends at %d of %d", last, p.Count())
	}
}

// Hits that the generator could not send are missing and known, not dropped.
func TestUnsentAreCounted(t *testing.T) {
	release := make(chan struct{})
	server := serve(t, func(http.ResponseWriter, *http.Request) { <-release })
	defer close(release)
	r := newRig(t, server.URL, 8)
	r.cfg.MaxWorkers, r.cfg.Timeout = 2, 200*time.Millisecond
	p := constant(t, 1000, 400*time.Millisecond)
	samples, gen, err := r.run(context.Background(), t, newSteady("/"), p)
	if err != nil {
		t.Fatal(err)
	}
	sent := map[uint64]bool{}
	for _, s := range samples {
		sent[s.Seq] = true
		if s.Outcome != bench.Failed || s.Cause != "timeout" || s.Code != 0 {
			t.Errorf("sample is %+v, want a time-out", s)
		}
	}
	// Two workers, 0.2 s each, 0.6 s in all: 6 to 8 unless the machine stalls.
	if len(sent) == 0 || len(sent) > 10 || len(sent) != len(samples) {
		t.Errorf("%d requests were sent", len(sent))
	}
	for n := range uint64(len(sent)) {
		if !sent[n] {
			t.Errorf("request %d is missing: the unsent must be the tail of the plan", n)
		}
	}
	if gen.Workers != 2 || gen.Ceiling != 2 || gen.Late == 0 {
		t.Errorf("generator is %+v", gen)
	}
	for _, want := range []string{"all 2 workers", "never sent", "late"} {
		if !strings.Contains(gen.Limited, want) {
			t.Errorf("Limited = %q, want it to say %q", gen.Limited, want)
		}
	}
}

// Requests that are owed at the end of the plan are sent late, not dropped.
func TestOwedRequestsAreSent(t *testing.T) {
	var once sync.Once
	server := serve(t, func(http.ResponseWriter, *http.Request) {
		once.Do(func() { <-time.After(300 * time.Millisecond) })
	})
	r := newRig(t, server.URL, 8)
	r.cfg.MaxWorkers = 1
	p := constant(t, 500, 200*time.Millisecond)
	samples, gen, err := r.run(context.Background(), t, newSteady("/"), p)
	if err != nil {
		t.Fatal(err)
	}
	if uint64(len(samples)) != p.Count() {
		t.Errorf("%d of %d requests were sent", len(samples), p.Count())
	}
	// All but the first waited for the one worker until 300 ms.
	if gen.Late < p.Count()-1 || !strings.Contains(gen.Limited, "late") {
		t.Errorf("generator is %+v", gen)
	}
}

func TestContextEndsAttack(t *testing.T) {
	arrived := make(chan struct{}, 1000)
	server := serve(t, func(http.ResponseWriter, *http.Request) { arrived <- struct{}{} })
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-arrived
		cancel()
	}()
	r := newRig(t, server.URL, 8)
	p := constant(t, 10, time.Minute)
	samples, gen, err := r.run(ctx, t, newSteady("/"), p)
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "of 600 requests") {
		t.Errorf("error is %v", err)
	}
	if len(samples) == 0 || uint64(len(samples)) == p.Count() || strings.Contains(gen.Limited, "never sent") {
		t.Errorf("%d samples, limited %q", len(samples), gen.Limited)
	}
}

// A worker that is stuck does not keep a cancelled attack from ending.
func TestContextEndsAttackAtCeiling(t *testing.T) {
	arrived, release := make(chan struct{}, 10), make(chan struct{})
	server := serve(t, func(http.ResponseWriter, *http.Request) { arrived <- struct{}{}; <-release })
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-arrived
		cancel()
		close(release)
	}()
	r := newRig(t, server.URL, 8)
	r.cfg.MaxWorkers = 1
	samples, _, err := r.run(ctx, t, newSteady("/"), constant(t, 100, time.Minute))
	if !errors.Is(err, context.Canceled) || len(samples) == 0 || len(samples) > 100 {
		t.Errorf("%d samples, error %v", len(samples), err)
	}
}

func TestClosedClockIsAnError(t *testing.T) {
	server := serve(t, func(http.ResponseWriter, *http.Request) {})
	r := newRig(t, server.URL, 8)
	r.cfg.Clock = clock.New()
	r.cfg.Clock.Close()
	_, _, err := r.run(context.Background(), t, newSteady("/"), constant(t, 10, time.Second))
	if !errors.Is(err, clock.ErrClosed) {
		t.Errorf("error is %v, want %v", err, clock.ErrClosed)
	}
}

func TestConfigIsChecked(t *testing.T) {
	good := newRig(t, "http://127.0.0.1:1", 1).cfg
	for name, change := range map[string]func(*attack.Config){
		"client":   func(c *attack.Config) { c.Client = nil },
		"clock":    func(c *attack.Config) { c.Clock = nil },
		"timeout":  func(c *attack.Config) { c.Timeout = 0 },
		"workers":  func(c *attack.Config) { c.MaxWorkers = -1 },
		"base URL": func(c *attack.Config) { c.BaseURL = "127.0.0.1:80" },
	} {
		cfg := good
		change(&cfg)
		_, err := attack.Run(context.Background(), cfg, newSteady("/"), constant(t, 1, time.Second), func(*bench.Sample) {})
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: error is %v", name, err)
		}
	}
}

// A warmed transport dials no more, and is shared by attacks one after another.
func TestWarm(t *testing.T) {
	for kind, transport := range transports {
		t.Run(kind, func(t *testing.T) {
			server := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") })
			r := newRigOn(t, server.URL, transport(8))
			ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
			defer cancel()
			if err := attack.Warm(ctx, r.cfg.Client, server.URL+"/", 20); err != nil { // 8 are allowed
				t.Fatal(err)
			}
			for range 2 {
				samples, gen, err := r.run(ctx, t, newSteady("/"), constant(t, 1000, 100*time.Millisecond))
				if err != nil || len(samples) != 100 {
					t.Fatalf("%d samples, error %v", len(samples), err)
				}
				if gen.Dials != 0 {
					t.Errorf("%d connections were opened after the warm-up", gen.Dials)
				}
				if kind == "fast" && gen.Sockets != 8 {
					t.Errorf("%d connections were open, want 8", gen.Sockets)
				}
			}
		})
	}
}

func TestWarmFails(t *testing.T) {
	server := serve(t, func(http.ResponseWriter, *http.Request) {})
	server.Close()
	r := newRig(t, server.URL, 8)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := attack.Warm(ctx, r.cfg.Client, server.URL, 8); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("error is %v", err)
	}
	if err := attack.Warm(ctx, r.cfg.Client, server.URL, 0); err != nil {
		t.Errorf("no connections: %v", err)
	}
}

// The codes that the source observed are those of the samples.
func TestObserved(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(map[string]int{"0": 401, "1": 429, "2": 302, "3": 503}[r.Header.Get("X-Vegeta-Seq")])
	})
	source := newSteady("/")
	_, _, err := newRig(t, server.URL, 8).run(context.Background(), t, source, constant(t, 100, 40*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	if want := map[uint64]int{0: 401, 1: 429, 2: 302, 3: 503}; !maps.Equal(source.observed, want) {
		t.Errorf("observed %v, want %v", source.observed, want)
	}
}

// TestRoute sends each request by the transport and to the name that the
// route says.
func TestRoute(t *testing.T) {
	var site, static atomic.Int64
	count := func(n *atomic.Int64) http.HandlerFunc {
		return func(http.ResponseWriter, *http.Request) { n.Add(1) }
	}
	one, other := serve(t, count(&site)), serve(t, count(&static))
	r := newRig(t, one.URL, 8)
	second := attack.NewFast(nil, 8, nil)
	t.Cleanup(second.CloseIdleConnections)
	base, err := url.Parse(other.URL)
	if err != nil {
		t.Fatal(err)
	}
	r.cfg.Route = func(q *bench.Request) (http.RoundTripper, *url.URL) {
		if q.Static {
			return second, base
		}
		return nil, nil
	}
	samples, gen, err := r.run(t.Context(), t, &mixed{newSteady("/x")}, constant(t, 100, 200*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	if site.Load() != 10 || static.Load() != 10 || len(samples) != 20 {
		t.Errorf("%d requests at the site, %d at the static name, %d samples", site.Load(), static.Load(), len(samples))
	}
	// Both transports count, and each had its own connections.
	if int64(gen.Sockets) != gen.Dials || gen.Sockets < 2 || gen.Files < gen.Sockets || uint64(gen.Files) > gen.FileLimit {
		t.Errorf("generator is %+v", gen)
	}
	for _, s := range samples {
		if s.Code != 200 || (s.Region == "eu") != (s.Seq%2 == 1) {
			t.Errorf("sample %+v", s)
		}
	}
}

// mixed is every other request a static one from a region.
type mixed struct{ *steady }

func (m *mixed) Request(n uint64) bench.Request {
	r := m.steady.Request(n)
	if n%2 == 1 {
		r.Static, r.Region = true, "eu"
	}
	return r
}
