package resp_test

import (
	"context"
	"testing"

	"rung/targets/resp"
	"rung/targets/trace"
)

// TestTrace: the name of a sampled trace goes to one command, and only names
// of that form do.
func TestTrace(t *testing.T) {
	const (
		parent  = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
		other   = "00-00000000000000000000000000000001-0000000000000001-01"
		silent  = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"
		named   = "$55\r\n" + parent + "\r\n"
		nothing = "$-1\r\n"
	)
	_, addr := start(t, func(ctx context.Context, _ resp.Command) resp.Reply {
		if c, ok := trace.Of(ctx); ok {
			return resp.Simple(c.String())
		}
		return resp.Simple("none")
	}, resp.Limits{})
	for _, c := range []struct{ name, send, want string }{
		{"no name", "X\r\n", "+none\r\n"},
		{"a name", "CLIENT SETNAME me\r\nX\r\nCLIENT GETNAME\r\n", "+OK\r\n+none\r\n$2\r\nme\r\n"},
		{"a trace, once", "CLIENT SETNAME " + parent + "\r\nX\r\nX\r\n", "+OK\r\n+" + parent + "\r\n+none\r\n"},
		{"until the command it is the name", "CLIENT SETNAME " + parent + "\r\nCLIENT GETNAME\r\nX\r\nCLIENT GETNAME\r\n",
			"+OK\r\n" + named + "+" + parent + "\r\n" + nothing},
		{"commands about the connection leave it", "CLIENT SETNAME " + parent + "\r\nPING\r\nX\r\n", "+OK\r\n+PONG\r\n+" + parent + "\r\n"},
		{"the former name comes back", "CLIENT SETNAME me\r\nCLIENT SETNAME " + other + "\r\nCLIENT SETNAME " + parent + "\r\nX\r\nCLIENT GETNAME\r\n",
			"+OK\r\n+OK\r\n+OK\r\n+" + parent + "\r\n$2\r\nme\r\n"},
		{"a name takes a trace away", "CLIENT SETNAME " + parent + "\r\nCLIENT SETNAME me\r\nX\r\nCLIENT GETNAME\r\n",
			"+OK\r\n+OK\r\n+none\r\n$2\r\nme\r\n"},
		{"not sampled", "CLIENT SETNAME " + silent + "\r\nX\r\nCLIENT GETNAME\r\n", "+OK\r\n+none\r\n$55\r\n" + silent + "\r\n"},
		{"nearly", "CLIENT SETNAME " + parent + "x\r\nX\r\n", "+OK\r\n+none\r\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := talk(t, addr, c.send); got != c.want {
				t.Errorf("got %q\nwant %q", got, c.want)
			}
		})
	}
}
