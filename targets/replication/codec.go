package replication

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"
)

const (
	// maxFrame bounds one message on the wire, in bytes.
	maxFrame = 4 << 20
	// maxEntries bounds the entries of one message.
	maxEntries = 4096
)

// encode appends a frame to b: the length of the rest in four bytes, and then
// the fields in a fixed order, numbers as varints.
func (m message) encode(b []byte) []byte {
	start := len(b)
	b = append(b, 0, 0, 0, 0, byte(m.kind), flags(m.ok, m.joined, m.diverged, m.ready))
	for _, n := range []uint64{uint64(m.from), m.term, m.round, m.pos.Term, m.pos.Index, m.prev.Term, m.prev.Index, m.index, uint64(len(m.entries))} {
		b = binary.AppendUvarint(b, n)
	}
	for _, e := range m.entries {
		b = binary.AppendUvarint(b, e.Term)
		b = binary.AppendUvarint(b, e.Index)
		b = binary.AppendVarint(b, e.At.UnixNano())
		b = binary.AppendUvarint(b, uint64(len(e.Operation)))
		b = append(b, e.Operation...)
	}
	binary.BigEndian.PutUint32(b[start:], uint32(len(b)-start-4))
	return b
}

func flags(bits ...bool) (b byte) {
	for i, bit := range bits {
		if bit {
			b |= 1 << i
		}
	}
	return b
}

var errMessage = errors.New("not a message of the group")

// decode reads what encode wrote, without the length.
func decode(b []byte) (m message, err error) {
	if len(b) < 2 || b[0] == 0 || int(b[0]) > kinds || b[1] > 15 {
		return m, errMessage
	}
	m.kind = kind(b[0])
	m.ok, m.joined, m.diverged, m.ready = b[1]&1 != 0, b[1]&2 != 0, b[1]&4 != 0, b[1]&8 != 0
	r := reader{rest: b[2:]}
	m.from = int(min(r.number(), 1<<20))
	m.term, m.round = r.number(), r.number()
	m.pos = Position{r.number(), r.number()}
	m.prev = Position{r.number(), r.number()}
	m.index = r.number()
	count := r.number()
	if r.bad || count > maxEntries {
		return message{}, errMessage
	}
	for i := range count {
		var e Entry
		e.Term, e.Index = r.number(), r.number()
		e.At = time.Unix(0, r.signed())
		e.Operation = r.bytes()
		if r.bad || e.Index != m.prev.Index+1+i { // entries follow prev without a gap
			return message{}, errMessage
		}
		m.entries = append(m.entries, e)
	}
	if r.bad || len(r.rest) > 0 {
		return message{}, errMessage
	}
	return m, nil
}

// reader takes fields off the front of a frame. After a bad one it gives zero
// values.
type reader struct {
	rest []byte
	bad  bool
}

func (r *reader) number() uint64 {
	n, size := binary.Uvarint(r.rest)
	return n * uint64(r.skip(size))
}

func (r *reader) signed() int64 {
	n, size := binary.Varint(r.rest)
	return n * int64(r.skip(size))
}

// skip drops what was read, and returns 0 when that was nothing.
func (r *reader) skip(size int) int {
	if size <= 0 || r.bad {
		r.bad = true
		return 0
	}
	r.rest = r.rest[size:]
	return 1
}

func (r *reader) bytes() []byte {
	n := r.number()
	if r.bad || n > uint64(len(r.rest)) {
		r.bad = true
		return nil
	}
	if n == 0 {
		return nil
	}
	out := append([]byte(nil), r.rest[:n]...)
	r.rest = r.rest[n:]
	return out
}

// readMessage reads one frame.
func readMessage(in *bufio.Reader) (message, error) {
	var head [4]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return message{}, err
	}
	size := binary.BigEndian.Uint32(head[:])
	if size > maxFrame {
		return message{}, fmt.Errorf("%w: %d bytes are too many", errMessage, size)
	}
	frame := make([]byte, size)
	if _, err := io.ReadFull(in, frame); err != nil {
		return message{}, err
	}
	return decode(frame)
}
