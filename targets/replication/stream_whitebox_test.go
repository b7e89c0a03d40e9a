package replication

import (
	"bytes"
	"errors"
	"io"
	"net"
	"reflect"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"pgregory.net/rapid"
)

// sink is a connection that keeps what is written to it.
type sink struct {
	net.Conn
	bytes.Buffer
	fails bool
}

func (s *sink) Write(b []byte) (int, error) {
	if s.fails {
		return 0, io.ErrClosedPipe
	}
	return s.Buffer.Write(b)
}

func (s *sink) Read(b []byte) (int, error) { return s.Buffer.Read(b) }

func insert(index uint64) message {
	return message{kind: appendEntries, term: 3, round: index, pos: Position{3, index + 1}, prev: Position{3, index}, entries: []Entry{{
		Position: Position{3, index + 1}, At: time.Unix(0, 1_700_000_000_000_000_000+int64(index)*1_234_567),
		Operation: []byte(`[{"sql":"INSERT INTO posts (id, user_id, body, created_at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING","args":[{"k":"s","t":"` +
			string(rune('a'+index%26)) + `"},{"k":"i","t":"17"},{"k":"s","t":"a post of some words"},{"k":"i","t":"1700000000"}]}]`)}}}
}

// TestStreamComesOut: whatever is written, all of it can be read at once, though
// the stream goes on.
func TestStreamComesOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var sent traffic
		wire := &sink{}
		out, err := newOutgoing(Compressed{wire}, &sent)
		if err != nil {
			t.Fatal(err)
		}
		in, free, err := unpack(wire)
		if err != nil {
			t.Fatal(err)
		}
		defer free()
		plain := 0
		for range rapid.IntRange(1, 20).Draw(t, "writes") {
			part := rapid.SliceOfN(rapid.Byte(), 1, 300).Draw(t, "part")
			b := bytes.Repeat(part, rapid.SampledFrom([]int{1, 7, 900}).Draw(t, "times"))
			if n, err := out.Write(b); n != len(b) || err != nil {
				t.Fatal(n, err)
			}
			plain += len(b)
			got := make([]byte, len(b))
			if _, err := io.ReadFull(in, got); err != nil || !bytes.Equal(got, b) {
				t.Fatalf("%d bytes came out otherwise, %v", len(b), err)
			}
			if rest := wire.Len(); rest > 0 {
				t.Fatalf("%d bytes more were sent", rest)
			}
		}
		if sent.bytes.Load() != int64(plain) {
			t.Fatalf("%d bytes were counted of %d", sent.bytes.Load(), plain)
		}
	})
}

// TestOneStreamRemembers: entries that are sent one by one cost little, because
// they are like the ones before.
func TestOneStreamRemembers(t *testing.T) {
	size := func(compressed, anew bool) (bytes, wire int64) {
		var sent traffic
		var conn net.Conn = &sink{}
		if compressed {
			conn = Compressed{conn}
		}
		var out *outgoing
		for i := range uint64(200) {
			if out == nil || anew {
				var err error
				if out, err = newOutgoing(conn, &sent); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := out.Write(insert(i).encode(nil)); err != nil {
				t.Fatal(err)
			}
		}
		return sent.bytes.Load(), sent.wire.Load()
	}
	plain, wire := size(false, false)
	if plain != wire {
		t.Errorf("without compression %d bytes became %d", plain, wire)
	}
	bytes, stream := size(true, false)
	_, separate := size(true, true)
	t.Logf("%d bytes: %d in one stream, %d in a stream each", bytes, stream, separate)
	if bytes != plain || stream*4 > bytes || stream*3 > separate {
		t.Errorf("%d bytes are %d in one stream, and %d in a stream each", bytes, stream, separate)
	}
}

// TestBrokenConnectionIsNotCounted: bytes that were not sent are not.
func TestBrokenConnectionIsNotCounted(t *testing.T) {
	var sent traffic
	out, err := newOutgoing(Compressed{&sink{fails: true}}, &sent)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := out.Write([]byte("x")); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("a broken connection: %v", err)
	}
	if sent.bytes.Load() != 0 || sent.wire.Load() != 0 {
		t.Errorf("%d and %d bytes were counted", sent.bytes.Load(), sent.wire.Load())
	}
}

// TestDecoderIsBounded refuses a stream that wants to be remembered for longer
// than members do.
func TestDecoderIsBounded(t *testing.T) {
	var b bytes.Buffer
	e, err := zstd.NewWriter(&b, zstd.WithWindowSize(8<<20), zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Write(make([]byte, 16<<20)); err != nil {
		t.Fatal(err)
	}
	if err := e.Flush(); err != nil {
		t.Fatal(err)
	}
	in, free, err := unpack(&b)
	if err != nil {
		t.Fatal(err)
	}
	defer free()
	if n, err := io.Copy(io.Discard, in); !errors.Is(err, zstd.ErrWindowSizeExceeded) || n > 0 {
		t.Errorf("%d bytes of a stream with a large window came out, %v", n, err)
	}
}

// FuzzCompressedStream wants that a stream of any bytes ends with an error or its
// end, and that its messages before that are such.
func FuzzCompressedStream(f *testing.F) {
	wire := &sink{}
	out, err := newOutgoing(Compressed{wire}, &traffic{})
	if err != nil {
		f.Fatal(err)
	}
	for i := range uint64(3) {
		if _, err := out.Write(insert(i).encode(nil)); err != nil {
			f.Fatal(err)
		}
	}
	f.Add(wire.Bytes())
	f.Add(wire.Bytes()[:wire.Len()/2])
	f.Add([]byte{0x28, 0xb5, 0x2f, 0xfd, 0, 0x58, 0x43, 0, 0, 'x'}) // a block that repeats one byte
	f.Add([]byte("R\x00\x00\x00\x08\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		in, free, err := unpack(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		defer free()
		for {
			m, err := readMessage(in)
			if err != nil {
				return
			}
			if back, err := decode(m.encode(nil)[4:]); err != nil || !reflect.DeepEqual(back, m) {
				t.Fatalf("%+v came back as %+v, %v", m, back, err)
			}
		}
	})
}

func BenchmarkCompressedEntry(b *testing.B) {
	var sent traffic
	wire := &sink{}
	out, err := newOutgoing(Compressed{wire}, &sent)
	if err != nil {
		b.Fatal(err)
	}
	i := uint64(0)
	for b.Loop() {
		i++
		wire.Reset()
		if _, err := out.Write(insert(i).encode(nil)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(sent.wire.Load())/float64(sent.bytes.Load()), "wire/byte")
}
