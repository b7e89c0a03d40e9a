package resp

import (
	"bytes"
	"context"
	"strconv"
	"strings"

	"rung/targets/trace"
)

// client is what the server knows of one connection.
type client struct {
	id   int64
	name string
	// trace of the next command, while named is set. Then former is the name
	// that the connection had before.
	trace   trace.Context
	named   bool
	former  string
	scratch []byte // for the encoded reply
}

// answer carries out a command; quit says that the connection ends after it.
func (s *Server) answer(ctx context.Context, c *client, cmd Command) (r Reply, quit bool) {
	switch cmd.Name {
	case "QUIT":
		return Simple("OK"), true
	case "PING":
		return ping(cmd), false
	case "ECHO":
		if len(cmd.Args) != 1 {
			return WrongArity(cmd.Name), false
		}
		return Bulk(cmd.Args[0]), false
	case "SELECT":
		return selectDatabase(cmd), false
	case "AUTH":
		return Error("ERR AUTH <password> called without any password configured for the default user. " +
			"Are you sure your configuration is correct?"), false
	case "HELLO":
		return s.hello(c, cmd), false
	case "CLIENT":
		return c.client(cmd), false
	case "COMMAND":
		return command(cmd), false
	}
	r = s.handler(c.traced(ctx), cmd)
	if r == nil {
		r = Error("ERR the command has no answer")
	}
	return r, false
}

func ping(cmd Command) Reply {
	switch len(cmd.Args) {
	case 0:
		return Simple("PONG")
	case 1:
		return Bulk(cmd.Args[0])
	}
	return WrongArity(cmd.Name)
}

// selectDatabase knows one database, number 0.
func selectDatabase(cmd Command) Reply {
	if len(cmd.Args) != 1 {
		return WrongArity(cmd.Name)
	}
	n, err := strconv.Atoi(string(cmd.Args[0]))
	switch {
	case err != nil:
		return Error("ERR value is not an integer or out of range")
	case n != 0:
		return Error("ERR DB index is out of range")
	}
	return Simple("OK")
}

// hello answers HELLO [2 [SETNAME name]]. Version 3 of the protocol is refused as
// Redis refuses versions that it does not know; clients then stay with 2.
func (s *Server) hello(c *client, cmd Command) Reply {
	args := cmd.Args
	if len(args) > 0 {
		version, err := strconv.Atoi(string(args[0]))
		if err != nil {
			return Error("ERR Protocol version is not an integer or out of range")
		}
		if version != 2 {
			return Error("NOPROTO unsupported protocol version")
		}
		args = args[1:]
	}
	switch {
	case len(args) == 2 && bytes.EqualFold(args[0], []byte("SETNAME")):
		if r := c.rename(args[1]); r != nil {
			return r
		}
	case len(args) > 0:
		return Error("ERR Syntax error in HELLO option '" + clip(args[0]) + "'")
	}
	text := func(s string) Reply { return Bulk(s) }
	return Array{
		text("server"), text(s.name), text("version"), text("7.0.0"), text("proto"), Int(2),
		text("id"), Int(c.id), text("mode"), text("standalone"), text("role"), text("master"),
		text("modules"), Array{},
	}
}

// rename returns the error reply when the name is not allowed.
func (c *client) rename(name []byte) Reply {
	for _, b := range name {
		if b < '!' || b > '~' {
			return Error("ERR Client names cannot contain spaces, newlines or special characters.")
		}
	}
	if parent, err := trace.Parse(string(name)); err == nil && parent.Sampled {
		if !c.named {
			c.former = c.name
		}
		c.trace, c.named = parent, true
	} else {
		c.named = false
	}
	c.name = string(name)
	return nil
}

// traced returns the context of a command: with the trace that the connection
// is named after, if it is. The connection has its former name from then on.
func (c *client) traced(ctx context.Context) context.Context {
	if !c.named {
		return ctx
	}
	c.name, c.named = c.former, false
	return trace.With(ctx, c.trace)
}

func (c *client) client(cmd Command) Reply {
	if len(cmd.Args) == 0 {
		return WrongArity(cmd.Name)
	}
	sub, args := strings.ToUpper(string(cmd.Args[0])), cmd.Args[1:]
	arity := map[string]int{"ID": 0, "GETNAME": 0, "SETNAME": 1, "SETINFO": 2}
	want, known := arity[sub]
	if !known {
		return Error("ERR unknown subcommand '" + clip(cmd.Args[0]) + "'. Try CLIENT HELP.")
	}
	if len(args) != want {
		return WrongArity("client|" + sub)
	}
	switch sub {
	case "ID":
		return Int(c.id)
	case "GETNAME":
		if c.name == "" {
			return Null{}
		}
		return Bulk(c.name)
	case "SETNAME":
		if r := c.rename(args[0]); r != nil {
			return r
		}
	}
	return Simple("OK") // of SETINFO nothing is kept
}

// command answers that nothing is documented, which redis-cli takes for an old
// server.
func command(cmd Command) Reply {
	if len(cmd.Args) > 0 && bytes.EqualFold(cmd.Args[0], []byte("COUNT")) {
		return Int(0)
	}
	return Array{}
}
