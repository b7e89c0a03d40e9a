package attack_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"testing/iotest"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"rung/bench/attack"
)

func pastJSON(t *testing.T, n int) []byte {
	t.Helper()
	var b bytes.Buffer
	e := vegeta.NewJSONEncoder(&b)
	for i := range n {
		if err := e.Encode(&vegeta.Result{Seq: uint64(i), Code: 200, Timestamp: time.Unix(int64(i), 0), Latency: time.Millisecond, URL: "http://127.0.0.1/"}); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func count(r io.Reader) (n int, err error) {
	err = attack.ReadPast(r, func(attack.Past) error { n++; return nil })
	return n, err
}

// TestReadPastMissesNoLastLine: vegeta's own decoder leaves out a last line
// without an end, whether it is whole or broken off.
func TestReadPastMissesNoLastLine(t *testing.T) {
	data := pastJSON(t, 3)
	for name, c := range map[string]struct {
		data   []byte
		want   int
		broken bool
	}{
		"whole":          {data, 3, false},
		"without an end": {bytes.TrimRight(data, "\n"), 3, false},
		"broken off":     {data[:len(data)-20], 2, true},
		"one, no end":    {bytes.TrimRight(pastJSON(t, 1), "\n"), 1, false},
	} {
		if n, err := count(bytes.NewReader(c.data)); n != c.want || (err != nil) != c.broken {
			t.Errorf("%s: %d results, %v", name, n, err)
		}
		if n, err := count(iotest.OneByteReader(bytes.NewReader(c.data))); n != c.want || (err != nil) != c.broken {
			t.Errorf("%s, by bytes: %d results, %v", name, n, err)
		}
	}
}

// endless is a stream of one byte without an end.
type endless byte

func (e endless) Read(to []byte) (int, error) {
	for i := range to {
		to[i] = byte(e)
	}
	return len(to), nil
}

func TestReadPastOfAnEndlessStreamEnds(t *testing.T) {
	for _, e := range []endless{0, 'x', '{', '"'} {
		if n, err := count(e); n != 0 || !errors.Is(err, attack.ErrPast) {
			t.Errorf("%q without an end: %d results, %v", byte(e), n, err)
		}
	}
}

func TestReadPastTellsWhyAStreamEnded(t *testing.T) {
	if _, err := count(iotest.ErrReader(context.Canceled)); !errors.Is(err, context.Canceled) {
		t.Errorf("the error of the stream is lost: %v", err)
	}
	n, err := count(io.MultiReader(bytes.NewReader(pastJSON(t, 2)), iotest.ErrReader(context.Canceled)))
	if n != 2 || !errors.Is(err, context.Canceled) {
		t.Errorf("%d results, %v", n, err)
	}
}

func FuzzReadPast(f *testing.F) {
	f.Add([]byte("1,200,3,4,5,,,a,0,GET,http://127.0.0.1/,\n"))
	f.Add([]byte(`{"code":200}`))
	f.Add([]byte{0x03, 0xff, 0x81, 0x00})
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := count(bytes.NewReader(data)); err != nil && err.Error() == "" {
			t.Error("an error without words")
		}
	})
}
