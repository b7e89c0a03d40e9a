package resp

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/tidwall/redcon"
	"pgregory.net/rapid"
)

// script is a connection whose reads come in given pieces and whose writes are
// kept.
type script struct {
	net.Conn
	data   []byte
	pieces func(left int) int
	wrote  bytes.Buffer
}

func (s *script) Read(p []byte) (int, error) {
	if len(s.data) == 0 {
		return 0, io.EOF
	}
	n := copy(p, s.data[:s.pieces(len(s.data))])
	s.data = s.data[n:]
	return n, nil
}

func (s *script) Write(p []byte) (int, error)      { return s.wrote.Write(p) }
func (s *script) SetWriteDeadline(time.Time) error { return nil }

// parse reads all commands as the server does. It returns them, the error that
// ended it, and what the gate wrote.
func parse(data []byte, limits Limits, pieces func(int) int) (commands [][][]byte, end error, wrote string) {
	s := &script{data: data, pieces: pieces}
	rd := redcon.NewReader(newGate(s, limits.orDefaults()))
	for {
		cmd, err := rd.ReadCommand()
		if err != nil {
			return commands, err, s.wrote.String()
		}
		commands = append(commands, cmd.Args)
	}
}

func whole(left int) int { return left }

// TestGatePassesCommands: what is within the limits arrives unchanged, however it
// is cut on the way.
func TestGatePassesCommands(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		arg := rapid.SliceOfN(rapid.Byte(), 0, 40)
		want := rapid.SliceOfN(rapid.SliceOfN(arg, 1, 6), 0, 20).Draw(r, "commands")
		var data []byte
		for _, command := range want {
			data = redcon.AppendArray(data, len(command))
			for _, a := range command {
				data = redcon.AppendBulk(data, a)
			}
			if rapid.Bool().Draw(r, "blank") {
				data = append(data, " \r\n\n"...)
			}
		}
		got, end, wrote := parse(data, Limits{}, func(left int) int { return rapid.IntRange(1, left).Draw(r, "piece") })
		if end != io.EOF || wrote != "" {
			r.Fatalf("ended with %v, wrote %q", end, wrote)
		}
		if fmt.Sprintf("%x", got) != fmt.Sprintf("%x", want) {
			r.Fatalf("got %x; want %x", got, want)
		}
	})
}

// FuzzGate: the way bytes are cut changes nothing, and nothing that breaks a limit
// comes through.
func FuzzGate(f *testing.F) {
	for _, seed := range []string{
		"PING\r\n", "*2\r\n$1\r\na\r\n$2\r\nbc\r\n*1\r\n$0\r\n\r\n", "\n\n*1\r\n", "*1\r\n$9223372036854775807\r\n", "'a' \"b\"\n", "0 00\n'\n",
	} {
		f.Add([]byte(seed))
	}
	limits := Limits{Arguments: 8, Argument: 100, Command: 400, Inline: 50}
	f.Fuzz(func(t *testing.T, data []byte) {
		a, endA, wroteA := parse(bytes.Clone(data), limits, whole)
		b, endB, wroteB := parse(bytes.Clone(data), limits, func(int) int { return 1 })
		if fmt.Sprintf("%x", a) != fmt.Sprintf("%x", b) || wroteA != wroteB {
			t.Fatalf("at once: %q, %v, %q; in bytes: %q, %v, %q", a, endA, wroteA, b, endB, wroteB)
		}
		for _, command := range a {
			total := 0
			for _, arg := range command {
				total += len(arg)
				if len(arg) > limits.Argument {
					t.Fatalf("argument of %d bytes", len(arg))
				}
			}
			if len(command) == 0 || total > limits.Command {
				t.Fatalf("command of %d arguments and %d bytes", len(command), total)
			}
		}
	})
}

// TestGateBoundsMemory feeds a megabyte in pieces that never end where a command
// does; the buffers must not grow with it.
func TestGateBoundsMemory(t *testing.T) {
	one := "*2\r\n$4\r\nECHO\r\n$5\r\nhello\r\n"
	s := &script{data: bytes.Repeat([]byte(one), 40_000), pieces: func(left int) int { return min(left, 977) }}
	g := newGate(s, Limits{}.orDefaults())
	rd := redcon.NewReader(g)
	for i := range 40_000 {
		if cmd, err := rd.ReadCommand(); err != nil || string(cmd.Args[1]) != "hello" {
			t.Fatalf("command %d: %q, %v", i, cmd.Args, err)
		}
		if len(g.buf) > chunk {
			t.Fatalf("after %d commands the buffer has %d bytes", i, len(g.buf))
		}
	}
}

// TestGateShrinks: a large command does not keep its memory.
func TestGateShrinks(t *testing.T) {
	data := redcon.AppendBulk(redcon.AppendArray(nil, 1), make([]byte, 1<<20))
	data = append(data, "PING\r\nPING\r\n"...)
	s := &script{data: data, pieces: whole}
	g := newGate(s, Limits{}.orDefaults())
	if _, err := io.ReadAll(g); err != nil {
		t.Fatal(err)
	}
	if len(g.buf) > 4*chunk {
		t.Errorf("the buffer still has %d bytes", len(g.buf))
	}
}

func TestScannerErrorIsAProtocolError(t *testing.T) {
	_, end, wrote := parse([]byte("PING\r\n*x"), Limits{}, whole)
	var broken protocolError
	if !errors.As(end, &broken) || wrote != "-ERR Protocol error: invalid multibulk length\r\n" {
		t.Errorf("ended with %v, wrote %q", end, wrote)
	}
}

// TestRedconNeedsTheGate shows what redcon does by itself, so that the gate can go
// when that changes. (The empty loop and the recursion are not tried: they take a
// minute or end the process.)
func TestRedconNeedsTheGate(t *testing.T) {
	t.Run("a length near the largest int panics", func(t *testing.T) {
		defer func() {
			if recover() == nil {
				t.Error("no panic: this part of the gate is not needed any more")
			}
		}()
		_, _ = redcon.NewReader(bytes.NewReader([]byte("*1\r\n$9223372036854775800\r\nx"))).ReadCommand()
	})
	t.Run("commands before a bad one are dropped", func(t *testing.T) {
		_, err := redcon.NewReader(bytes.NewReader([]byte("PING\n'\n"))).ReadCommand()
		if err == nil {
			t.Error("the first command came through: this part of the gate is not needed any more")
		}
	})
}
