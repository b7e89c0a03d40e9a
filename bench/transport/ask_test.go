package transport_test

import (
	"context"
	"net"
	"strings"
	"sync/atomic"
	"testing"
)

// A server may end its half of an idle connection only, and go on to read.
// No reset tells of that: who did not look would wait for an answer until its
// deadline.
func TestIdleConnectionHalfClosedByServer(t *testing.T) {
	for _, method := range []string{"GET", "POST"} {
		t.Run(method, func(t *testing.T) {
			everyClient(t, 1, nil, func(t *testing.T, c client, dials *atomic.Int64) {
				left := make(chan struct{})
				asked := make(chan bool, 1)
				url := scripted(t, func(p *peer) {
					p.request()
					p.say(ok)
					_ = p.CloseWrite()
					close(left)
					asked <- p.request() != ""
				}, forever(ok))
				first := ask(c, request(t, method, url, nil))
				<-left
				letLearn(t)
				if second := ask(c, request(t, method, url, nil)); second != first || dials.Load() != 2 {
					t.Errorf("%s, then %s, by %d dials", first, second, dials.Load())
				}
				if <-asked {
					t.Error("the request was sent on the connection that had ended")
				}
			})
		})
	}
}

// What comes in on a new connection before the request must end the wait for
// an answer, too.
func TestNewConnectionHeardFirst(t *testing.T) {
	for _, row := range []struct {
		name  string
		first func(p *peer)
		want  string
	}{
		{"the end", func(p *peer) { _ = p.CloseWrite() }, "error: eof"},
		{"an answer", func(p *peer) { p.say(ok) }, "HTTP/1.1 200"},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, name := range []string{"sockets", "opaque"} {
				spoken := make(chan struct{}, 1)
				url := scripted(t, func(p *peer) { row.first(p); spoken <- struct{}{}; p.gone() })
				c := clients[name](func(ctx context.Context, network, addr string) (net.Conn, error) {
					wire, err := (&net.Dialer{}).DialContext(ctx, network, addr)
					<-spoken
					return wire, err
				}, 1, nil)
				if got := ask(c, request(t, "POST", url, nil)); !strings.HasPrefix(got, row.want) {
					t.Errorf("%s: %s", name, got)
				}
				c.CloseIdleConnections()
			}
		})
	}
}

// A request that the socket does not take at once is written all the same.
func TestRequestLongerThanTheSocketTakes(t *testing.T) {
	path := "/" + strings.Repeat("x", 4<<20)
	everyClient(t, 1, nil, func(t *testing.T, c client, dials *atomic.Int64) {
		url := scripted(t, func(p *peer) {
			for range 2 {
				if got := p.request(); !strings.HasPrefix(got, "GET "+path+" ") {
					t.Errorf("a request of %d bytes arrived", len(got))
				}
				p.say(ok)
			}
		})
		for range 2 {
			if got := ask(c, get(t, url+path)); !strings.HasPrefix(got, "HTTP/1.1 200") || dials.Load() != 1 {
				t.Errorf("%s by %d dials", got, dials.Load())
			}
		}
	})
}
