package resp

import (
	"bytes"
	"net"
	"time"
)

// chunk is how many bytes are read from a connection at once. It bounds the
// pipeline: no more commands than fit are waiting to be carried out.
const chunk = 16 << 10

// gate is a client's connection as redcon sees it: its reads yield whole commands
// only, and none that breaks a limit.
//
// Redcon v1.6.2 by itself has no limits, and needs them: a length near the largest
// int makes it index out of range, a huge count keeps it in an empty loop, a command
// (or blank lines) that comes in many pieces makes it recurse once for each, and a
// pipeline whose reads never end where a command ends makes its buffer grow for
// ever. It also drops the commands before an inline one that it cannot parse. See
// TestRedconNeedsTheGate.
type gate struct {
	net.Conn
	scan    scanner
	limits  Limits
	refused error // the protocol error that ends the connection

	// buf holds what was read: [start, whole) is whole commands for redcon,
	// [whole, at) was scanned and holds no end of a command, [at, end) was not
	// scanned yet.
	buf                   []byte
	start, whole, at, end int
}

func newGate(c net.Conn, limits Limits) *gate {
	return &gate{Conn: c, limits: limits, scan: scanner{limits: limits}, buf: make([]byte, chunk)}
}

// Read returns bytes of whole commands. It answers a command that breaks a limit
// with an error, after all commands before it have been answered.
func (g *gate) Read(p []byte) (int, error) {
	for g.start == g.whole {
		if g.advance(); g.start < g.whole {
			break
		}
		if g.refused != nil {
			// Everything before was handled and flushed, or redcon would not read
			// on, so this is the right place in the order of replies. The
			// connection ends now: whether the client gets to see why is its luck.
			_, _ = g.Write(Error("ERR " + g.refused.Error()).append(nil))
			return 0, g.refused
		}
		g.makeRoom()
		n, err := g.Conn.Read(g.buf[g.end:min(len(g.buf), g.end+chunk)])
		g.end += n
		if err != nil && n == 0 { // otherwise the error comes again
			return 0, err
		}
	}
	n := copy(p, g.buf[g.start:g.whole])
	g.start += n
	return n, nil
}

// advance finds the next whole commands in what was read: many at once, but an
// inline command by itself, since redcon drops the commands before one that it
// cannot parse.
func (g *gate) advance() {
	for g.at < g.end && g.refused == nil {
		took, done, err := g.scan.next(g.buf[g.at:g.end])
		g.at += took
		g.refused = err
		if !done {
			continue
		}
		inline := g.buf[g.whole] != '*'
		nothing := inline && blank(g.buf[g.whole:g.at])
		g.whole = g.at
		if nothing {
			g.start = g.at
			continue
		}
		if inline || (g.at < g.end && g.buf[g.at] != '*') {
			return
		}
	}
}

// makeRoom is called when everything whole was handed over and the rest scanned.
func (g *gate) makeRoom() {
	g.end = copy(g.buf, g.buf[g.whole:g.end])
	g.start, g.whole, g.at = 0, 0, g.end
	if g.end == 0 && len(g.buf) > 4*chunk {
		g.buf = make([]byte, chunk)
	}
	if g.end == len(g.buf) { // bounded by limits.Command, which the scanner checks
		grown := make([]byte, 2*len(g.buf))
		copy(grown, g.buf)
		g.buf = grown
	}
}

// blank says that redcon finds no command in an inline request.
func blank(line []byte) bool {
	line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
	return len(bytes.Trim(line, " ")) == 0
}

// Write writes all of p within the limit of time. Nothing to write costs nothing:
// redcon flushes after each read, also when the reply went out before.
func (g *gate) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if err := g.SetWriteDeadline(time.Now().Add(g.limits.Write)); err != nil {
		return 0, err
	}
	return g.Conn.Write(p)
}
