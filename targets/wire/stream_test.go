package wire_test

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rung/targets"
	"rung/targets/clock"
	"rung/targets/wire"
)

// TestNoByteLostAndOrderKept sends random chunks through random wires whose
// impairment changes on the way, has them echoed, and wants them back as sent.
func TestNoByteLostAndOrderKept(t *testing.T) {
	server := listen(t, echo)
	clk := clock.New()
	defer clk.Close()
	rapid.Check(t, func(t *rapid.T) {
		spec := targets.Link{
			OneWay:    rapid.SampledFrom([]time.Duration{0, 50_000, 1_000_000}).Draw(t, "one way"),
			Jitter:    rapid.SampledFrom([]time.Duration{0, 0, 500_000}).Draw(t, "jitter"),
			Bandwidth: rapid.SampledFrom([]int64{0, 0, 100_000_000}).Draw(t, "bandwidth"),
		}
		sizes := rapid.SliceOfN(rapid.IntRange(0, 70_000), 1, 12).Draw(t, "sizes")
		impairments := rapid.SliceOfN(rapid.SampledFrom([]targets.Impairment{
			{}, {}, {Cut: true}, {Extra: 300 * time.Microsecond},
		}), len(sizes), len(sizes)).Draw(t, "impairments")

		link := wire.NewLink(clk, spec, rapid.Uint64().Draw(t, "seed"))
		defer link.Close()
		c, err := link.DialContext(t.Context(), "tcp", server.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		c.SetDeadline(time.Now().Add(patience))
		defer c.Close()

		sent := make([]byte, 0, 70_000*12)
		random := rand.NewChaCha8([32]byte{1})
		var got []byte
		var readErr error
		var reader sync.WaitGroup
		reader.Go(func() { got, readErr = io.ReadAll(c) })
		for i, size := range sizes {
			link.Impair(impairments[i])
			chunk := make([]byte, size)
			random.Read(chunk)
			sent = append(sent, chunk...)
			if n, err := c.Write(chunk); n != size || err != nil {
				t.Fatalf("write %d: %d of %d, %v", i, n, size, err)
			}
		}
		link.Impair(targets.Impairment{})
		if err := c.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		reader.Wait()
		if readErr != nil {
			t.Fatalf("read: %v", readErr)
		}
		if !bytes.Equal(got, sent) {
			t.Fatalf("got %d bytes back, sent %d; first difference at %d", len(got), len(sent), difference(got, sent))
		}
		if _, out, in := link.Counts(); out != int64(len(sent)) || in != out {
			t.Fatalf("counted %d bytes out and %d in, sent %d", out, in, len(sent))
		}
	})
}

func difference(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

// TestConcurrentWritesStayWhole diverts a connection while several goroutines
// write to it: no write may be torn apart.
func TestConcurrentWritesStayWhole(t *testing.T) {
	const writers, writes, size = 4, 20, 100_000
	link := newLink(t, targets.Link{})
	near, far := pair(t, link)
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			record := bytes.Repeat([]byte{byte(w)}, size)
			for range writes {
				if _, err := near.Write(record); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	group.Go(func() {
		record := make([]byte, size)
		for i := range writers * writes {
			if i == writers*writes/4 {
				link.Impair(targets.Impairment{Extra: time.Microsecond})
			}
			if _, err := io.ReadFull(far, record); err != nil {
				t.Error(err)
				return
			}
			if bytes.Count(record, record[:1]) != size {
				t.Error("two writes are mixed")
				return
			}
		}
	})
	group.Wait()
}

func TestCloseDeliversWhatWasWritten(t *testing.T) {
	tests := []struct {
		name string
		spec targets.Link
	}{
		{"direct", targets.Link{}},
		{"delayed", targets.Link{OneWay: 5 * time.Millisecond}},
		{"narrow", targets.Link{Bandwidth: 50 << 20}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			near, far := pair(t, newLink(t, test.spec))
			sent := bytes.Repeat([]byte("0123456789abcdef"), 1<<15)
			var group sync.WaitGroup
			group.Go(func() {
				if _, err := near.Write(sent); err != nil {
					t.Error(err)
				}
				if err := near.Close(); err != nil {
					t.Error(err)
				}
			})
			got, err := io.ReadAll(far)
			group.Wait()
			if err != nil || !bytes.Equal(got, sent) {
				t.Fatalf("got %d of %d bytes, %v", len(got), len(sent), err)
			}
			if _, err := near.Write(sent); err == nil {
				t.Error("write after close: no error")
			}
			if _, err := near.Read(make([]byte, 1)); err == nil {
				t.Error("read after close: no error")
			}
			if err := near.Close(); err != nil {
				t.Errorf("second close: %v", err)
			}
		})
	}
}

func TestHalfCloseKeepsTheOtherDirection(t *testing.T) {
	for _, delay := range []time.Duration{0, time.Millisecond} {
		t.Run(delay.String(), func(t *testing.T) {
			near, far := pair(t, newLink(t, targets.Link{OneWay: delay}))
			mustWrite(t, near, "question")
			if err := near.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(far); string(got) != "question" || err != nil {
				t.Fatalf("far end read %q, %v", got, err)
			}
			if _, err := near.Write([]byte("x")); err == nil {
				t.Error("write after CloseWrite: no error")
			}
			mustWrite(t, far, "answer")
			far.Close()
			if got, err := io.ReadAll(near); string(got) != "answer" || err != nil {
				t.Fatalf("near end read %q, %v", got, err)
			}
		})
	}
}

func TestResetByPeerIsTold(t *testing.T) {
	for _, delay := range []time.Duration{0, time.Millisecond} {
		t.Run(delay.String(), func(t *testing.T) {
			near, far := pair(t, newLink(t, targets.Link{OneWay: delay}))
			far.(*net.TCPConn).SetLinger(0)
			far.Close()
			if _, err := near.Read(make([]byte, 1)); err == nil || err == io.EOF {
				t.Fatalf("read: %v, want a reset", err)
			}
			// The write side learns of it by its own writes.
			for deadline := time.Now().Add(patience); ; {
				if _, err := near.Write([]byte("x")); err != nil {
					return
				}
				if time.Now().After(deadline) {
					t.Fatal("writes go on for ever")
				}
			}
		})
	}
}

// TestNothingArrivesEarly has lower bounds only: a busy machine may be late.
func TestNothingArrivesEarly(t *testing.T) {
	const oneWay = 20 * time.Millisecond
	link := newLink(t, targets.Link{OneWay: oneWay})
	start := time.Now()
	near, far := pair(t, link)
	atLeast(t, "dial", time.Since(start), 2*oneWay)

	start = time.Now()
	mustWrite(t, near, "ping")
	wantRead(t, far, "ping")
	atLeast(t, "there", time.Since(start), oneWay)

	start = time.Now()
	mustWrite(t, far, "pong")
	wantRead(t, near, "pong")
	atLeast(t, "back", time.Since(start), oneWay)

	link.Impair(targets.Impairment{Extra: oneWay})
	start = time.Now()
	mustWrite(t, near, "ping")
	wantRead(t, far, "ping")
	atLeast(t, "slowed", time.Since(start), 2*oneWay)

	start = time.Now()
	far.Close()
	near.Read(make([]byte, 1))
	atLeast(t, "end of stream", time.Since(start), 2*oneWay)
}

func TestBandwidthIsNotExceeded(t *testing.T) {
	const rate, size = 2_000_000, 100_000
	near, far := pair(t, newLink(t, targets.Link{Bandwidth: rate}))
	for _, way := range []struct {
		name     string
		from, to net.Conn
	}{{"there", near, far}, {"back", far, near}} {
		start := time.Now()
		data := make([]byte, size)
		var group sync.WaitGroup
		group.Go(func() { way.from.Write(data) })
		if _, err := io.ReadFull(way.to, make([]byte, size)); err != nil {
			t.Fatal(err)
		}
		group.Wait()
		atLeast(t, way.name, time.Since(start), size*time.Second/rate)
	}
}

func atLeast(t *testing.T, what string, got, want time.Duration) {
	t.Helper()
	if got < want {
		t.Errorf("%s took %v, want at least %v", what, got, want)
	}
}
