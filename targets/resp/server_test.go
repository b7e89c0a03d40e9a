package resp_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rung/targets/resp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds waits that only a bug makes long.
const patience = 30 * time.Second

// echo answers a command with its name and arguments.
func echo(_ context.Context, c resp.Command) resp.Reply {
	out := resp.Array{resp.Bulk(c.Name)}
	for _, arg := range c.Args {
		out = append(out, resp.Bulk(arg))
	}
	return out
}

// start serves until the test ends and checks that Serve then returns nil.
func start(t testing.TB, handler resp.Handler, limits resp.Limits) (*resp.Server, net.Addr) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := resp.New("test", handler, limits, nil)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("Serve: %v", err)
			}
		case <-time.After(patience):
			t.Error("Serve does not return after its context ended")
		}
	})
	return s, l.Addr()
}

func dial(t testing.TB, addr net.Addr) net.Conn {
	t.Helper()
	c, err := net.Dial(addr.Network(), addr.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return c
}

// talk sends bytes on a new connection and returns all that comes back.
func talk(t testing.TB, addr net.Addr, send string) string {
	t.Helper()
	c := dial(t, addr)
	go func() {
		_, _ = io.WriteString(c, send) // the server may close early: that is the reply
		if half, ok := c.(interface{ CloseWrite() error }); ok {
			_ = half.CloseWrite()
		}
	}()
	got, err := io.ReadAll(c)
	if ne, timeout := err.(net.Error); timeout && ne.Timeout() {
		t.Fatalf("no end of the replies to %.200q; so far %.200q", send, got)
	}
	return string(got)
}

func TestReplies(t *testing.T) {
	for _, c := range []struct {
		name string
		r    resp.Reply
		want string
	}{
		{"simple", resp.Simple("OK"), "+OK\r\n"},
		{"simple of two lines", resp.Simple("a\r\nb"), "+a  b\r\n"},
		{"error", resp.Error("ERR no"), "-ERR no\r\n"},
		{"error of two lines", resp.Error("ERR a\n+OK"), "-ERR a +OK\r\n"},
		{"integer", resp.Int(-42), ":-42\r\n"},
		{"bulk", resp.Bulk("a\r\nb"), "$4\r\na\r\nb\r\n"},
		{"empty bulk", resp.Bulk(nil), "$0\r\n\r\n"},
		{"null", resp.Null{}, "$-1\r\n"},
		{"array", resp.Array{resp.Int(1), resp.Array{}, resp.Null{}}, "*3\r\n:1\r\n*0\r\n$-1\r\n"},
		{"none", nil, "-ERR the command has no answer\r\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, addr := start(t, func(context.Context, resp.Command) resp.Reply { return c.r }, resp.Limits{})
			if got := talk(t, addr, "X\r\n"); got != c.want {
				t.Errorf("got %q; want %q", got, c.want)
			}
		})
	}
}

func TestConnectionCommands(t *testing.T) {
	_, addr := start(t, echo, resp.Limits{})
	for _, c := range []struct{ name, send, want string }{
		{"ping", "PING\r\n", "+PONG\r\n"},
		{"ping in any case", "*1\r\n$4\r\npInG\r\n", "+PONG\r\n"},
		{"ping with a message", "PING hi\r\n", "$2\r\nhi\r\n"},
		{"ping with two", "PING a b\r\n", "-ERR wrong number of arguments for 'ping' command\r\n"},
		{"echo", "ECHO \"a b\"\r\n", "$3\r\na b\r\n"},
		{"echo nothing", "ECHO\r\n", "-ERR wrong number of arguments for 'echo' command\r\n"},
		{"quit drops the rest", "QUIT\r\nPING\r\n", "+OK\r\n"},
		{"select 0", "SELECT 0\r\n", "+OK\r\n"},
		{"select 1", "SELECT 1\r\n", "-ERR DB index is out of range\r\n"},
		{"select a word", "SELECT x\r\n", "-ERR value is not an integer or out of range\r\n"},
		{"hello 3", "HELLO 3\r\n", "-NOPROTO unsupported protocol version\r\n"},
		{"hello a word", "HELLO x\r\n", "-ERR Protocol version is not an integer or out of range\r\n"},
		{"hello with a password", "HELLO 2 AUTH a b\r\n", "-ERR Syntax error in HELLO option 'AUTH'\r\n"},
		{"hello with a name", "HELLO 2 SETNAME me\r\nCLIENT GETNAME\r\n", "*14\r\n$6\r\nserver\r\n$4\r\ntest\r\n" +
			"$7\r\nversion\r\n$5\r\n7.0.0\r\n$5\r\nproto\r\n:2\r\n$2\r\nid\r\n:#\r\n$4\r\nmode\r\n$10\r\nstandalone\r\n" +
			"$4\r\nrole\r\n$6\r\nmaster\r\n$7\r\nmodules\r\n*0\r\n$2\r\nme\r\n"},
		{"client names", "CLIENT GETNAME\r\nCLIENT SETNAME me\r\nclient getname\r\n", "$-1\r\n+OK\r\n$2\r\nme\r\n"},
		{"client with a bad name", "CLIENT SETNAME \"a b\"\r\n",
			"-ERR Client names cannot contain spaces, newlines or special characters.\r\n"},
		{"client setinfo", "CLIENT SETINFO LIB-NAME x\r\n", "+OK\r\n"},
		{"client arity", "CLIENT SETNAME\r\n", "-ERR wrong number of arguments for 'client|setname' command\r\n"},
		{"client of another kind", "CLIENT KILL x\r\n", "-ERR unknown subcommand 'KILL'. Try CLIENT HELP.\r\n"},
		{"command", "COMMAND DOCS\r\nCOMMAND COUNT\r\n", "*0\r\n:0\r\n"},
		{"to the handler", "get a\r\n", "*2\r\n$3\r\nGET\r\n$1\r\na\r\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := talk(t, addr, c.send)
			if i := strings.Index(got, "id\r\n:"); i >= 0 { // the connection's number
				end := strings.Index(got[i+5:], "\r\n")
				got = got[:i+5] + "#" + got[i+5+end:]
			}
			if got != c.want {
				t.Errorf("got %q; want %q", got, c.want)
			}
		})
	}
}

func TestProtocolErrorsAndLimits(t *testing.T) {
	s, addr := start(t, echo, resp.Limits{Arguments: 3, Argument: 10, Command: 40, Inline: 20})
	const pong = "+PONG\r\n"
	for _, c := range []struct{ name, send, want string }{
		{"blank lines", "\r\n\n  \r\nPING\r\n\r\n\r\nPING\r\n", pong + pong},
		{"arguments to the limit", "*3\r\n$1\r\na\r\n$0\r\n\r\n$10\r\n0123456789\r\n", "*3\r\n$1\r\nA\r\n$0\r\n\r\n$10\r\n0123456789\r\n"},
		{"the largest count", "*9223372036854775807\r\n", "-ERR Protocol error: invalid multibulk length\r\n"},
		{"a count beyond int", "*99999999999999999999999999\r\n", "-ERR Protocol error: invalid multibulk length\r\n"},
		{"one argument too many", "*4\r\n", "-ERR Protocol error: invalid multibulk length\r\n"},
		{"no arguments", "*0\r\n", "-ERR Protocol error: invalid multibulk length\r\n"},
		{"no count", "*\r\n", "-ERR Protocol error: invalid multibulk length\r\n"},
		{"negative count", "*-1\r\n", "-ERR Protocol error: invalid multibulk length\r\n"},
		{"the largest length", "*1\r\n$9223372036854775807\r\n", "-ERR Protocol error: invalid bulk length\r\n"},
		{"an argument too long", "*1\r\n$11\r\n", "-ERR Protocol error: invalid bulk length\r\n"},
		{"a wrong end", "*1\r\n$1\r\naXX", "-ERR Protocol error: invalid bulk length\r\n"},
		{"no bulk", "*1\r\n:1\r\n", "-ERR Protocol error: expected '$', got ':'\r\n"},
		{"a command too long", "*3\r\n$10\r\n0123456789\r\n$10\r\n0123456789\r\n$10\r\n", "-ERR Protocol error: command too long\r\n"},
		{"a line too long", strings.Repeat("x", 21), "-ERR Protocol error: too big inline request\r\n"},
		{"open quotes", "ECHO \"a\r\n", "-ERR Protocol error: unbalanced quotes in request\r\n"},
		{"replies before the error", "PING\r\nPING\r\n*x\r\nPING\r\n", pong + pong + "-ERR Protocol error: invalid multibulk length\r\n"},
		{"half a command", "PING\r\n*2\r\n$4\r\nEC", pong},
		{"nothing", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := talk(t, addr, c.send); got != c.want {
				t.Errorf("got %q; want %q", got, c.want)
			}
		})
	}
	poll(t, "all connections to end", func() bool { return s.Connections() == 0 })
}

// TestLongPipeline sends far more than fits into any buffer, in pieces that never
// end where a command does.
func TestLongPipeline(t *testing.T) {
	_, addr := start(t, echo, resp.Limits{})
	c := dial(t, addr)
	const commands = 40_000
	var sent bytes.Buffer
	for i := range commands {
		fmt.Fprintf(&sent, "*2\r\n$4\r\nECHO\r\n$5\r\n%05d\r\n", i)
	}
	go func() {
		for sent.Len() > 0 {
			if _, err := c.Write(sent.Next(7919)); err != nil {
				return // the reader sees it
			}
		}
	}()
	in := bufio.NewReader(c)
	for i := range commands {
		want := fmt.Sprintf("$5\r\n%05d\r\n", i)
		got := make([]byte, len(want))
		if _, err := io.ReadFull(in, got); err != nil || string(got) != want {
			t.Fatalf("reply %d is %q, %v; want %q", i, got, err, want)
		}
	}
}

func TestMaxConnections(t *testing.T) {
	s, addr := start(t, echo, resp.Limits{Connections: 2})
	a, b := dial(t, addr), dial(t, addr)
	for _, c := range []net.Conn{a, b} {
		if got := ask(t, c, "PING\r\n"); got != "+PONG\r\n" {
			t.Fatalf("got %q", got)
		}
	}
	third := dial(t, addr)
	if got, _ := io.ReadAll(third); string(got) != "-ERR max number of clients reached\r\n" {
		t.Errorf("the third client got %q", got)
	}
	if s.Connections() != 2 || s.Errors() != 1 {
		t.Errorf("%d connections, %d errors; want 2, 1", s.Connections(), s.Errors())
	}
	_ = a.Close()
	poll(t, "the first client to be gone", func() bool { return s.Connections() == 1 })
	if got := ask(t, dial(t, addr), "PING\r\n"); got != "+PONG\r\n" {
		t.Errorf("after a client left, the next one got %q", got)
	}
}

// TestRepliesAreNotHeldBack checks that the reply to one command of a pipeline is
// sent while the next command waits.
func TestRepliesAreNotHeldBack(t *testing.T) {
	release := make(chan struct{})
	_, addr := start(t, func(ctx context.Context, c resp.Command) resp.Reply {
		if c.Name == "WAIT" {
			select {
			case <-release:
			case <-ctx.Done():
			}
		}
		return resp.Simple(c.Name)
	}, resp.Limits{})
	c := dial(t, addr)
	if got := ask(t, c, "FIRST\r\nWAIT\r\n"); got != "+FIRST\r\n" {
		t.Fatalf("got %q; want the first reply", got)
	}
	close(release)
	if got := ask(t, c, ""); got != "+WAIT\r\n" {
		t.Fatalf("got %q; want the second reply", got)
	}
}

// TestShutdown ends the server while one handler waits and one client is idle.
func TestShutdown(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	inside := make(chan struct{})
	s := resp.New("test", func(ctx context.Context, _ resp.Command) resp.Reply {
		close(inside)
		<-ctx.Done()
		return resp.Error("ERR " + resp.Error(ctx.Err().Error()))
	}, resp.Limits{}, nil)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	idle, busy := dial(t, l.Addr()), dial(t, l.Addr())
	ask(t, idle, "PING\r\n")
	if _, err := io.WriteString(busy, "WAIT\r\nWAIT\r\n"); err != nil {
		t.Fatal(err)
	}
	<-inside
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Serve: %v", err)
	}
	if s.Connections() != 0 {
		t.Errorf("%d connections are left", s.Connections())
	}
	for name, c := range map[string]net.Conn{"idle": idle, "busy": busy} {
		if _, err := io.ReadAll(c); err != nil {
			if ne, is := err.(net.Error); is && ne.Timeout() {
				t.Errorf("the %s connection is still open", name)
			}
		}
	}
	if c, err := net.Dial("tcp", l.Addr().String()); err == nil {
		_ = c.Close()
		t.Error("the listener is still open")
	}
}

func TestListenerClosedByOthers(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := resp.New("test", echo, resp.Limits{}, nil).Serve(context.Background(), l); err == nil {
		t.Error("Serve on a closed listener returned nil")
	}
}

// flaky fails its first accepts, as a process without free descriptors does.
type flaky struct {
	net.Listener
	fails int
}

func (f *flaky) Accept() (net.Conn, error) {
	if f.fails > 0 {
		f.fails--
		return nil, fmt.Errorf("too many open files")
	}
	return f.Listener.Accept()
}

func TestAcceptErrorsPass(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- resp.New("test", echo, resp.Limits{}, nil).Serve(ctx, &flaky{l, 3}) }()
	if got := ask(t, dial(t, l.Addr()), "PING\r\n"); got != "+PONG\r\n" {
		t.Errorf("got %q", got)
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Serve: %v", err)
	}
}

func TestUnknownIsClipped(t *testing.T) {
	long := bytes.Repeat([]byte("x"), 1<<20)
	got := resp.Unknown(resp.Command{Name: string(long), Args: [][]byte{long, long, long}})
	if len(got) > 1024 {
		t.Errorf("the message has %d bytes", len(got))
	}
	want := resp.Error("ERR unknown command 'FOO', with args beginning with: 'a' 'b' ")
	if got := resp.Unknown(resp.Command{Name: "FOO", Args: [][]byte{[]byte("a"), []byte("b")}}); got != want {
		t.Errorf("got %q; want %q", got, want)
	}
}

// ask sends and reads one line.
func ask(t *testing.T, c net.Conn, send string) string {
	t.Helper()
	if _, err := io.WriteString(c, send); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 0, 64)
	for b := make([]byte, 1); !bytes.HasSuffix(line, []byte("\n")); {
		if _, err := c.Read(b); err != nil {
			t.Fatalf("after %q: %v", line, err)
		}
		line = append(line, b[0])
	}
	return string(line)
}

func poll(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); !holds(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("waited %v for %s", patience, what)
		}
	}
}
