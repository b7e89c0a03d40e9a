package transport_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rung/bench/transport"
)

// A server may close a connection that it keeps for nobody. Even a request
// that must not be repeated is none the worse for it.
func TestIdleConnectionClosedByServer(t *testing.T) {
	for _, method := range []string{"GET", "POST"} {
		t.Run(method, func(t *testing.T) {
			everyClient(t, 1, nil, func(t *testing.T, c client, dials *atomic.Int64) {
				left := make(chan struct{})
				url := scripted(t, func(p *peer) {
					p.request()
					p.say(ok)
					p.Close()
					close(left)
				}, forever(ok))
				first := ask(c, request(t, method, url, nil))
				<-left
				letLearn(t)
				if second := ask(c, request(t, method, url, nil)); second != first || dials.Load() != 2 {
					t.Errorf("%s, then %s, by %d dials", first, second, dials.Load())
				}
			})
		})
	}
}

// letLearn gives a transport that learns of an idle connection's end from a
// goroutine the time to. This package's asks the socket, and needs none.
func letLearn(t *testing.T) {
	if !strings.HasSuffix(t.Name(), "/sockets") {
		<-time.After(50 * time.Millisecond)
	}
}

// The same for a server that says something unasked.
func TestUnsolicitedAnswer(t *testing.T) {
	everyClient(t, 1, nil, func(t *testing.T, c client, dials *atomic.Int64) {
		said := make(chan struct{})
		url := scripted(t, func(p *peer) {
			p.request()
			p.say(ok)
			p.say("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")
			close(said)
			p.gone()
		}, forever(ok))
		first := ask(c, request(t, "POST", url, nil))
		<-said
		letLearn(t)
		if second := ask(c, request(t, "POST", url, nil)); second != first || dials.Load() != 2 {
			t.Errorf("%s, then %s, by %d dials", first, second, dials.Load())
		}
	})
}

// A kept connection that ends while a request is under way: the request is
// sent again if that does no harm, once.
func TestRetry(t *testing.T) {
	drop := func(p *peer) { p.request(); p.say(ok); p.request() }
	reset := func(p *peer) { p.request(); p.say(ok); p.request(); p.reset() }
	for _, row := range []struct {
		name, method string
		header       string
		body         string
		scripts      []func(*peer)
		want         string
		dials        int64
	}{
		{"GET", "GET", "", "", []func(*peer){drop, forever(ok)}, "200", 2},
		{"GET after a reset", "GET", "", "", []func(*peer){reset, forever(ok)}, "200", 2},
		{"HEAD", "HEAD", "", "", []func(*peer){drop, forever("HTTP/1.1 200 OK\r\n\r\n")}, "200", 2},
		{"GET with a body", "GET", "", "body", []func(*peer){drop, forever(ok)}, "200", 2},
		{"POST", "POST", "", "body", []func(*peer){drop, forever(ok)}, "error: eof", 1},
		{"POST after a reset", "POST", "", "", []func(*peer){reset, forever(ok)}, "error: reset", 1},
		{"POST with a key", "POST", "Idempotency-Key", "body", []func(*peer){drop, forever(ok)}, "200", 2},
		{"the second drops as well", "GET", "", "", []func(*peer){drop, func(p *peer) { p.request() }}, "error: eof", 2},
		{"an answer had begun", "GET", "", "", []func(*peer){
			func(p *peer) { p.request(); p.say(ok); p.request(); p.say("HTTP/1.1 200") }, forever(ok)}, "error: eof", 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			everyClient(t, 1, nil, func(t *testing.T, c client, dials *atomic.Int64) {
				url := scripted(t, row.scripts...)
				if first := ask(c, get(t, url)); !strings.Contains(first, "200") {
					t.Fatal(first)
				}
				r := request(t, row.method, url, nil)
				if row.header != "" {
					r.Header.Set(row.header, "x")
				}
				if row.body != "" {
					carry(r, strings.NewReader(row.body))
				}
				if got := ask(c, r); !strings.Contains(got, row.want) || dials.Load() != row.dials {
					t.Errorf("%s by %d dials, want %s by %d", got, dials.Load(), row.want, row.dials)
				}
			})
		})
	}
}

// A new connection is not tried again: the server had no reason to end it.
func TestNewConnectionIsNotRetried(t *testing.T) {
	everyClient(t, 1, nil, func(t *testing.T, c client, dials *atomic.Int64) {
		url := scripted(t, func(p *peer) { p.request() }, forever(ok))
		if got := ask(c, get(t, url)); got != "error: eof" || dials.Load() != 1 {
			t.Errorf("%s by %d dials", got, dials.Load())
		}
	})
}

// More was sent than announced: the rest is not the next answer.
func TestSurplusIsNotTheNextAnswer(t *testing.T) {
	everyClient(t, 1, nil, func(t *testing.T, c client, dials *atomic.Int64) {
		url := scripted(t, func(p *peer) {
			p.request()
			p.say(ok + "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")
			p.gone()
		}, forever(ok))
		first := ask(c, get(t, url))
		letLearn(t)
		if second := ask(c, get(t, url)); second != first || dials.Load() != 2 {
			t.Errorf("%s, then %s, by %d dials", first, second, dials.Load())
		}
	})
}

// A body that is closed early costs its connection; one that had arrived
// anyway does not.
func TestBodyClosedEarly(t *testing.T) {
	endless := make(chan struct{})
	url := scripted(t, func(p *peer) {
		p.request()
		p.say("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nsome")
		p.gone()
		close(endless)
	}, forever(ok))
	var dials atomic.Int64
	c := clients["sockets"](counted(&dials), 1, nil)
	defer c.CloseIdleConnections()
	for i, want := range []int64{1, 2, 2} {
		response, err := c.RoundTrip(get(t, url))
		if err != nil {
			t.Fatal(err)
		}
		if err := response.Body.Close(); err != nil {
			t.Error(err)
		}
		if _, err := response.Body.Read(make([]byte, 1)); err != http.ErrBodyReadAfterClose {
			t.Errorf("read of a closed body: %v", err)
		}
		if dials.Load() != want {
			t.Errorf("request %d was dial %d, want %d", i, dials.Load(), want)
		}
	}
	<-endless
}

// Close ends a Read that waits.
func TestCloseDuringRead(t *testing.T) {
	everyClient(t, 1, nil, func(t *testing.T, c client, _ *atomic.Int64) {
		url := scripted(t, func(p *peer) {
			p.request()
			p.say("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1")
			p.gone()
		})
		response, err := c.RoundTrip(get(t, url))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(response.Body, make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		read := make(chan error)
		go func() {
			_, err := response.Body.Read(make([]byte, 1))
			read <- err
		}()
		response.Body.Close()
		if err := <-read; err == nil || err == io.EOF {
			t.Errorf("the read ended with %v", err)
		}
	})
}

// At most so many connections are open, whatever is asked, and all are used
// again.
func TestConnectionsAreCapped(t *testing.T) {
	everyClient(t, 4, nil, func(t *testing.T, c client, dials *atomic.Int64) {
		var open, most atomic.Int64
		url := scripted(t, func(p *peer) {
			most.Store(max(most.Load(), open.Add(1)))
			defer open.Add(-1)
			forever(ok)(p)
		})
		var all sync.WaitGroup
		for range 32 {
			all.Go(func() {
				for range 25 {
					if got := ask(c, get(t, url)); !strings.Contains(got, "200") {
						t.Error(got)
					}
				}
			})
		}
		all.Wait()
		if most.Load() > 4 || dials.Load() > 4 {
			t.Errorf("%d connections at once, %d in all", most.Load(), dials.Load())
		}
		if own, ok := c.(*transport.Transport); ok {
			if own.Open() != int(dials.Load()) || own.ConnectionsPerHost() != 4 {
				t.Errorf("%d open of %d", own.Open(), dials.Load())
			}
			c.CloseIdleConnections()
			if own.Open() != 0 {
				t.Errorf("%d are open after all were closed", own.Open())
			}
		}
	})
}

// The slot of a connection that failed goes to who waits.
func TestSlotsAreNotLost(t *testing.T) {
	everyClient(t, 2, nil, func(t *testing.T, c client, _ *atomic.Int64) {
		var n atomic.Int64
		url := scripted(t, func(p *peer) {
			for p.request() != "" {
				switch n.Add(1) % 4 {
				case 0:
					return
				case 1:
					p.say("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")
					return
				case 2:
					p.reset()
					return
				}
				p.say(ok)
			}
		})
		var all sync.WaitGroup
		for range 16 {
			all.Go(func() {
				for range 20 {
					if got := ask(c, get(t, url)); strings.Contains(got, "timeout") {
						t.Error(got)
					}
				}
			})
		}
		all.Wait()
	})
}

// pipes is a dialer to servers that follow a script on a pipe, for tests in
// fake time.
func pipes(script func(net.Conn)) (dialer, *atomic.Int64) {
	var dials atomic.Int64
	return func(context.Context, string, string) (net.Conn, error) {
		dials.Add(1)
		ours, theirs := net.Pipe()
		go func() { defer theirs.Close(); script(theirs) }()
		return ours, nil
	}, &dials
}

func answerAll(c net.Conn) {
	buffer := make([]byte, 4096)
	for {
		if _, err := c.Read(buffer); err != nil {
			return
		}
		if _, err := io.WriteString(c, ok); err != nil {
			return
		}
	}
}

func TestIdleConnectionsExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dial, dials := pipes(answerAll)
		c := transport.New(transport.Config{Dial: dial, Connections: 2, IdleTimeout: time.Minute})
		defer c.CloseIdleConnections()
		var both sync.WaitGroup
		for range 2 {
			both.Go(func() { ask(c, get(t, "http://host/")) })
		}
		both.Wait()
		for i, step := range []struct {
			pause time.Duration
			open  int
			dials int64
		}{{59 * time.Second, int(dials.Load()), dials.Load()}, {59 * time.Second, 1, dials.Load()}, {2 * time.Minute, 0, dials.Load() + 1}} {
			time.Sleep(step.pause)
			synctest.Wait()
			if c.Open() != step.open {
				t.Errorf("step %d: %d are open, want %d", i, c.Open(), step.open)
			}
			if got := ask(c, get(t, "http://host/")); !strings.Contains(got, "200") || dials.Load() != step.dials {
				t.Errorf("step %d: %s by %d dials, want %d", i, got, dials.Load(), step.dials)
			}
		}
	})
}

// Who waits for a connection gets it in the order of asking.
func TestWaitersAreServedInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dial, dials := pipes(func(c net.Conn) {
			buffer := make([]byte, 4096)
			for {
				if _, err := c.Read(buffer); err != nil {
					return
				}
				time.Sleep(time.Second)
				if _, err := io.WriteString(c, ok); err != nil {
					return
				}
			}
		})
		c := transport.New(transport.Config{Dial: dial, Connections: 1})
		defer c.CloseIdleConnections()
		var mu sync.Mutex
		var order []int
		var all sync.WaitGroup
		for i := range 5 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			if i == 2 { // gives up while it waits
				ctx, cancel = context.WithTimeout(t.Context(), 1500*time.Millisecond)
			}
			all.Go(func() {
				defer cancel()
				got := ask(c, get(t, "http://host/").WithContext(ctx))
				mu.Lock()
				defer mu.Unlock()
				if strings.Contains(got, "200") == (i != 2) {
					order = append(order, i)
				} else {
					t.Errorf("request %d: %s", i, got)
				}
			})
			synctest.Wait()
		}
		all.Wait()
		if got := fmt.Sprint(order); got != "[0 2 1 3 4]" || dials.Load() != 1 {
			t.Errorf("served %s by %d dials", got, dials.Load())
		}
	})
}
