package wire_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"rung/targets"
)

// silence fails the test when anything comes out of c in a little while.
func silence(t *testing.T, c net.Conn) {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	n, err := c.Read(make([]byte, 1))
	if n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("read while cut: %d bytes, %v; want a timeout", n, err)
	}
	c.SetReadDeadline(time.Now().Add(patience))
}

func TestCutHoldsDataUntilHealed(t *testing.T) {
	for _, delay := range []time.Duration{0, time.Millisecond} {
		t.Run(delay.String(), func(t *testing.T) {
			link := newLink(t, targets.Link{OneWay: delay})
			near, far := pair(t, link)
			mustWrite(t, near, "before")
			wantRead(t, far, "before")

			link.Impair(targets.Impairment{Cut: true})
			mustWrite(t, near, "there")
			mustWrite(t, far, "back")
			silence(t, far)
			silence(t, near)

			link.Impair(targets.Impairment{})
			wantRead(t, far, "there")
			wantRead(t, near, "back")
		})
	}
}

// TestCutReachesBlockedCalls cuts a direct link while a Read and a Write are
// inside the socket.
func TestCutReachesBlockedCalls(t *testing.T) {
	link := newLink(t, targets.Link{})
	near, far := pair(t, link)
	const size = 32 << 20 // more than sockets and the wire hold
	var group sync.WaitGroup
	group.Go(func() {
		if n, err := near.Write(make([]byte, size)); n != size || err != nil {
			t.Errorf("write: %d, %v", n, err)
		}
	})
	group.Go(func() {
		got := make([]byte, 4)
		if _, err := io.ReadFull(near, got); err != nil || string(got) != "back" {
			t.Errorf("read %q, %v", got, err)
		}
	})
	if _, err := io.ReadFull(far, make([]byte, 1<<20)); err != nil {
		t.Fatal(err)
	}
	link.Impair(targets.Impairment{Cut: true})
	mustWrite(t, far, "back")
	link.Impair(targets.Impairment{})
	if n, err := io.CopyN(io.Discard, far, size-1<<20); err != nil {
		t.Fatalf("got %d more bytes, %v", n, err)
	}
	group.Wait()
}

func TestCutHidesTheDeathOfThePeer(t *testing.T) {
	link := newLink(t, targets.Link{})
	near, far := pair(t, link)
	link.Impair(targets.Impairment{Cut: true})
	far.Close()
	silence(t, near)
	mustWrite(t, near, "nobody is told")
	link.Impair(targets.Impairment{})
	if _, err := near.Read(make([]byte, 1)); err == nil {
		t.Fatal("read after heal: no error, no end")
	}
}

func TestCutFillsTheWindowThenBlocks(t *testing.T) {
	link := newLink(t, targets.Link{OneWay: time.Millisecond})
	near, _ := pair(t, link)
	link.Impair(targets.Impairment{Cut: true})
	near.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
	const size = 16 << 20
	n, err := near.Write(make([]byte, size))
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("write: %v, want a timeout", err)
	}
	if window := 4<<20 + 64<<10; n > window {
		t.Errorf("a cut wire took %d bytes, its window is %d", n, window)
	}
}

func TestDialOverACutLink(t *testing.T) {
	server := listen(t, echo)
	address := server.Addr().String()

	t.Run("hangs until the context ends", func(t *testing.T) {
		link := newLink(t, targets.Link{})
		link.Impair(targets.Impairment{Cut: true})
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
		defer cancel()
		c, err := link.DialContext(ctx, "tcp", address)
		if c != nil || !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("dial: %v, %v; want the context's error", c, err)
		}
		var timeout net.Error
		if !errors.As(err, &timeout) || !timeout.Timeout() {
			t.Errorf("%v is not a timeout", err)
		}
	})
	t.Run("goes on when healed", func(t *testing.T) {
		link := newLink(t, targets.Link{})
		link.Impair(targets.Impairment{Cut: true})
		dialled := make(chan error, 1)
		go func() {
			c, err := link.DialContext(within(t), "tcp", address)
			if err == nil {
				c.Close()
			}
			dialled <- err
		}()
		select {
		case err := <-dialled:
			t.Fatalf("dial over a cut link returned: %v", err)
		case <-time.After(20 * time.Millisecond):
		}
		link.Impair(targets.Impairment{})
		if err := <-dialled; err != nil {
			t.Fatal(err)
		}
	})
}

func TestRefusedDialTakesARoundTrip(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	const oneWay = 5 * time.Millisecond
	start := time.Now()
	if _, err := newLink(t, targets.Link{OneWay: oneWay}).DialContext(within(t), "tcp", address); err == nil {
		t.Fatal("dial to a closed port: no error")
	}
	atLeast(t, "refusal", time.Since(start), 2*oneWay)
}

func TestLossDelaysButLosesNothing(t *testing.T) {
	link := newLink(t, targets.Link{})
	near, far := pair(t, link)
	link.Impair(targets.Impairment{Loss: 0.2})
	start := time.Now()
	var there, back sync.WaitGroup
	const size = 200_000 // 137 segments: some are lost for sure (1 - 0.8^137)
	there.Go(func() { near.Write(make([]byte, size)) })
	back.Go(func() { io.CopyN(far, far, size) })
	if n, err := io.CopyN(io.Discard, near, size); err != nil {
		t.Fatalf("got %d of %d bytes, %v", n, size, err)
	}
	there.Wait()
	back.Wait()
	atLeast(t, "a lossy way there", time.Since(start), 200*time.Millisecond)
}

// TestCloseEndsWhatIsHeld closes a link on whose wires data is held by a cut.
func TestCloseEndsWhatIsHeld(t *testing.T) {
	link := newLink(t, targets.Link{OneWay: time.Millisecond})
	near, far := pair(t, link)
	open, _ := pair(t, link)
	link.Impair(targets.Impairment{Cut: true})
	mustWrite(t, near, "held")
	near.Close()
	silence(t, far)
	if err := link.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(far); len(got) > 0 {
		t.Errorf("read %q, %v after Close", got, err)
	}
	if _, err := open.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("read on an open connection: %v", err)
	}
	link.Impair(targets.Impairment{})
	if _, err := link.DialContext(within(t), "tcp", listen(t, echo).Addr().String()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("dial after Close: %v", err)
	}
}
