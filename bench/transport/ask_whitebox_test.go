//go:build unix

package transport

import (
	"io"
	"net"
	"testing"
)

// Only a plain socket is asked in one: who wraps it wants to see the writing.
func TestAskerIsForPlainSocketsOnly(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	wire, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	there, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer there.Close()
	p := newPool(New(Config{}), "", "", "", false)
	p.slots = 1
	wrapped := newConn(p, struct{ *net.TCPConn }{wire.(*net.TCPConn)}, nil)
	if wrapped.asker != nil {
		t.Error("a wrapped socket is written to behind its back")
	}
	c := newConn(p, wire, nil)
	defer c.close()
	if c.asker == nil {
		t.Fatal("a plain socket is not asked")
	}
	// The answer is there or not when the wait begins: the request arrives
	// once, and the wait ends.
	const rounds, text = 500, "request"
	go func() {
		got := make([]byte, len(text))
		for range rounds {
			if _, err := io.ReadFull(there, got); err != nil || string(got) != text {
				break
			}
			_, _ = there.Write([]byte("!"))
		}
		there.Close()
	}()
	c.reused = true
	for i := range rounds {
		if alive, err := c.ask([]byte(text)); !alive || err != nil {
			t.Fatalf("round %d: alive %t, %v", i, alive, err)
		}
		if b, err := c.in.ReadByte(); b != '!' || err != nil {
			t.Fatalf("round %d: %q, %v", i, b, err)
		}
	}
	if c.written != rounds*int64(len(text)) {
		t.Errorf("%d bytes were written", c.written)
	}
}
