package balancer_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rung/targets"
	"rung/targets/balancer"
)

// pipes is a network without sockets, for time bubbles: a listener whose
// connections are net.Pipe ends.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) dial(ctx context.Context) (net.Conn, error) {
	mine, theirs := net.Pipe()
	select {
	case p.conns <- theirs:
		return mine, nil
	case <-p.closed:
		return nil, errors.New("connection refused")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.closed) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// The states of a fake server.
const (
	fine    int32 = iota
	refuses       // connections fail
	hangs         // connections are made, nothing is answered
	dark          // not even a connection is made: a cut wire
	sick          // health checks get 500
)

// fake is a server in the bubble.
type fake struct {
	name  string
	state atomic.Int32
	hits  atomic.Int64
}

// bubble is a site in fake time.
type bubble struct {
	*balancer.Server
	t      *testing.T
	start  time.Time
	fakes  map[string]*fake
	client *http.Client
}

// inBubble runs play with a balancer before fake servers of those names.
func inBubble(t *testing.T, spec targets.Balancer, cfg balancer.Config, names []string, play func(*bubble)) {
	synctest.Test(t, func(t *testing.T) {
		b := &bubble{t: t, start: time.Now(), fakes: map[string]*fake{}}
		nets := map[string]*pipes{}
		spec.Servers, cfg.Servers = names, map[string]string{}
		var servers []*http.Server
		life, die := context.WithCancel(context.Background())
		for _, name := range names {
			f := &fake{name: name}
			b.fakes[name], nets[name] = f, newPipes()
			cfg.Servers[name] = name + ":80"
			srv := &http.Server{Handler: f, BaseContext: func(net.Listener) context.Context { return life }}
			servers = append(servers, srv)
			go srv.Serve(nets[name])
		}
		cfg.Role, cfg.Log = "lb", slog.New(slog.DiscardHandler)
		cfg.Dial = func(ctx context.Context, role string) (net.Conn, error) {
			switch b.fakes[role].state.Load() {
			case refuses:
				return nil, errors.New("connection refused")
			case dark:
				<-ctx.Done()
				return nil, ctx.Err()
			}
			return nets[role].dial(ctx)
		}
		lb, err := balancer.New(spec, cfg)
		if err != nil {
			t.Fatal(err)
		}
		b.Server = lb
		front := newPipes()
		served := make(chan error, 1)
		go func() { served <- lb.Serve(context.Background(), front, nil) }()
		transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return front.dial(ctx) }}
		b.client = &http.Client{Transport: transport}
		defer func() {
			lb.Close()
			transport.CloseIdleConnections()
			die()
			for _, srv := range servers {
				_ = srv.Close()
			}
			if err := <-served; err != nil {
				t.Errorf("serve: %v", err)
			}
		}()
		play(b)
	})
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	check := r.URL.Path == "/healthz"
	if !check {
		_, _ = io.Copy(io.Discard, r.Body)
		f.hits.Add(1)
	}
	switch {
	case f.state.Load() == hangs:
		<-r.Context().Done()
	case check && f.state.Load() == sick:
		w.WriteHeader(http.StatusInternalServerError)
	default:
		_, _ = io.WriteString(w, f.name)
	}
}

// ask makes a request and returns its status, its body and the fake time that
// it took.
func (b *bubble) ask(method, body string) (status int, answer string, took time.Duration) {
	b.t.Helper()
	start := time.Now()
	r, err := http.NewRequest(method, "http://shop/", strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	res, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	content, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return res.StatusCode, string(content), time.Since(start)
}

// until sleeps until that time after the start, in fake time.
func (b *bubble) until(at time.Duration) {
	time.Sleep(at - time.Since(b.start)) // fake time: nothing waits
	synctest.Wait()
}

func (b *bubble) history() string {
	var out []string
	for _, e := range b.Events() {
		state := map[bool]string{true: "up", false: "down"}[e.Up]
		out = append(out, fmt.Sprintf("%v %s %s", e.At.Sub(b.start), e.Server, state))
	}
	return strings.Join(out, "; ")
}

func (b *bubble) wantHistory(want string) {
	b.t.Helper()
	if got := b.history(); got != want {
		b.t.Errorf("history is %q, want %q", got, want)
		for _, e := range b.Events() {
			b.t.Log(e.Cause)
		}
	}
}

// activeSpec checks every 2 s with 1 s of patience, fall 3, rise 2: HAProxy's
// defaults but for the time-out.
func activeSpec() targets.Balancer {
	return targets.Balancer{
		Policy: targets.PolicyRoundRobin, Timeout: 5 * time.Second, Retries: 1,
		Health: targets.Health{Interval: 2 * time.Second, Timeout: time.Second, Fall: 3, Rise: 2},
	}
}

// TestDetectionTimes: the time to mark down and up follows from the settings,
// to the nanosecond. The only server is checked at 0 s, 2 s, 4 s ...; it
// breaks at 3 s and heals at 13 s. Checks that end by time-out are 1 s late.
func TestDetectionTimes(t *testing.T) {
	for _, tt := range []struct {
		name  string
		state int32
		want  string
	}{
		{"refuses", refuses, "8s web-1 down; 16s web-1 up"},
		{"sick", sick, "8s web-1 down; 16s web-1 up"},
		{"hangs", hangs, "9s web-1 down; 16s web-1 up"},
		{"cut off", dark, "9s web-1 down; 16s web-1 up"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, activeSpec(), balancer.Config{}, []string{"web-1"}, func(b *bubble) {
				b.until(3 * time.Second)
				b.fakes["web-1"].state.Store(tt.state)
				b.until(13 * time.Second)
				if up := b.Metrics()["server_web-1_up"]; up != 0 {
					t.Errorf("it is up=%v while broken", up)
				}
				b.fakes["web-1"].state.Store(fine)
				b.until(30 * time.Second)
				b.wantHistory(tt.want)
				if m := b.Metrics(); m["ejections_total"] != 1 || m["server_web-1_up"] != 1 {
					t.Errorf("ejections %v, up %v", m["ejections_total"], m["server_web-1_up"])
				}
				for _, e := range b.Events() {
					if e.Cause == "" {
						t.Error("an event has no cause")
					}
				}
			})
		})
	}
}

// TestUpAtFirst: before any check has an answer, servers get requests; and the
// checks of several servers are spread over the interval.
func TestUpAtFirst(t *testing.T) {
	inBubble(t, activeSpec(), balancer.Config{}, []string{"web-1", "web-2"}, func(b *bubble) {
		if status, _, _ := b.ask("GET", ""); status != 200 {
			t.Errorf("the first request gets %d", status)
		}
		b.fakes["web-1"].state.Store(sick)
		b.fakes["web-2"].state.Store(sick)
		b.until(20 * time.Second)
		if got := b.history(); got != "4s web-1 down; 5s web-2 down" && got != "5s web-2 down; 6s web-1 down" {
			t.Errorf("history is %q: want web-2's checks one second off", got)
		}
	})
}

// TestAllDown: no server, no waiting; and the advice when to come back.
func TestAllDown(t *testing.T) {
	inBubble(t, activeSpec(), balancer.Config{}, []string{"web-1", "web-2"}, func(b *bubble) {
		b.until(time.Second / 2)
		b.fakes["web-1"].state.Store(hangs)
		b.fakes["web-2"].state.Store(hangs)
		b.until(10 * time.Second)
		res, err := b.client.Get("http://shop/")
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != 503 || res.Header.Get("Retry-After") != "4" { // rise 2 x 2 s
			t.Errorf("status %d, Retry-After %q", res.StatusCode, res.Header.Get("Retry-After"))
		}
		if at := time.Since(b.start); at != 10*time.Second {
			t.Errorf("the refusal took %v", at-10*time.Second)
		}
		b.fakes["web-2"].state.Store(fine)
		b.until(20 * time.Second)
		if status, body, _ := b.ask("GET", ""); status != 200 || body != "web-2" {
			t.Errorf("after recovery: %d %s", status, body)
		}
	})
}

// TestSilentServer: a try ends at the time-out. What is idempotent goes on
// elsewhere, a POST that was sent does not, one that never left does.
func TestSilentServer(t *testing.T) {
	for _, tt := range []struct {
		name, method string
		state        int32
		status       int
		took         time.Duration
		sentTo1      int64
	}{
		{"GET, server hangs", "GET", hangs, 200, 5 * time.Second, 1},
		{"PUT, server hangs", "PUT", hangs, 200, 5 * time.Second, 1},
		{"POST, server hangs", "POST", hangs, 504, 5 * time.Second, 1},
		{"GET, wire is cut", "GET", dark, 200, time.Second, 0},
		{"POST, wire is cut", "POST", dark, 200, time.Second, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			spec := activeSpec()
			spec.Health = targets.Health{}
			inBubble(t, spec, balancer.Config{}, []string{"web-1", "web-2"}, func(b *bubble) {
				b.fakes["web-1"].state.Store(tt.state)
				status, _, took := b.ask(tt.method, "body")
				if status != tt.status || took != tt.took {
					t.Errorf("status %d after %v, want %d after %v", status, took, tt.status, tt.took)
				}
				if got := b.fakes["web-1"].hits.Load(); got != tt.sentTo1 {
					t.Errorf("web-1 had it %d times, want %d", got, tt.sentTo1)
				}
				want := int64(0)
				if tt.status == 200 {
					want = 1
				}
				if got := b.fakes["web-2"].hits.Load(); got != want {
					t.Errorf("web-2 had it %d times, want %d", got, want)
				}
			})
		})
	}
	t.Run("alone and unreachable is 504", func(t *testing.T) {
		spec := activeSpec()
		spec.Health = targets.Health{}
		inBubble(t, spec, balancer.Config{}, []string{"web-1"}, func(b *bubble) {
			b.fakes["web-1"].state.Store(dark)
			if status, _, took := b.ask("POST", "x"); status != 504 || took != 2*time.Second {
				t.Errorf("status %d after %v, want 504 after two dials of 1s", status, took)
			}
		})
	})
}

// TestPassive: failed requests alone put a server down. With active checks on,
// those bring it back; without, the hold time does, and then one failure is
// enough.
func TestPassive(t *testing.T) {
	t.Run("with checks", func(t *testing.T) {
		spec := activeSpec()
		spec.Health.PassiveFails = 2
		inBubble(t, spec, balancer.Config{}, []string{"web-1"}, func(b *bubble) {
			b.until(500 * time.Millisecond)
			b.fakes["web-1"].state.Store(refuses)
			if status, _, _ := b.ask("GET", ""); status != 502 { // with its retry: two failures
				t.Errorf("status %d, want 502", status)
			}
			b.fakes["web-1"].state.Store(fine)
			if status, _, _ := b.ask("GET", ""); status != 503 {
				t.Errorf("status %d, want 503: it is down", status)
			}
			b.until(20 * time.Second)
			b.wantHistory("500ms web-1 down; 4s web-1 up")
		})
	})
	t.Run("with the hold time", func(t *testing.T) {
		spec := activeSpec()
		spec.Retries = 0
		spec.Health = targets.Health{PassiveFails: 3}
		inBubble(t, spec, balancer.Config{Hold: 10 * time.Second}, []string{"web-1"}, func(b *bubble) {
			b.fakes["web-1"].state.Store(refuses)
			for _, want := range []int{502, 502, 502, 503} {
				if status, _, _ := b.ask("GET", ""); status != want {
					t.Errorf("status %d, want %d", status, want)
				}
			}
			b.until(11 * time.Second)
			for _, want := range []int{502, 503} { // one failure on trial
				if status, _, _ := b.ask("GET", ""); status != want {
					t.Errorf("on trial: status %d, want %d", status, want)
				}
			}
			b.fakes["web-1"].state.Store(fine)
			b.until(22 * time.Second)
			if status, _, _ := b.ask("GET", ""); status != 200 {
				t.Errorf("status %d after recovery", status)
			}
			b.fakes["web-1"].state.Store(refuses) // its kept connection still works
			b.until(30 * time.Second)
			b.wantHistory("0s web-1 down; 10s web-1 up; 11s web-1 down; 21s web-1 up")
		})
	})
	t.Run("the default hold time is 1s", func(t *testing.T) {
		spec := activeSpec()
		spec.Health = targets.Health{PassiveFails: 1}
		inBubble(t, spec, balancer.Config{}, []string{"web-1"}, func(b *bubble) {
			b.fakes["web-1"].state.Store(refuses)
			b.ask("GET", "")
			b.until(5 * time.Second)
			b.wantHistory("0s web-1 down; 1s web-1 up")
		})
	})
}

// TestEjectionDropsConnections: no kept connection outlives the ejection.
func TestEjectionDropsConnections(t *testing.T) {
	inBubble(t, activeSpec(), balancer.Config{}, []string{"web-1"}, func(b *bubble) {
		b.until(time.Second)
		b.ask("GET", "")
		synctest.Wait()
		if got := b.Metrics()["server_web-1_connections"]; got != 1 {
			t.Fatalf("%v connections are kept, want 1", got)
		}
		b.fakes["web-1"].state.Store(sick)
		b.until(10 * time.Second)
		if got := b.Metrics()["server_web-1_connections"]; got != 0 {
			t.Errorf("%v connections are kept to a server that is down", got)
		}
	})
}

// TestServersAreChecked: one that is added gets checks, one that goes gets no
// more.
func TestServersAreChecked(t *testing.T) {
	inBubble(t, activeSpec(), balancer.Config{}, []string{"web-1", "web-2"}, func(b *bubble) {
		b.SetServers(map[string]string{"web-1": "web-1:80"})
		b.until(time.Second)
		b.fakes["web-1"].state.Store(sick)
		b.fakes["web-2"].state.Store(sick)
		b.until(7 * time.Second)
		b.wantHistory("6s web-1 down")
		b.SetServers(map[string]string{"web-1": "web-1:80", "web-2": "web-2:80"})
		b.until(20 * time.Second)
		b.wantHistory("6s web-1 down; 12s web-2 down") // from 7 s + 1 s phase: 8, 10, 12
	})
}
