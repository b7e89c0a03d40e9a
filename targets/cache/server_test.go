package cache_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rung/targets"
	"rung/targets/cache"
	"rung/targets/clock"
	"rung/targets/machine"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds waits that only a bug makes long.
const patience = 30 * time.Second

// hands is a clock that a test moves.
type hands struct {
	mu sync.Mutex
	at time.Time
}

func (h *hands) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.at
}

func (h *hands) advance(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at = h.at.Add(d)
}

// rig is a cache on a machine of its own, with a clock of its own.
type rig struct {
	server  *cache.Server
	machine *machine.Machine
	clock   *hands
	address string
}

func start(t testing.TB, s cache.Settings, m targets.Machine) *rig {
	t.Helper()
	if s.Bytes == 0 {
		s.Bytes = 1 << 20
	}
	if s.Policy == "" {
		s.Policy = cache.PolicyLRU
	}
	clk := clock.New()
	t.Cleanup(clk.Close)
	r := &rig{machine: machine.New(clk, m, 1), clock: &hands{at: time.Unix(1e9, 0)}}
	server, err := cache.New(s, cache.Config{Role: "cache", Share: r.machine.For("cache"), Now: r.clock.now})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r.server, r.address = server, l.Addr().String()
	done := make(chan error, 1)
	go func() { done <- server.Serve(context.Background(), l) }()
	t.Cleanup(func() {
		for range 2 { // closing twice is allowed
			if err := server.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		}
		if err := <-done; err != nil && !errors.Is(err, cache.ErrClosed) { // closed before it began
			t.Errorf("Serve: %v", err)
		}
	})
	return r
}

// conn is a plain RESP2 client.
type conn struct {
	t testing.TB
	net.Conn
	in *bufio.Reader
}

func dial(t testing.TB, address string) *conn {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return &conn{t, c, bufio.NewReader(c)}
}

// do sends a command and returns its reply as text: "OK", "-ERR ...", "(nil)", "7",
// "[a [b c]]".
func (c *conn) do(args ...string) string {
	c.t.Helper()
	c.send(args...)
	got, err := c.read()
	if err != nil {
		c.t.Fatalf("%.100q: %v", args, err)
	}
	return got
}

func (c *conn) send(args ...string) {
	c.t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(args))
	for _, a := range args {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(a), a)
	}
	if _, err := io.WriteString(c, b.String()); err != nil {
		c.t.Fatal(err)
	}
}

func (c *conn) read() (string, error) {
	line, err := c.in.ReadString('\n')
	if err != nil {
		return "", err
	}
	text := strings.TrimSuffix(line[1:], "\r\n")
	n, _ := strconv.Atoi(text)
	switch {
	case line[0] == '-':
		return "-" + text, nil
	case line[0] == '$' && n < 0:
		return "(nil)", nil
	case line[0] == '$':
		body := make([]byte, n+2)
		_, err := io.ReadFull(c.in, body)
		return string(body[:n]), err
	case line[0] == '*':
		items := make([]string, n)
		for i := range items {
			if items[i], err = c.read(); err != nil {
				return "", err
			}
		}
		return "[" + strings.Join(items, " ") + "]", nil
	}
	return text, nil
}

func poll(t testing.TB, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); !holds(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("waited %v for %s", patience, what)
		}
	}
}

func TestSettings(t *testing.T) {
	good := cache.Settings{Bytes: 1, Policy: cache.PolicyFIFO}
	for _, c := range []struct {
		name string
		edit func(*cache.Settings)
		want string
	}{
		{"good", func(*cache.Settings) {}, ""},
		{"no memory", func(s *cache.Settings) { s.Bytes = 0 }, "role c: bytes is 0: allowed is 1 or more"},
		{"no policy", func(s *cache.Settings) { s.Policy = "" }, `role c: unknown policy "": allowed are lru, lfu, fifo`},
		{"impossible demand", func(s *cache.Settings) { s.Demand.Mean = -1 }, "role c: demand: mean is -1ns: allowed is 0 to 1m0s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := good
			c.edit(&s)
			got := ""
			if _, err := cache.New(s, cache.Config{Role: "c"}); err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("got %q; want %q", got, c.want)
			}
		})
	}
}

func TestServeAfterClose(t *testing.T) {
	r := start(t, cache.Settings{}, targets.Machine{})
	if err := r.server.Close(); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.server.Serve(t.Context(), l); !errors.Is(err, cache.ErrClosed) {
		t.Errorf("Serve after Close: %v", err)
	}
	if c, err := net.Dial("tcp", l.Addr().String()); err == nil {
		_ = c.Close()
		t.Error("its listener is still open")
	}
}

// TestCharges: each command takes the CPU once, whatever it names; mistakes, INFO and
// commands about the connection cost nothing.
func TestCharges(t *testing.T) {
	demand := targets.Constant(20 * time.Microsecond)
	r := start(t, cache.Settings{Demand: demand}, targets.Machine{CPU: targets.Resource{Slots: 1, Queue: 10}})
	c := dial(t, r.address)
	for _, line := range []string{"SET a 1", "GET a", "GET b", "MGET a b a", "MSET a 1 b 2", "DEL a b c", "TTL a", "DBSIZE", "FLUSHALL"} {
		c.do(strings.Fields(line)...)
	}
	for _, line := range []string{"GET", "NOPE", "SET a 1 EX", "SET a 1 EX 0", "PING", "INFO", "MSET a 1 b"} {
		c.do(strings.Fields(line)...)
	}
	if cpu, _ := r.machine.Usage(); cpu.Busy != 9*demand.Mean || cpu.ByRole["cache"] != cpu.Busy {
		t.Errorf("CPU was busy for %v; want %v", cpu.Busy, 9*demand.Mean)
	}
	m := r.server.Metrics()
	for name, want := range map[string]float64{
		"commands_total": 9, "errors_total": 5, "hits_total": 3, "misses_total": 2, "connections": 1,
		"evictions_total": 0, "expirations_total": 0, "used_bytes": 0, "entries": 0,
	} {
		if got, there := m[name]; !there || got != want {
			t.Errorf("%s is %v; want %v", name, got, want)
		}
	}
	if len(m) != 9 {
		t.Errorf("metrics are %v", m)
	}
}

// TestBusy fills the one place in the machine: a command is refused and not done.
func TestBusy(t *testing.T) {
	r := start(t, cache.Settings{Demand: targets.Constant(time.Minute)}, targets.Machine{CPU: targets.Resource{Slots: 1}})
	first := dial(t, r.address)
	first.send("SET", "a", "1")
	poll(t, "the first command to reach the CPU", func() bool { cpu, _ := r.machine.Usage(); return cpu.Busy > 0 })
	if got := dial(t, r.address).do("SET", "b", "2"); got != "-BUSY the queue of the machine is full" {
		t.Errorf("the second command is answered %q", got)
	}
	if m := r.server.Metrics(); m["entries"] != 0 || m["commands_total"] != 0 || m["errors_total"] != 1 {
		t.Errorf("metrics are %v", m)
	}
}

func TestConnections(t *testing.T) {
	r := start(t, cache.Settings{Connections: 1}, targets.Machine{})
	dial(t, r.address).do("PING")
	c := dial(t, r.address)
	if got, err := c.read(); err != nil || got != "-ERR max number of clients reached" {
		t.Errorf("one client too many gets %q, %v", got, err)
	}
}
