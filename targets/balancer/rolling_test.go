package balancer_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rung/targets"
	"rung/targets/balancer"
)

// release is one process of a server: it can end in peace, and then refuses
// new connections from that moment on.
type release struct {
	front   *http.Server
	address string
	hits    atomic.Int64
	ended   chan struct{}
}

func newRelease(t *testing.T, handler http.HandlerFunc) *release {
	t.Helper()
	l := listen(t)
	r := &release{address: l.Addr().String(), ended: make(chan struct{})}
	r.front = &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		r.hits.Add(1)
		handler(w, q)
	})}
	go func() {
		defer close(r.ended)
		if err := r.front.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("serve: %v", err)
		}
	}()
	t.Cleanup(func() { _ = r.front.Close(); <-r.ended })
	return r
}

// stop ends the process: no new connection, then the requests at hand.
func (r *release) stop(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := r.front.Shutdown(ctx); err != nil {
		t.Errorf("shutdown: %v", err)
	}
	r.refuses(t)
}

func (r *release) refuses(t *testing.T) {
	t.Helper()
	if conn, err := net.Dial("tcp", r.address); err == nil {
		conn.Close()
		t.Errorf("%s takes connections after its end", r.address)
	}
}

// ledger counts how often each order was carried out.
type ledger struct {
	mu   sync.Mutex
	done map[string]int
}

func (l *ledger) book(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.done[id]++
}

// clients send requests of all kinds, each over a connection of its own, until
// stop; what they got acknowledged is in sent.
type clients struct {
	site     *site
	stop     chan struct{}
	all      sync.WaitGroup
	mu       sync.Mutex
	sent     []string
	failures []string
}

func (c *clients) run(number int) {
	for i := 0; ; i++ {
		select {
		case <-c.stop:
			return
		default:
		}
		id := strconv.Itoa(number) + "-" + strconv.Itoa(i)
		method, path := "POST", [...]string{"/posts", "/photos"}[i%2]
		switch i % 4 {
		case 2:
			method, path = "GET", "/users/1"
		case 3:
			method, path = "PUT", "/users/1"
		}
		a, err := c.site.try(method, path, strings.NewReader(id))
		c.mu.Lock()
		switch {
		case err != nil:
			c.failures = append(c.failures, fmt.Sprintf("%s %s: %v", method, path, err))
		case a.StatusCode != http.StatusOK || a.body != id:
			c.failures = append(c.failures, fmt.Sprintf("%s %s: %d %q", method, path, a.StatusCode, a.body))
		case method == "POST":
			c.sent = append(c.sent, id)
		}
		c.mu.Unlock()
	}
}

// TestRollingDeployment replaces three servers one after another under load,
// with no further tries allowed: no request fails, and no order is carried out
// twice or not at all.
func TestRollingDeployment(t *testing.T) {
	books := &ledger{done: map[string]int{}}
	work := func(w http.ResponseWriter, r *http.Request) {
		id, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("body: %v", err)
		}
		<-time.After(time.Millisecond) // so that there is always something in flight
		if r.Method == http.MethodPost {
			books.book(string(id))
		}
		_, _ = w.Write(id)
	}
	servers, addresses := map[string]*release{}, map[string]string{}
	spec := plainSpec()
	for i := range 3 {
		name := "web-" + strconv.Itoa(i+1)
		servers[name] = newRelease(t, work)
		addresses[name] = servers[name].address
		spec.Servers = append(spec.Servers, name)
	}
	s := newSite(t, spec, balancer.Config{Servers: maps.Clone(addresses)})
	load := &clients{site: s, stop: make(chan struct{})}
	for i := range 8 {
		load.all.Go(func() { load.run(i) })
	}
	busy := func(r *release) { eventually(t, "the server has work", func() bool { return r.hits.Load() >= 20 }) }
	for _, name := range spec.Servers {
		old := servers[name]
		busy(old)
		delete(addresses, name)
		s.SetServers(addresses)
		s.metric("leaving_active", 0)
		hits := old.hits.Load()
		old.stop(t)
		servers[name] = newRelease(t, work)
		addresses[name] = servers[name].address
		s.SetServers(addresses)
		busy(servers[name])
		if now := old.hits.Load(); now != hits {
			t.Errorf("%s got %d requests after it had left", name, now-hits)
		}
	}
	close(load.stop)
	load.all.Wait()
	if len(load.failures) > 0 {
		t.Errorf("%d requests failed, the first: %s", len(load.failures), load.failures[0])
	}
	for _, id := range load.sent {
		if books.done[id] != 1 {
			t.Errorf("order %s was carried out %d times", id, books.done[id])
		}
	}
	if len(books.done) != len(load.sent) {
		t.Errorf("%d orders acknowledged, %d carried out", len(load.sent), len(books.done))
	}
	if m := s.Metrics(); m["retries_total"] != 0 || m["failures_total"] != 0 || m["ejections_total"] != 0 || len(s.Events()) != 0 {
		t.Errorf("metrics %v, events %v", m, s.Events())
	}
}

// TestServerLeavesWithRequestInFlight: the request ends well, on a connection
// that was kept before, though the server takes no new one; then the
// connection is not kept any more.
func TestServerLeavesWithRequestInFlight(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	old := newRelease(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/photos" {
			close(arrived)
			<-release
		}
		_, _ = io.WriteString(w, "old")
	})
	next := newUpstream(t, "web-2", nil)
	spec := plainSpec()
	spec.Servers = []string{"web-1"}
	s := newSite(t, spec, balancer.Config{Servers: map[string]string{"web-1": old.address}})
	s.get("/").want(t, 200) // leaves a connection behind
	answers := make(chan answer)
	go func() {
		a, err := s.try("POST", "/photos", strings.NewReader("x"))
		if err != nil {
			t.Errorf("in flight: %v", err)
		}
		answers <- a
	}()
	<-arrived
	s.SetServers(map[string]string{"web-2": next.address()})
	if m := s.Metrics(); m["leaving_active"] != 1 {
		t.Errorf("%v requests at servers that left, want 1", m["leaving_active"])
	}
	stopped := make(chan struct{})
	go func() { defer close(stopped); old.stop(t) }()
	<-old.ended // it refuses connections now
	old.refuses(t)
	for range 3 {
		if got := s.post("y").want(t, 200).body; got != "web-2" {
			t.Errorf("answered by %s", got)
		}
	}
	close(release)
	if a := <-answers; a.StatusCode != 200 || a.body != "old" {
		t.Errorf("in flight: %d %q", a.StatusCode, a.body)
	}
	s.metric("leaving_active", 0)
	<-stopped // it ends only when no connection is left
}

// TestUnsentRequestMovesOn: a request that had chosen a server which then left
// goes elsewhere without a retry to spare; when the server did not leave, it
// fails.
func TestUnsentRequestMovesOn(t *testing.T) {
	for _, row := range []struct {
		name   string
		leave  func(*site, string)
		status int
	}{
		{"taken away", func(s *site, other string) { s.SetServers(map[string]string{"web-2": other}) }, 200},
		{"drained", func(s *site, _ string) { _ = s.Drain("web-1") }, 200},
		{"stays", func(*site, string) {}, 502},
	} {
		t.Run(row.name, func(t *testing.T) {
			other := newUpstream(t, "web-2", nil)
			chosen, gone := make(chan struct{}), make(chan struct{})
			spec := targets.Balancer{Policy: targets.PolicyRoundRobin, Timeout: 30 * time.Second, Servers: []string{"web-1", "web-2"},
				Health: targets.Health{PassiveFails: 1}}
			s := newSite(t, spec, balancer.Config{Servers: map[string]string{"web-1": "127.0.0.1:1", "web-2": other.address()},
				Dial: func(ctx context.Context, role string) (net.Conn, error) {
					if role == "web-2" {
						return new(net.Dialer).DialContext(ctx, "tcp", other.address())
					}
					close(chosen)
					<-gone
					return nil, errors.New("connection refused")
				}})
			status := make(chan int)
			go func() {
				a, err := s.try("POST", "/posts", strings.NewReader("x"))
				if err != nil {
					t.Error(err)
					status <- 0
					return
				}
				status <- a.StatusCode
			}()
			<-chosen
			row.leave(s, other.address())
			close(gone)
			if got := <-status; got != row.status {
				t.Errorf("status %d, want %d", got, row.status)
			}
			if row.name == "taken away" && len(s.Events()) != 0 {
				t.Errorf("events %v: who left is not watched", s.Events())
			}
		})
	}
}
