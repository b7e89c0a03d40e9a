package transport_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rung/bench/transport"
)

// quiet is a context with a deadline that wakes nobody.
type quiet struct {
	context.Context
	deadline time.Time
}

func (q quiet) Deadline() (time.Time, bool) { return q.deadline, true }
func (q quiet) Done() <-chan struct{}       { return nil }
func (q quiet) Err() error {
	if time.Now().Before(q.deadline) {
		return nil
	}
	return context.DeadlineExceeded
}

// endings are the ways in which a request's time is up.
var endings = []struct {
	name string
	// start returns a context that ends soon, or as soon as end is called.
	start func() (ctx context.Context, end func())
	want  string
	own   bool // this package's only
}{
	{"deadline", func() (context.Context, func()) {
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		return ctx, func() { <-ctx.Done(); cancel() }
	}, "timeout", false},
	{"cancel", func() (context.Context, func()) {
		ctx, cancel := context.WithCancel(context.Background())
		return ctx, cancel
	}, "canceled", false},
	{"cause", func() (context.Context, func()) {
		ctx, cancel := context.WithCancelCause(context.Background())
		return ctx, func() { cancel(errBody) }
	}, "body", false},
	{"quiet deadline", func() (context.Context, func()) {
		return quiet{context.Background(), time.Now().Add(50 * time.Millisecond)}, func() {}
	}, "timeout", true},
}

// stages are where a request can be when its time is up. Each returns the
// URL, a dialer if it is not the usual one, and a channel that tells when the
// request is there.
var stages = []struct {
	name  string
	start func(t *testing.T) (url string, dial dialer, there <-chan struct{})
	body  int // of the request, in bytes
}{
	{"dial", func(*testing.T) (string, dialer, <-chan struct{}) {
		there := make(chan struct{}, 9)
		return "http://127.0.0.1:1", func(ctx context.Context, _, _ string) (net.Conn, error) {
			there <- struct{}{}
			<-ctx.Done()
			return nil, context.Cause(ctx)
		}, there
	}, 0},
	{"handshake", func(t *testing.T) (string, dialer, <-chan struct{}) {
		there := make(chan struct{}, 9)
		url := scripted(t, func(p *peer) {
			_, _ = p.Read(make([]byte, 1))
			there <- struct{}{}
			p.gone()
		})
		return strings.Replace(url, "http:", "https:", 1), nil, there
	}, 0},
	{"write", func(t *testing.T) (string, dialer, <-chan struct{}) {
		there, over := make(chan struct{}, 9), make(chan struct{})
		url := scripted(t, func(p *peer) {
			_, _ = p.Read(make([]byte, 1))
			there <- struct{}{}
			<-over
		})
		t.Cleanup(func() { close(over) }) // before the server ends
		return url, nil, there
	}, 64 << 20},
	{"head", func(t *testing.T) (string, dialer, <-chan struct{}) {
		there := make(chan struct{}, 9)
		return scripted(t, func(p *peer) { p.request(); there <- struct{}{}; p.gone() }), nil, there
	}, 0},
	{"within the head", func(t *testing.T) (string, dialer, <-chan struct{}) {
		there := make(chan struct{}, 9)
		return scripted(t, func(p *peer) { p.request(); p.say("HTTP/1.1 200 OK\r\n"); there <- struct{}{}; p.gone() }), nil, there
	}, 0},
	{"body", func(t *testing.T) (string, dialer, <-chan struct{}) {
		there := make(chan struct{}, 9)
		return scripted(t, func(p *peer) {
			p.request()
			p.say("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nsome")
			there <- struct{}{}
			p.gone()
		}), nil, there
	}, 0},
}

// A request ends in time wherever it is, says why, and leaves nothing behind.
func TestEndsAtEveryStage(t *testing.T) {
	for _, stage := range stages {
		for _, ending := range endings {
			t.Run(stage.name+"/"+ending.name, func(t *testing.T) {
				for name := range clients {
					if ending.own && name == "net/http" {
						continue
					}
					url, dial, there := stage.start(t)
					if dial == nil {
						dial = (&net.Dialer{}).DialContext
					}
					c := clients[name](dial, 1, nil)
					ctx, end := ending.start()
					r := request(t, "GET", url, nil).WithContext(ctx)
					if stage.body > 0 {
						r.Method = "POST"
						carry(r, strings.NewReader(strings.Repeat("x", stage.body)))
					}
					over := make(chan struct{})
					var ender sync.WaitGroup
					ender.Go(func() {
						select {
						case <-there:
						case <-over:
						}
						end()
					})
					got := ask(c, r)
					close(over)
					ender.Wait()
					if i := strings.LastIndex(got, "error: "); i < 0 || got[i+len("error: "):] != ending.want {
						t.Errorf("%s: %s, want %s", name, got, ending.want)
					}
					if own, ok := c.(*transport.Transport); ok && own.Open() != 0 {
						t.Errorf("%s: %d connections are open", name, own.Open())
					}
					c.CloseIdleConnections()
				}
			})
		}
	}
}

// The wait for a connection ends as well, and the connection is not lost.
func TestWaitForConnectionEnds(t *testing.T) {
	for _, ending := range endings {
		t.Run(ending.name, func(t *testing.T) {
			for name := range clients {
				if ending.own && name == "net/http" {
					continue
				}
				busy, release := make(chan struct{}), make(chan struct{})
				url := scripted(t, func(p *peer) {
					p.request()
					close(busy)
					<-release
					p.say(ok)
					forever(ok)(p)
				})
				var dials atomic.Int64
				c := clients[name](counted(&dials), 1, nil)
				first := make(chan string)
				go func() { first <- ask(c, get(t, url)) }()
				<-busy
				ctx, end := ending.start()
				waiting := make(chan string)
				go func() { waiting <- ask(c, get(t, url).WithContext(ctx)) }()
				end()
				if got := <-waiting; got != "error: "+ending.want {
					t.Errorf("%s: %s, want %s", name, got, ending.want)
				}
				close(release)
				if got := <-first; !strings.Contains(got, "200") {
					t.Errorf("%s: first %s", name, got)
				}
				if got := ask(c, get(t, url)); !strings.Contains(got, "200") || dials.Load() != 1 {
					t.Errorf("%s: %s by %d dials", name, got, dials.Load())
				}
				c.CloseIdleConnections()
			}
		})
	}
}

// A context that has ended sends nothing.
func TestEndedBefore(t *testing.T) {
	everyClient(t, 1, nil, func(t *testing.T, c client, dials *atomic.Int64) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if got := ask(c, get(t, "http://127.0.0.1:1/").WithContext(ctx)); got != "error: canceled" || dials.Load() != 0 {
			t.Errorf("%s by %d dials", got, dials.Load())
		}
	})
}

// A dial's own time-out is not the request's.
func TestDialError(t *testing.T) {
	own := &net.DNSError{Err: "slow", IsTimeout: true}
	c := transport.New(transport.Config{Dial: func(context.Context, string, string) (net.Conn, error) { return nil, own }, Connections: 1})
	for range 3 { // the slot is not lost
		if _, err := c.RoundTrip(get(t, "http://host/")); !errors.Is(err, own) {
			t.Errorf("error is %v", err)
		}
	}
	c = transport.New(transport.Config{Dial: func(context.Context, string, string) (net.Conn, error) { return nil, nil }})
	if _, err := c.RoundTrip(get(t, "http://host/")); err == nil {
		t.Error("no connection and no error")
	}
}

// The deadline of a request is not that of the next one on its connection.
func TestDeadlineIsForgotten(t *testing.T) {
	everyClient(t, 1, nil, func(t *testing.T, c client, dials *atomic.Int64) {
		hold := make(chan struct{})
		url := scripted(t, func(p *peer) {
			p.request()
			p.say(ok)
			p.request()
			<-hold
			p.say(ok)
			p.gone()
		})
		ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
		defer cancel()
		if got := ask(c, get(t, url).WithContext(ctx)); !strings.Contains(got, "200") {
			t.Skipf("SKIPPED: the machine is too slow: %s", got)
		}
		go func() { <-ctx.Done(); close(hold) }()
		unbounded := get(t, url).WithContext(context.Background())
		if got := ask(c, unbounded); !strings.Contains(got, "200") || dials.Load() != 1 {
			t.Errorf("%s by %d dials", got, dials.Load())
		}
	})
}

// Canceling a request whose answer was read does not harm the next one.
func TestCancelAfterTheEnd(t *testing.T) {
	everyClient(t, 1, nil, func(t *testing.T, c client, _ *atomic.Int64) {
		url := scripted(t, forever(ok))
		for range 50 {
			ctx, cancel := context.WithCancel(context.Background())
			response, err := c.RoundTrip(get(t, url).WithContext(ctx))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadAll(response.Body); err != nil {
				t.Fatal(err)
			}
			go cancel()
			response.Body.Close()
			if got := ask(c, get(t, url)); !strings.Contains(got, "200") {
				t.Fatal(got)
			}
		}
	})
}

var _ http.RoundTripper = (*transport.Transport)(nil)
