package wire_test

import (
	"errors"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"rung/targets"
)

// answer starts a UDP server that sends every datagram back.
func answer(t *testing.T) string {
	t.Helper()
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buffer := make([]byte, 1<<16)
		for {
			n, from, err := server.ReadFrom(buffer)
			if err != nil {
				return
			}
			server.WriteTo(buffer[:n], from)
		}
	}()
	t.Cleanup(func() {
		server.Close()
		<-done
	})
	return server.LocalAddr().String()
}

func TestDatagramsKeepTheirBounds(t *testing.T) {
	for _, delay := range []time.Duration{0, 2 * time.Millisecond} {
		t.Run(delay.String(), func(t *testing.T) {
			c := dial(t, newLink(t, targets.Link{OneWay: delay}), "udp", answer(t))
			for _, question := range []string{"one", "", "a longer one", string(make([]byte, 60_000))} {
				start := time.Now()
				mustWrite(t, c, question)
				buffer := make([]byte, 1<<16)
				n, err := c.Read(buffer)
				if err != nil || string(buffer[:n]) != question {
					t.Fatalf("sent %d bytes, got %d, %v", len(question), n, err)
				}
				atLeast(t, "round trip", time.Since(start), 2*delay)
			}
			if _, err := c.Write(make([]byte, 1<<16)); !errors.Is(err, syscall.EMSGSIZE) {
				t.Errorf("oversized datagram: %v", err)
			}
		})
	}
}

// TestDatagramIsAPacketConn: DNS libraries frame messages as on TCP otherwise.
func TestDatagramIsAPacketConn(t *testing.T) {
	link := newLink(t, targets.Link{OneWay: time.Millisecond})
	c := dial(t, link, "udp", answer(t)).(net.PacketConn)
	to := c.(net.Conn).RemoteAddr()
	if _, err := c.WriteTo([]byte("hello"), to); err != nil {
		t.Fatal(err)
	}
	buffer := make([]byte, 3)
	n, from, err := c.ReadFrom(buffer)
	if err != nil || string(buffer[:n]) != "hel" || from.String() != to.String() {
		t.Fatalf("read %q from %v, %v", buffer[:n], from, err)
	}
	if _, err := c.WriteTo(nil, c.LocalAddr()); err == nil {
		t.Error("write to another address: no error")
	}
	stream := dial(t, link, "tcp", listen(t, echo).Addr().String())
	if _, ok := stream.(net.PacketConn); ok {
		t.Error("a TCP connection is a net.PacketConn")
	}
}

func TestCutLosesDatagrams(t *testing.T) {
	for _, delay := range []time.Duration{0, time.Millisecond} {
		t.Run(delay.String(), func(t *testing.T) {
			link := newLink(t, targets.Link{OneWay: delay})
			c := dial(t, link, "udp", answer(t))
			link.Impair(targets.Impairment{Cut: true})
			mustWrite(t, c, "lost")
			silence(t, c)
			link.Impair(targets.Impairment{})
			mustWrite(t, c, "kept")
			wantRead(t, c, "kept")
			silence(t, c)
		})
	}
}

func TestLossOfOneIsACut(t *testing.T) {
	link := newLink(t, targets.Link{})
	c := dial(t, link, "udp", answer(t))
	link.Impair(targets.Impairment{Loss: 1})
	mustWrite(t, c, "lost")
	silence(t, c)
}

func TestUnreachablePortIsTold(t *testing.T) {
	for _, delay := range []time.Duration{0, time.Millisecond} {
		t.Run(delay.String(), func(t *testing.T) {
			server, err := net.ListenPacket("udp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			address := server.LocalAddr().String()
			server.Close()
			c := dial(t, newLink(t, targets.Link{OneWay: delay}), "udp", address)
			mustWrite(t, c, "anybody?")
			if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNREFUSED) {
				t.Errorf("read: %v, want connection refused", err)
			}
			silence(t, c) // told once
		})
	}
}

func TestDatagramDeadlines(t *testing.T) {
	link := newLink(t, targets.Link{OneWay: time.Hour})
	c := dial(t, link, "udp", answer(t))
	mustWrite(t, c, "far away")
	c.SetReadDeadline(time.Now().Add(time.Millisecond))
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("read: %v, want a timeout", err)
	}
	c.SetWriteDeadline(time.Now())
	if _, err := c.Write([]byte("x")); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("write: %v, want a timeout", err)
	}
}
