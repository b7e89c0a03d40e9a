package attack

import (
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

// ReadPast reads results in any of vegeta's encodings (gob, JSON, CSV), in the
// order in which they were written, and gives each to sink. A stream that
// breaks off after some results is an error that says after how many; an error
// of sink's ends the reading and comes back as it is.
func ReadPast(r io.Reader, sink func(Past) error) error {
	decoder := vegeta.DecoderFor(r)
	if decoder == nil {
		return ErrPast
	}
	for n := 1; ; n++ {
		var one vegeta.Result
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
