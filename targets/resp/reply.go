package resp

import (
	"strings"

	"github.com/tidwall/redcon"
)

// Reply is the answer to a command: a Simple, Error, Int, Bulk, Null or Array.
type Reply interface {
	// append writes the reply in RESP2 to the end of b.
	append(b []byte) []byte
}

// Simple is a simple string, such as OK. Line breaks in it become spaces.
type Simple string

// Error is an error reply. Its first word is a code in capitals ("ERR", "BUSY"),
// which clients tell errors apart by. Line breaks in it become spaces.
type Error string

// Int is an integer reply.
type Int int64

// Bulk is a string of any bytes.
type Bulk []byte

// Null is the bulk string that is not there.
type Null struct{}

// Array is a list of replies.
type Array []Reply

// Error makes an error reply an error, so that a handler can pass it up.
func (e Error) Error() string { return string(e) }

func (s Simple) append(b []byte) []byte { return redcon.AppendString(b, string(s)) }
func (e Error) append(b []byte) []byte  { return redcon.AppendError(b, string(e)) }
func (i Int) append(b []byte) []byte    { return redcon.AppendInt(b, int64(i)) }
func (v Bulk) append(b []byte) []byte   { return redcon.AppendBulk(b, v) }
func (Null) append(b []byte) []byte     { return redcon.AppendNull(b) }

func (a Array) append(b []byte) []byte {
	b = redcon.AppendArray(b, len(a))
	for _, r := range a {
		b = r.append(b)
	}
	return b
}

// WrongArity is the error for a command with too few or too many arguments, in the
// words of Redis.
func WrongArity(command string) Error {
	return Error("ERR wrong number of arguments for '" + strings.ToLower(command) + "' command")
}

// Unknown is the error for a command that does not exist, in the words of Redis.
func Unknown(c Command) Error {
	text := "ERR unknown command '" + clip([]byte(c.Name)) + "', with args beginning with: "
	for _, arg := range c.Args {
		if len(text) > 2*clipLength {
			break
		}
		text += "'" + clip(arg) + "' "
	}
	return Error(text)
}

// clipLength is how much of an argument an error message quotes, in bytes; Redis
// has the same.
const clipLength = 128

func clip(arg []byte) string { return string(arg[:min(len(arg), clipLength)]) }
