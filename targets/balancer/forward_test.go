package balancer_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rung/targets"
	"rung/targets/balancer"
	"rung/targets/clock"
	"rung/targets/machine"
)

// echoHeaders answers with the request's headers, its Host as one of them.
func echoHeaders(w http.ResponseWriter, r *http.Request) {
	r.Header.Set("Host", r.Host)
	_ = json.NewEncoder(w).Encode(r.Header)
}

func TestRequestHeaders(t *testing.T) {
	s := newSite(t, plainSpec(), balancer.Config{}, newUpstream(t, "web-1", echoHeaders))
	a := s.get("/",
		"X-Forwarded-For", "6.6.6.6", "X-Forwarded-For", "7.7.7.7", "X-Forwarded-Proto", "https",
		"X-Forwarded-Host", "evil.example", "Forwarded", "for=6.6.6.6", "X-Real-Ip", "6.6.6.6",
		"Connection", "X-Hop", "X-Hop", "1", "Keep-Alive", "timeout=5", "Proxy-Authorization", "secret", "Te", "gzip",
		"Via", "1.0 early", "X-Kept", "yes", "Accept-Encoding", "br",
	).want(t, 200)
	var got http.Header
	if err := json.Unmarshal([]byte(a.body), &got); err != nil {
		t.Fatal(err)
	}
	host := strings.TrimPrefix(s.url, "http://")
	want := map[string]string{
		"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "http", "X-Forwarded-Host": host, "Host": host,
		"Via": "1.0 early, 1.1 lb", "X-Kept": "yes", "Accept-Encoding": "br",
		"Forwarded": "", "X-Real-Ip": "", "X-Hop": "", "Connection": "", "Keep-Alive": "", "Proxy-Authorization": "", "Te": "",
	}
	for key, value := range want {
		if all := strings.Join(got.Values(key), " | "); all != value {
			t.Errorf("%s is %q at the server, want %q", key, all, value)
		}
	}
}

func TestResponseHeaders(t *testing.T) {
	s := newSite(t, plainSpec(), balancer.Config{}, newUpstream(t, "web-1", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Server-Timing", "db;dur=1.5")
		w.Header().Add("Server-Timing", `app;dur=2;desc="a, b"`)
		w.Header().Set("Connection", "X-Hop")
		w.Header().Set("X-Hop", "1")
		w.WriteHeader(http.StatusTeapot)
	}))
	a := s.get("/").want(t, http.StatusTeapot)
	timing := a.Header.Values("Server-Timing")
	if len(timing) != 1 {
		t.Fatalf("there are %d Server-Timing headers, want one", len(timing))
	}
	prefix := `db;dur=1.5, app;dur=2;desc="a, b", lb-queue;dur=0, lb-cpu;dur=0, upstream;dur=`
	if !strings.HasPrefix(timing[0], prefix) || strings.Contains(timing[0], "lb-try") {
		t.Errorf("Server-Timing is %q, want it to start with %q and no lb-try", timing[0], prefix)
	}
	if got := a.Header.Get("Via"); got != "1.1 lb" {
		t.Errorf("Via is %q", got)
	}
	if a.Header.Get("X-Hop") != "" {
		t.Error("a hop-by-hop header came through")
	}
	if len(a.Cookies()) != 0 {
		t.Errorf("there is a cookie without sticky sessions: %v", a.Cookies())
	}
}

// TestLargeBodiesStream: both directions pass unchanged, and a request reaches
// the server before its body is complete.
func TestLargeBodiesStream(t *testing.T) {
	const size = 8 << 20
	first := make(chan struct{})
	u := newUpstream(t, "web-1", func(w http.ResponseWriter, r *http.Request) {
		sum := sha256.New()
		_, _ = io.CopyN(sum, r.Body, 1)
		close(first)
		n, _ := io.Copy(sum, r.Body)
		w.Header().Set("X-Sum", fmt.Sprintf("%d %x", n+1, sum.Sum(nil)))
		for range size / 1024 {
			_, _ = w.Write(bytes.Repeat([]byte("z"), 1024))
		}
	})
	s := newSite(t, plainSpec(), balancer.Config{}, u)
	up := bytes.Repeat([]byte("0123456789abcdef"), size/16)
	r, w := io.Pipe()
	go func() {
		_, _ = w.Write(up[:200<<10])
		<-first // fails by deadlock if the balancer waits for the whole body
		_, _ = w.Write(up[200<<10:])
		_ = w.Close()
	}()
	a := s.do("POST", "/photos", r).want(t, 200)
	if want := fmt.Sprintf("%d %x", size, sha256.Sum256(up)); a.Header.Get("X-Sum") != want {
		t.Errorf("the server got %s, want %s", a.Header.Get("X-Sum"), want)
	}
	if len(a.body) != size || strings.Trim(a.body, "z") != "" {
		t.Errorf("the answer has %d bytes, want %d", len(a.body), size)
	}
}

func TestBodyBounds(t *testing.T) {
	u := newUpstream(t, "web-1", nil)
	s := newSite(t, plainSpec(), balancer.Config{}, u)
	r, err := http.NewRequest("POST", s.url, io.LimitReader(zeros{}, 65<<20))
	if err != nil {
		t.Fatal(err)
	}
	r.ContentLength = 65 << 20
	// The answer comes while the client still writes: it sees that, or that
	// the connection went away.
	if res, err := s.client.Do(r); err == nil {
		res.Body.Close()
		if res.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("status is %d, want 413", res.StatusCode)
		}
	}
	if u.hits.Load() != 0 {
		t.Error("a body beyond the bound went through")
	}
	s.metric("failures_total", 0)
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// TestClientBreaksBody: a client that leaves in the middle of its body is no
// failure of the server.
func TestClientBreaksBody(t *testing.T) {
	for name, sent := range map[string]int{"small": 10, "streamed": 100 << 10} {
		t.Run(name, func(t *testing.T) {
			u := newUpstream(t, "web-1", nil)
			spec := plainSpec()
			spec.Health.PassiveFails, spec.Retries = 1, 2
			s := newSite(t, spec, balancer.Config{}, u)
			c, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", sent+1, strings.Repeat("a", sent))
			eventually(t, "the request is in flight", func() bool { return s.Metrics()["in_flight"] == 1 })
			_ = c.Close()
			s.metric("in_flight", 0)
			s.metric("server_web-1_failures_total", 0)
			s.metric("server_web-1_up", 1)
			s.metric("server_web-1_active", 0)
			s.metric("retries_total", 0)
		})
	}
}

// TestClientLeaves: the balancer lets go of the server when its client goes.
func TestClientLeaves(t *testing.T) {
	for _, phase := range []string{"before the headers", "in the middle of the body"} {
		t.Run(phase, func(t *testing.T) {
			let := make(chan struct{})
			u := newUpstream(t, "web-1", func(w http.ResponseWriter, r *http.Request) {
				if phase == "in the middle of the body" {
					_, _ = w.Write(make([]byte, 1<<20))
					_ = http.NewResponseController(w).Flush()
				}
				<-r.Context().Done() // only if the balancer hangs up
				close(let)
			})
			spec := plainSpec()
			spec.Health.PassiveFails, spec.Retries = 1, 2
			s := newSite(t, spec, balancer.Config{}, u)
			ctx, cancel := context.WithCancel(t.Context())
			r, err := http.NewRequestWithContext(ctx, "GET", s.url, nil)
			if err != nil {
				t.Fatal(err)
			}
			go func() {
				eventually(t, "the server has the request", func() bool { return u.hits.Load() == 1 })
				if phase == "before the headers" {
					cancel()
				}
			}()
			if res, err := s.client.Do(r); err == nil {
				_, _ = io.CopyN(io.Discard, res.Body, 1000)
				cancel()
				_ = res.Body.Close()
			}
			<-let
			cancel()
			s.metric("in_flight", 0)
			s.metric("client_aborts_total", 1)
			s.metric("failures_total", 0)
			s.metric("server_web-1_active", 0)
			s.metric("server_web-1_up", 1)
			s.metric("retries_total", 0)
			if u.hits.Load() != 1 {
				t.Errorf("%d tries for one request", u.hits.Load())
			}
		})
	}
}

// TestTruncatedAnswer: an answer that breaks off behind its headers breaks off
// at the client too; it must not look complete.
func TestTruncatedAnswer(t *testing.T) {
	u := newUpstream(t, "web-1", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write(make([]byte, 500))
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
	spec := plainSpec()
	spec.Retries = 2
	s := newSite(t, spec, balancer.Config{}, u)
	if a, err := s.try("GET", "/", nil); err == nil {
		t.Errorf("the client took %d bytes for the whole", len(a.body))
	}
	s.metric("failures_total", 1)
	s.metric("server_web-1_active", 0)
	s.metric("in_flight", 0)
}

// TestUpgrade: a connection that changes its protocol is passed through.
func TestUpgrade(t *testing.T) {
	u := newUpstream(t, "web-1", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", "echo")
		w.WriteHeader(http.StatusSwitchingProtocols)
		c, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer c.Close()
		line, _ := rw.ReadString('\n')
		_, _ = rw.WriteString(strings.ToUpper(line))
		_ = rw.Flush()
	})
	s := newSite(t, plainSpec(), balancer.Config{}, u)
	c, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprint(c, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
	in := bufio.NewReader(c)
	res, err := http.ReadResponse(in, nil)
	if err != nil || res.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("response %v, error %v", res, err)
	}
	fmt.Fprint(c, "hello\n")
	if line, err := in.ReadString('\n'); err != nil || line != "HELLO\n" {
		t.Errorf("got %q, %v", line, err)
	}
	_ = c.Close()
	s.metric("server_web-1_active", 0)
}

// TestCPU: the demand is taken from the machine and shown; a full queue is 503.
func TestCPU(t *testing.T) {
	clk := clock.New()
	t.Cleanup(clk.Close)
	u := newUpstream(t, "web-1", nil)

	spec := plainSpec()
	spec.Demand = targets.Constant(2 * time.Millisecond)
	m := machine.New(clk, targets.Machine{CPU: targets.Resource{Slots: 1, Queue: 10}}, 1)
	s := newSite(t, spec, balancer.Config{Share: m.For("lb")}, u)
	a := s.get("/").want(t, 200)
	if got := a.Header.Get("Server-Timing"); !strings.HasPrefix(got, "lb-queue;dur=0, lb-cpu;dur=2, upstream;dur=") {
		t.Errorf("Server-Timing is %q", got)
	}
	if cpu, _ := m.Usage(); cpu.Busy != 2*time.Millisecond || cpu.Served != 1 {
		t.Errorf("CPU use is %v for %d requests, want 2ms for 1", cpu.Busy, cpu.Served)
	}

	spec.Demand = targets.Constant(time.Minute)
	m = machine.New(clk, targets.Machine{CPU: targets.Resource{Slots: 1}}, 1)
	s = newSite(t, spec, balancer.Config{Share: m.For("lb")}, u)
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan error, 1)
	go func() {
		r, _ := http.NewRequestWithContext(ctx, "GET", s.url, nil)
		_, err := s.client.Do(r)
		gone <- err
	}()
	eventually(t, "the slot is taken", func() bool { cpu, _ := m.Usage(); return cpu.Busy > 0 })
	a = s.get("/").want(t, 503)
	if a.Header.Get("Retry-After") != "1" || !strings.Contains(a.Header.Get("Server-Timing"), "lb-queue") {
		t.Errorf("headers are %v", a.Header)
	}
	s.metric("overloads_total", 1)
	s.metric("failures_total", 1)
	cancel()
	if err := <-gone; err == nil {
		t.Error("the request was answered after a minute of CPU time")
	}
	s.metric("client_aborts_total", 1)
	s.metric("in_flight", 0)
}

func TestInFlightBound(t *testing.T) {
	var release atomic.Bool
	u := newUpstream(t, "web-1", func(w http.ResponseWriter, r *http.Request) {
		eventually(t, "released", release.Load)
	})
	s := newSite(t, plainSpec(), balancer.Config{MaxInFlight: 2}, u)
	held := make(chan answer, 2)
	for range 2 {
		go func() { a, _ := s.try("GET", "/", nil); held <- a }()
	}
	s.metric("in_flight", 2)
	a := s.get("/").want(t, 503)
	if a.Header.Get("Retry-After") != "1" {
		t.Errorf("Retry-After is %q", a.Header.Get("Retry-After"))
	}
	s.get("/healthz").want(t, 200) // not counted against the bound
	release.Store(true)
	for range 2 {
		(<-held).want(t, 200)
	}
	s.metric("in_flight", 0)
	s.get("/").want(t, 200)
	s.metric("overloads_total", 1)
}
