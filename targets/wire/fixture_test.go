package wire_test

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"rung/targets"
	"rung/targets/clock"
	"rung/targets/wire"
)

// patience bounds every wait of the tests. It is no expectation of speed.
const patience = 30 * time.Second

// newLink makes a link that is closed when the test ends.
func newLink(t testing.TB, spec targets.Link) *wire.Link {
	t.Helper()
	clk := clock.New()
	l := wire.NewLink(clk, spec, 1)
	t.Cleanup(func() {
		l.Close()
		clk.Close()
	})
	return l
}

// within returns a context that ends with the test, or when patience does.
func within(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// listen returns a loopback listener that hands each connection to serve and
// closes it afterwards.
func listen(t testing.TB, serve func(net.Conn)) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var open sync.WaitGroup
	open.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			open.Go(func() {
				defer c.Close()
				c.SetDeadline(time.Now().Add(patience))
				serve(c)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		open.Wait()
	})
	return l
}

// echo sends everything back, then half-closes.
func echo(c net.Conn) { io.Copy(c, c) }

// pair returns both ends of a connection over link.
func pair(t testing.TB, link *wire.Link) (near, far net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	near = dial(t, link, "tcp", l.Addr().String())
	if far, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	far.SetDeadline(time.Now().Add(patience))
	t.Cleanup(func() { far.Close() })
	return near, far
}

// dial connects over link.
func dial(t testing.TB, link *wire.Link, network, address string) net.Conn {
	t.Helper()
	c, err := link.DialContext(within(t), network, address)
	if err != nil {
		t.Fatal(err)
	}
	c.SetDeadline(time.Now().Add(patience))
	t.Cleanup(func() { c.Close() })
	return c
}

func mustWrite(t testing.TB, c net.Conn, data string) {
	t.Helper()
	if n, err := io.WriteString(c, data); err != nil || n != len(data) {
		t.Fatalf("write of %d bytes: %d, %v", len(data), n, err)
	}
}

func wantRead(t testing.TB, c net.Conn, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if n, err := io.ReadFull(c, got); err != nil || string(got) != want {
		t.Fatalf("read %q, %v; want %q", got[:n], err, want)
	}
}
