package cache_test

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"

	"rung/targets"
	"rung/targets/cache"
	"rung/targets/clock"
	"rung/targets/machine"
)

// pad is a log that may be read while it is written.
type pad struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (p *pad) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.b.Write(b)
}

func (p *pad) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.b.String()
}

// TestTracedCommand sends a trace over the wire, as a store's client does.
func TestTracedCommand(t *testing.T) {
	clk := clock.New()
	t.Cleanup(clk.Close)
	log := &pad{}
	s, err := cache.New(cache.Settings{Bytes: 1 << 20, Policy: cache.PolicyLRU}, cache.Config{Role: "cache",
		Share: machine.New(clk, targets.Machine{}, 1).For("cache"), Log: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve(context.Background(), l) }()
	c := dial(t, l.Addr().String())
	c.send("CLIENT", "SETNAME", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
	c.send("SET", "user:7", "Ann")
	c.send("GET", "user:7")
	for _, want := range []string{"OK", "OK", "Ann"} {
		if got, err := c.read(); err != nil || got != want {
			t.Errorf("got %q, %v; want %q", got, err, want)
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	got := log.String()
	if strings.Count(got, "msg=command") != 1 || !strings.Contains(got, "verb=SET") ||
		!strings.Contains(got, "trace_id=4bf92f3577b34da6a3ce929d0e0e4736 span_id=00f067aa0ba902b7") || strings.Contains(got, "user:7") {
		t.Errorf("log is %s", got)
	}
}
