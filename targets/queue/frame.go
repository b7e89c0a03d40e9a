package queue

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

const (
	// lineBytes bounds a control line of a client, without its verb and its
	// end, which frameBytes has room for: NATS' own default.
	lineBytes  = 4096
	frameBytes = 16
	// infoBytes bounds a control line of the server, whose INFO is longer.
	infoBytes = 64 << 10
	// digits bounds a size: more than that cannot be allowed anyway.
	digits = 9
)

// errProtocol says that what came is not the NATS protocol.
var errProtocol = errors.New("NATS protocol violation")

// verb is the kind of a frame.
type verb byte

// The verbs that have a payload, and all others.
const (
	verbOther verb = iota
	verbPub
	verbHPub
	verbMsg
	verbHMsg
)

func (v verb) publishes() bool { return v == verbPub || v == verbHPub }

// frame is one operation of the NATS protocol, in either direction.
type frame struct {
	verb           verb
	subject, reply []byte // of a verb with a payload; reply may be empty
	payload        []byte // without headers
	raw            []byte // all of it, as it came
}

// scanner reads frames. The slices of a frame belong to the caller.
type scanner struct {
	r       *bufio.Reader
	line    int // bound of a control line, its end included
	payload int // bound of a payload, headers included
}

func newScanner(r io.Reader, line, payload int) *scanner {
	// With room to see that a line is too long: the server must see it too.
	return &scanner{r: bufio.NewReaderSize(r, line+64), line: line, payload: payload}
}

// next returns the next frame. With errProtocol, raw holds what was read of the
// frame that is wrong, so that the server can say so.
func (s *scanner) next() (frame, error) {
	line, err := s.r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) || len(line) > s.line {
		return frame{raw: bytes.Clone(line)}, fmt.Errorf("%w: line longer than %d bytes", errProtocol, s.line)
	}
	if err != nil {
		return frame{raw: bytes.Clone(line)}, err
	}
	f, size, err := parseLine(line)
	if err != nil || f.verb == verbOther {
		return frame{raw: bytes.Clone(line)}, err
	}
	if size.total > s.payload {
		return frame{raw: bytes.Clone(line)}, fmt.Errorf("%w: payload of %d bytes, allowed are %d", errProtocol, size.total, s.payload)
	}
	raw := make([]byte, len(line)+size.total+2)
	head := copy(raw, line)
	f, _, err = parseLine(raw[:head]) // the same again, in memory that stays
	if err != nil {
		return frame{raw: raw[:head]}, err
	}
	n, err := io.ReadFull(s.r, raw[head:])
	if err != nil {
		return frame{raw: raw[:head+n]}, fmt.Errorf("payload: %w", err)
	}
	if !bytes.HasSuffix(raw, []byte("\r\n")) {
		return frame{raw: raw}, fmt.Errorf("%w: payload does not end where it says", errProtocol)
	}
	f.raw, f.payload = raw, raw[head+size.header:head+size.total]
	return f, nil
}

// size is how long the headers are, and all that follows the line.
type size struct{ header, total int }

// parseLine reads a control line:
//
//	PUB subject [reply] total            MSG subject sid [reply] total
//	HPUB subject [reply] header total    HMSG subject sid [reply] header total
//
// Any other line is a frame of its own.
func parseLine(line []byte) (f frame, n size, err error) {
	words := bytes.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == '\t' || r == '\r' || r == '\n' })
	if len(words) == 0 {
		return frame{}, size{}, nil
	}
	names, sizes := 1, 1
	switch string(bytes.ToUpper(words[0])) {
	case "PUB":
		f.verb = verbPub
	case "HPUB":
		f.verb, sizes = verbHPub, 2
	case "MSG":
		f.verb, names = verbMsg, 2
	case "HMSG":
		f.verb, names, sizes = verbHMsg, 2, 2
	default:
		return frame{}, size{}, nil
	}
	words = words[1:]
	if len(words) < names+sizes || len(words) > names+1+sizes {
		return frame{}, size{}, fmt.Errorf("%w: %d words", errProtocol, len(words)+1)
	}
	f.subject = words[0]
	if len(words) == names+1+sizes {
		f.reply = words[names]
	}
	if n.total, err = parseSize(words[len(words)-1]); err != nil {
		return frame{}, size{}, err
	}
	if sizes == 2 {
		if n.header, err = parseSize(words[len(words)-2]); err != nil {
			return frame{}, size{}, err
		}
	}
	if n.header > n.total {
		return frame{}, size{}, fmt.Errorf("%w: headers longer than the message", errProtocol)
	}
	return f, n, nil
}

func parseSize(word []byte) (int, error) {
	if len(word) > digits {
		return 0, fmt.Errorf("%w: size of %d digits", errProtocol, len(word))
	}
	n := 0
	for _, c := range word {
		if c < '0' || c > '9' {
			return 0, fmt.Errorf("%w: size %q", errProtocol, word)
		}
		n = 10*n + int(c-'0')
	}
	return n, nil
}
