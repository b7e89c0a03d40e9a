package wire_test

import (
	"errors"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"

	"rung/targets"
	"rung/targets/wire"
)

func TestFromIsTheAddressOfTheDialer(t *testing.T) {
	const node = "127.64.3.2"
	seen := make(chan string, 1)
	server := listen(t, func(c net.Conn) { seen <- host(c.RemoteAddr()) })
	for _, delay := range []time.Duration{0, time.Millisecond} {
		link := newLink(t, targets.Link{OneWay: delay}).From(node)
		c := dial(t, link, "tcp", server.Addr().String())
		if got := <-seen; got != node || host(c.LocalAddr()) != node {
			t.Errorf("tcp: server saw %s, client is %v; want %s", got, c.LocalAddr(), node)
		}
		u := dial(t, link, "udp", answer(t))
		if got := host(u.LocalAddr()); got != node {
			t.Errorf("udp: client is %s, want %s", got, node)
		}
		mustWrite(t, u, "hi")
		wantRead(t, u, "hi")
	}
	if dials, _, _ := newLink(t, targets.Link{}).Counts(); dials != 0 {
		t.Errorf("a new link counts %d dials", dials)
	}
}

func host(a net.Addr) string {
	h, _, _ := net.SplitHostPort(a.String())
	return h
}

func TestDialErrors(t *testing.T) {
	for _, test := range []struct{ name, from, network, address string }{
		{"network", "", "unix", "/nowhere"},
		{"source", "not an address", "tcp", "127.0.0.1:1"},
		{"udp source", "not an address", "udp", "127.0.0.1:1"},
		{"address", "", "tcp", "127.0.0.1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			link := newLink(t, targets.Link{}).From(test.from)
			c, err := link.DialContext(within(t), test.network, test.address)
			var named *net.OpError
			if c != nil || !errors.As(err, &named) {
				t.Fatalf("dial: %v, %v; want a net.OpError", c, err)
			}
		})
	}
}

func TestGuardLetsOnlyTheAllowedIn(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refused := make(chan string, 2)
	guarded := wire.Guard(inner, []string{"127.64.0.7", "junk"}, func(remote string) { refused <- remote })
	var served sync.WaitGroup
	served.Go(func() {
		for {
			c, err := guarded.Accept()
			if err != nil {
				if !errors.Is(err, net.ErrClosed) {
					t.Errorf("accept: %v", err)
				}
				return
			}
			echo(c)
			c.Close()
		}
	})
	address := inner.Addr().String()

	wantReset(t, newLink(t, targets.Link{}).From("127.64.0.8"), address)
	if got, _, err := net.SplitHostPort(<-refused); got != "127.64.0.8" || err != nil {
		t.Errorf("refused %s, %v; want the stranger", got, err)
	}

	friend := dial(t, newLink(t, targets.Link{}).From("127.64.0.7"), "tcp", address)
	mustWrite(t, friend, "hello")
	wantRead(t, friend, "hello")
	friend.Close()
	guarded.Close()
	served.Wait()
	if len(refused) != 0 {
		t.Errorf("refused %s, too", <-refused)
	}
}

func TestGuardWithoutNamesLetsNobodyIn(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	guarded := wire.Guard(inner, nil, nil)
	ended := make(chan error, 1)
	go func() {
		_, err := guarded.Accept()
		ended <- err
	}()
	wantReset(t, newLink(t, targets.Link{}), inner.Addr().String())
	guarded.Close()
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Errorf("accept: %v, want the listener's own error", err)
	}
}

// wantReset dials a guarded address from outside. The reset comes in the dial
// or just after it.
func wantReset(t *testing.T, link *wire.Link, address string) {
	t.Helper()
	c, err := link.DialContext(within(t), "tcp", address)
	if err == nil {
		defer c.Close()
		_, err = c.Read(make([]byte, 1))
	}
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("a stranger got %v, want a reset", err)
	}
}
