package keyvalue_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rung/targets"
	"rung/targets/clock"
	"rung/targets/keyvalue"
	"rung/targets/machine"
)

func TestMain(m *testing.M) {
	childMain() // does not return when this process is the child of TestKill
	goleak.VerifyTestMain(m)
}

// patience bounds waits that only a bug makes long.
const patience = 30 * time.Second

// rig is a store on a machine of its own.
type rig struct {
	server  *keyvalue.Server
	machine *machine.Machine
	address string
	stop    func()
}

// setup is what a test wants; the zero value is an empty store on a machine that
// is not emulated.
type setup struct {
	spec      targets.KeyValue
	machine   targets.Machine
	directory string
}

func start(t testing.TB, s setup) *rig {
	t.Helper()
	if s.directory == "" {
		s.directory = t.TempDir()
	}
	clk := clock.New()
	m := machine.New(clk, s.machine, 1)
	server, err := keyvalue.New(s.spec, keyvalue.Config{Role: "kv", Directory: s.directory, Share: m.For("kv")})
	if err != nil {
		clk.Close()
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx, l) }()
	stopped := false
	r := &rig{server: server, machine: m, address: l.Addr().String()}
	r.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Serve: %v", err)
		}
		for range 2 { // closing twice is allowed
			if err := server.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		}
		clk.Close()
	}
	t.Cleanup(r.stop)
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
