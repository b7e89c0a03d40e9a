package attack

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// Past is a result that vegeta wrote down earlier. What it does not have is
// the time at which the request was due.
type Past struct {
	Seq uint64
	// At is when it was sent, and Latency from there to the end of the body.
	At      time.Time
	Latency time.Duration
	// Code is 0 when there was no answer; Error says why, in vegeta's words.
	Code    int
	Error   string
	BytesIn uint64
	Method  string
	URL     string
	Attack  string
}

// ErrPast says that a stream holds no results of vegeta's.
var ErrPast = errors.New("these are not results of vegeta's: gob, JSON lines or CSV")

// mostPast bounds the bytes of one result, whose body may be in it. It is also
// how far a stream is read to find out its encoding.
const mostPast = 64 << 20

// ReadPast reads results in any of vegeta's encodings (gob, JSON, CSV), in the
// order in which they were written, and gives each to sink. A stream that
// breaks off after some results is an error that says after how many; an error
// of sink's ends the reading and comes back as it is. One result has at most
// 64 MiB.
func ReadPast(r io.Reader, sink func(Past) error) error {
	buffered := bufio.NewReader(r)
	head, _ := buffered.Peek(2) // what is wrong shows when it is read
	in := &pastReader{from: buffered, left: mostPast, lines: string(head) == `{"`}
	decoder := vegeta.DecoderFor(in)
	if decoder == nil {
		if in.err != nil {
			return in.err
		}
		return ErrPast
	}
	for n := 1; ; n++ {
		var one vegeta.Result
		in.left = mostPast
		if err := decoder.Decode(&one); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("result %d: %w", n, err)
		}
		if err := sink(Past{Seq: one.Seq, At: one.Timestamp, Latency: one.Latency, Code: int(one.Code), Error: one.Error,
			BytesIn: one.BytesIn, Method: one.Method, URL: one.URL, Attack: one.Attack}); err != nil {
			return err
		}
	}
}

// pastReader bounds what a decoder may read for one result. It ends the last
// of lines, which vegeta's decoder would leave out without a word.
type pastReader struct {
	from  io.Reader
	left  int
	lines bool
	last  byte
	// err is what ended the stream, nil for its proper end.
	err error
}

// Read implements io.Reader.
func (p *pastReader) Read(to []byte) (int, error) {
	if len(to) == 0 {
		return 0, nil
	}
	if p.left <= 0 {
		return 0, fmt.Errorf("a result of more than %d bytes", mostPast)
	}
	n, err := p.from.Read(to[:min(len(to), p.left)])
	p.left -= n
	if n > 0 {
		p.last = to[n-1]
		return n, nil // an error comes again
	}
	switch {
	case err == nil:
		return 0, nil
	case !errors.Is(err, io.EOF):
		p.err = err
	case p.lines && p.last != '\n':
		p.last, to[0] = '\n', '\n'
		return 1, nil
	}
	return 0, err
}
