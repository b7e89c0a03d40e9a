package balancer_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"rung/targets/balancer"
)

// TestKillUnderLoad: a server dies in the middle of the load and nothing tells
// the balancer. No GET fails; no POST is done twice; a POST is lost only if it
// may have been sent; and once the dead connections are known as dead, no POST
// is lost at all.
func TestKillUnderLoad(t *testing.T) {
	var seen sync.Map // POST body -> *atomic.Int64
	count := func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "POST" {
			id, _ := io.ReadAll(r.Body)
			n, _ := seen.LoadOrStore(string(id), new(atomic.Int64))
			n.(*atomic.Int64).Add(1)
		}
	}
	servers := []*upstream{newUpstream(t, "web-1", count), newUpstream(t, "web-2", count), newUpstream(t, "web-3", count)}
	spec := plainSpec()
	spec.Retries = 2
	s := newSite(t, spec, balancer.Config{}, servers...)

	var started, lostGets, lostPosts atomic.Int64
	done := sync.Map{}
	one := func(worker, i int) {
		if started.Add(1) == 200 {
			go servers[1].kill()
		}
		if i%2 == 0 {
			if a, err := s.try("GET", "/", nil); err != nil || a.StatusCode != 200 {
				lostGets.Add(1)
			}
			return
		}
		id := fmt.Sprintf("%d-%d", worker, i)
		a, err := s.try("POST", "/posts", strings.NewReader(id))
		if err != nil || a.StatusCode != 200 && a.StatusCode != 502 {
			t.Errorf("POST %s: status %v, error %v", id, a.StatusCode, err)
			return
		}
		if a.StatusCode == 502 {
			lostPosts.Add(1)
		}
		done.Store(id, a.StatusCode)
	}
	s.load(8, 100, one)
	if lostGets.Load() != 0 {
		t.Errorf("%d GETs were lost", lostGets.Load())
	}
	s.metric("failures_total", float64(lostPosts.Load()))

	s.metric("server_web-2_connections", 0)
	before := lostPosts.Load()
	s.load(4, 50, func(worker, i int) { one(worker+100, i) })
	if got := lostPosts.Load() - before; got != 0 {
		t.Errorf("%d POSTs were lost that nobody could have received", got)
	}
	if s.Metrics()["retries_total"] < 50 {
		t.Errorf("only %v retries: the dead server was not asked", s.Metrics()["retries_total"])
	}
	done.Range(func(id, status any) bool {
		times := int64(0)
		if n, ok := seen.Load(id); ok {
			times = n.(*atomic.Int64).Load()
		}
		if times > 1 || status == 200 && times != 1 {
			t.Errorf("POST %s with status %v was done %d times", id, status, times)
		}
		return true
	})
	t.Logf("retries %v, POSTs lost in doubt %d", s.Metrics()["retries_total"], lostPosts.Load())
}

// rawServer accepts and hands each connection to handle.
func rawServer(t *testing.T, name string, handle func(net.Conn)) (address string) {
	t.Helper()
	l := listen(t)
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer c.Close()
				handle(c)
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		wg.Wait()
	})
	return l.Addr().String()
}

// TestSentButUnanswered: a server that takes a request and dies without an
// answer, or answers half a header. A repeat of a POST might do it twice, so it
// gets an error; what is idempotent gets its answer elsewhere.
func TestSentButUnanswered(t *testing.T) {
	endings := []struct {
		name string
		end  func(net.Conn)
	}{
		{"closes", func(net.Conn) {}},
		{"resets", func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) }},
		{"half a header", func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Le") }},
		{"nonsense", func(c net.Conn) { _, _ = io.WriteString(c, "\x00\x01\x02\r\n\r\n") }},
	}
	for _, ending := range endings {
		t.Run(ending.name, func(t *testing.T) {
			var taken atomic.Int64
			address := rawServer(t, "web-1", func(c net.Conn) {
				r, err := http.ReadRequest(bufio.NewReader(c))
				if err != nil {
					return
				}
				_, _ = io.Copy(io.Discard, r.Body)
				taken.Add(1)
				ending.end(c)
			})
			good := newUpstream(t, "web-2", nil)
			for _, tt := range []struct {
				method, body string
				status       int
			}{
				{"GET", "", 200}, {"HEAD", "", 200}, {"OPTIONS", "", 200},
				{"PUT", "x", 200}, {"DELETE", "", 200},
				{"POST", "", 502}, {"POST", "x", 502}, {"PATCH", "x", 502},
			} {
				spec := plainSpec()
				spec.Servers, spec.Retries = []string{"web-1"}, 2
				s := newSite(t, spec, balancer.Config{Servers: map[string]string{"web-1": address}}, good)
				taken.Store(0)
				good.hits.Store(0)
				s.do(tt.method, "/", strings.NewReader(tt.body)).want(t, tt.status)
				repeats := int64(0)
				if tt.status == 200 {
					repeats = 1
				}
				if taken.Load() != 1 || good.hits.Load() != repeats {
					t.Errorf("%s: first server had it %d times, second %d", tt.method, taken.Load(), good.hits.Load())
				}
				s.metric("retries_total", float64(repeats))
				s.metric("failures_total", float64(1-repeats))
				s.metric("server_web-1_failures_total", 1)
			}
		})
	}
}

// TestAnswersAreNotRepeated: a status, whatever it is, is an answer.
func TestAnswersAreNotRepeated(t *testing.T) {
	for _, status := range []int{500, 502, 503, 404, 429} {
		fail := func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(status) }
		servers := []*upstream{newUpstream(t, "web-1", fail), newUpstream(t, "web-2", fail)}
		spec := plainSpec()
		spec.Retries, spec.Health.PassiveFails = 3, 1
		s := newSite(t, spec, balancer.Config{}, servers...)
		s.get("/").want(t, status)
		if n := servers[0].hits.Load() + servers[1].hits.Load(); n != 1 {
			t.Errorf("status %d: %d tries", status, n)
		}
		s.metric("ejections_total", 0)
		s.metric("failures_total", 0)
	}
}

func TestUnsentIsRepeatedForAnyMethod(t *testing.T) {
	var got atomic.Pointer[string]
	good := newUpstream(t, "web-9", func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		s := string(b)
		got.Store(&s)
	})
	bodies := map[string]string{"none": "", "small": "hello", "as large as is kept": strings.Repeat("k", 64<<10),
		"streamed": strings.Repeat("s", 64<<10+1), "large": strings.Repeat("l", 3<<20)}
	for name, body := range bodies {
		for _, chunked := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s chunked=%v", name, chunked), func(t *testing.T) {
				spec := plainSpec()
				spec.Servers, spec.Retries = []string{"web-1", "web-2"}, 2
				dial := func(ctx context.Context, role string) (net.Conn, error) {
					if role != good.name {
						return nil, syscall.ECONNREFUSED
					}
					return new(net.Dialer).DialContext(ctx, "tcp", good.address())
				}
				dead := map[string]string{"web-1": "dead:1", "web-2": "dead:2"}
				s := newSite(t, spec, balancer.Config{Servers: dead, Dial: dial}, good)
				var r io.Reader = strings.NewReader(body)
				if chunked {
					r = io.MultiReader(r) // hides the length
				}
				a := s.do("POST", "/posts", r)
				// A stream of unknown length is not known to be long until
				// 64 KiB were read; it is still untouched by the tries.
				a.want(t, 200)
				if *got.Load() != body {
					t.Errorf("%d bytes arrived, want %d", len(*got.Load()), len(body))
				}
				if !strings.Contains(a.Header.Get("Server-Timing"), `lb-try;desc="3"`) {
					t.Errorf("Server-Timing is %q: want three tries in it", a.Header.Get("Server-Timing"))
				}
				s.metric("retries_total", 2)
			})
		}
	}
}

func TestRetriesAreBounded(t *testing.T) {
	for retries := range 4 {
		spec := plainSpec()
		spec.Servers, spec.Retries = []string{"web-1", "web-2"}, retries
		var dials [3]atomic.Int64
		dial := func(_ context.Context, role string) (net.Conn, error) {
			dials[role[len(role)-1]-'0'].Add(1)
			return nil, syscall.ECONNREFUSED
		}
		s := newSite(t, spec, balancer.Config{Servers: map[string]string{"web-1": "a:1", "web-2": "b:1"}, Dial: dial})
		s.get("/").want(t, 502)
		first, second := dials[1].Load(), dials[2].Load()
		if first+second != int64(retries+1) || first-second < -1 || first-second > 1 {
			t.Errorf("%d retries: %d and %d dials: want each server once before any twice", retries, first, second)
		}
	}
}

// brittle is a connection that can be made to fail as a closed one does:
// nothing is written.
type brittle struct {
	net.Conn
	dead *atomic.Bool
}

func (c brittle) Write(p []byte) (int, error) {
	if c.dead.Load() {
		return 0, syscall.EPIPE
	}
	return c.Conn.Write(p)
}

// TestDeadKeptConnection: a POST that meets a kept connection which has died
// is sent on a new one, even with no retries allowed, since nothing was sent.
func TestDeadKeptConnection(t *testing.T) {
	for _, body := range []string{"", "hello"} {
		u := newUpstream(t, "web-1", nil)
		var current atomic.Pointer[atomic.Bool]
		var dials atomic.Int64
		dial := func(ctx context.Context, _ string) (net.Conn, error) {
			c, err := new(net.Dialer).DialContext(ctx, "tcp", u.address())
			dead := new(atomic.Bool)
			current.Store(dead)
			dials.Add(1)
			return brittle{c, dead}, err
		}
		spec := plainSpec()
		spec.Health.PassiveFails = 1
		s := newSite(t, spec, balancer.Config{Dial: dial}, u)
		for i := range 5 {
			s.post(body).want(t, 200)
			// Only a connection that is kept can die there.
			s.metric("server_web-1_connections", 1)
			if dials.Load() != int64(i+1) {
				t.Fatalf("%d dials after %d deaths", dials.Load(), i)
			}
			current.Load().Store(true)
		}
		if u.hits.Load() != 5 {
			t.Errorf("the server had %d requests, want 5", u.hits.Load())
		}
		s.metric("retries_total", 0)
		s.metric("server_web-1_failures_total", 0)
		s.metric("server_web-1_up", 1)
	}
}

// TestStreamBrokenByServer: a streamed body of which a part has gone is not
// sent again, whatever the method.
func TestStreamBrokenByServer(t *testing.T) {
	address := rawServer(t, "web-1", func(c net.Conn) {
		_, _ = io.ReadFull(c, make([]byte, 100<<10))
	})
	good := newUpstream(t, "web-2", nil)
	spec := plainSpec()
	spec.Servers, spec.Retries = []string{"web-1"}, 1
	s := newSite(t, spec, balancer.Config{Servers: map[string]string{"web-1": address}}, good)
	s.do("PUT", "/", bytes.NewReader(make([]byte, 2<<20))).want(t, 502)
	if good.hits.Load() != 0 {
		t.Error("half a body was sent again")
	}
}
