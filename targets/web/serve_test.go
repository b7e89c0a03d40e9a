package web_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"rung/targets"
	"rung/targets/web"
)

// running is a server on a real listener.
type running struct {
	url    string
	client *http.Client
	cancel context.CancelFunc
	done   chan error
}

func start(t *testing.T, s *web.Server) *running {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{
		url:    "http://" + l.Addr().String(),
		client: &http.Client{Transport: &http.Transport{}},
		cancel: cancel,
		done:   make(chan error, 1),
	}
	go func() { r.done <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		r.client.CloseIdleConnections()
	})
	return r
}

func (r *running) get(t *testing.T, path string) (int, string) {
	t.Helper()
	resp, err := r.client.Get(r.url + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func TestServe(t *testing.T) {
	for _, tt := range []struct {
		name string
		spec targets.Web
		cpu  targets.Resource
	}{
		{"bare", spec(), targets.Resource{}},
		{"emulated", withLaw(100 * time.Microsecond), targets.Resource{Slots: 2, Queue: 64}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			share, _ := newShare(t, tt.cpu)
			s := newServer(t, tt.spec, web.Config{Share: share})
			r := start(t, s)
			for range 20 {
				if code, body := r.get(t, "/users/3"); code != 200 || !strings.HasPrefix(body, `{"id":3,`) {
					t.Fatalf("got %d %s", code, body)
				}
			}
			if code, body := r.get(t, "/assets/asset-01.bin"); code != 200 || len(body) != 64<<10 {
				t.Errorf("asset answers %d with %d bytes", code, len(body))
			}
			m := s.Metrics()
			if m["requests_user_total"] != 20 || m["connections"] != 1 {
				t.Errorf("metrics are %v, want 20 requests on 1 kept connection", m)
			}
			r.cancel()
			if err := <-r.done; err != nil {
				t.Errorf("Serve returns %v, want nil", err)
			}
			if got := s.Metrics()["connections"]; got != 0 {
				t.Errorf("%v connections are left", got)
			}
		})
	}
}

// TestServeFinishesRequests ends the server while a request is served: the
// request gets its answer.
func TestServeFinishesRequests(t *testing.T) {
	share, m := newShare(t, targets.Resource{Slots: 1, Queue: 1})
	s := newServer(t, withLaw(50*time.Millisecond), web.Config{Share: share})
	r := start(t, s)
	type answer struct {
		resp *http.Response
		err  error
	}
	answered := make(chan answer, 1)
	go func() {
		resp, err := r.client.Get(r.url + "/users/1")
		answered <- answer{resp, err}
	}()
	waitUntil(t, func() bool { cpu, _ := m.Usage(); return cpu.Busy > 0 })
	r.cancel()
	a := <-answered
	if a.err != nil {
		t.Fatalf("the request in flight failed: %v", a.err)
	}
	a.resp.Body.Close()
	if a.resp.StatusCode != 200 {
		t.Errorf("the request in flight answers %d", a.resp.StatusCode)
	}
	if err := <-r.done; err != nil {
		t.Errorf("Serve returns %v, want nil", err)
	}
}

// TestServeCutsWhatHangs: a request that would run for ever ends soon after
// its server, and nothing is left of it.
func TestServeCutsWhatHangs(t *testing.T) {
	st := &memoryStore{hang: true}
	s := newServer(t, spec(), web.Config{Store: st, StoreTimeout: time.Hour})
	r := start(t, s)
	failed := make(chan error, 1)
	go func() {
		resp, err := r.client.Get(r.url + "/users/1")
		if err == nil {
			resp.Body.Close()
		}
		failed <- err
	}()
	waitUntil(t, func() bool { return st.called() == 1 })
	s.Close()
	s.Close()
	if err := <-r.done; err != nil {
		t.Errorf("Serve returns %v, want nil", err)
	}
	if err := <-failed; err == nil {
		t.Error("a request without an answer got one")
	}
	if got := s.Metrics()["errors_total"]; got != 0 {
		t.Errorf("errors_total is %v: the end of the server is no error of the store", got)
	}
}

func TestServeClientLeaves(t *testing.T) {
	st := &memoryStore{hang: true}
	s := newServer(t, spec(), web.Config{Store: st, StoreTimeout: time.Hour})
	r := start(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		waitUntil(t, func() bool { return st.called() == 1 })
		cancel()
	}()
	req, err := http.NewRequestWithContext(ctx, "GET", r.url+"/users/1", nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := r.client.Do(req); err == nil {
		resp.Body.Close()
		t.Fatal("a request without an answer got one")
	}
	waitUntil(t, func() bool { return s.Metrics()["cancelled_total"] == 1 })
	r.cancel()
	if err := <-r.done; err != nil {
		t.Error(err)
	}
}

func TestServeFailedListener(t *testing.T) {
	s := newServer(t, spec(), web.Config{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if err := s.Serve(t.Context(), l); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Serve returns %v, want the listener's error", err)
	}
	s.Close()
	l, err = net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(t.Context(), l); err != nil {
		t.Errorf("Serve of a closed server returns %v, want nil", err)
	}
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the listener is still open: %v", err)
	}
}

// TestServeOptionsStar: even "OPTIONS *" gets this server's headers.
func TestServeOptionsStar(t *testing.T) {
	r := start(t, newServer(t, spec(), web.Config{}))
	conn, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "OPTIONS * HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"HTTP/1.1 404 ", "X-Served-By: web-1\r\n", "Server-Timing: web-queue;dur=0"} {
		if !strings.Contains(string(answer), want) {
			t.Errorf("answer lacks %q:\n%s", want, answer)
		}
	}
	r.cancel()
	if err := <-r.done; err != nil {
		t.Error(err)
	}
}

// waitUntil polls; what it waits for always comes, unless something is broken.
func waitUntil(t *testing.T, ok func() bool) {
	t.Helper()
	limit := time.After(30 * time.Second)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-limit:
			t.Error("it never happened")
			return
		}
	}
}
