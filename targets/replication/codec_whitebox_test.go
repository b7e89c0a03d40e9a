package replication

import (
	"bufio"
	"bytes"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func anyMessage() *rapid.Generator[message] {
	return rapid.Custom(func(t *rapid.T) message {
		position := func(name string) Position {
			return Position{rapid.Uint64().Draw(t, name+" term"), rapid.Uint64().Draw(t, name+" index")}
		}
		m := message{kind: kind(rapid.IntRange(1, kinds).Draw(t, "kind")), from: rapid.IntRange(0, 8).Draw(t, "from"),
			term: rapid.Uint64().Draw(t, "term"), round: rapid.Uint64().Draw(t, "round"), pos: position("pos"), prev: position("prev"),
			index: rapid.Uint64().Draw(t, "index"), ok: rapid.Bool().Draw(t, "ok"), joined: rapid.Bool().Draw(t, "joined"),
			diverged: rapid.Bool().Draw(t, "diverged"), ready: rapid.Bool().Draw(t, "ready")}
		for i := range rapid.Uint64Range(0, 3).Draw(t, "entries") {
			e := Entry{Position: Position{rapid.Uint64().Draw(t, "entry term"), m.prev.Index + 1 + i}, At: time.Unix(0, rapid.Int64().Draw(t, "at"))}
			if op := rapid.SliceOf(rapid.Byte()).Draw(t, "operation"); len(op) > 0 {
				e.Operation = op
			}
			m.entries = append(m.entries, e)
		}
		return m
	})
}

func TestMessagesSurviveTheWire(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := anyMessage().Draw(t, "message")
		got, err := readMessage(bufio.NewReader(bytes.NewReader(m.encode(nil))))
		if err != nil || !reflect.DeepEqual(got, m) {
			t.Fatalf("%+v became %+v, %v", m, got, err)
		}
	})
}

// FuzzDecode wants that what is taken for a message is one: it encodes to the
// same fields again.
func FuzzDecode(f *testing.F) {
	f.Add(message{kind: heartbeat, term: 3}.encode(nil)[4:])
	f.Add(message{kind: appendEntries, entries: []Entry{{Operation: []byte("x")}}}.encode(nil)[4:])
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := decode(data)
		if err != nil {
			return
		}
		again, err := decode(m.encode(nil)[4:])
		if err != nil || !reflect.DeepEqual(again, m) {
			t.Errorf("%+v became %+v, %v", m, again, err)
		}
	})
}
