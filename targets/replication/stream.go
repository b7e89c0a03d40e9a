package replication

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"sync/atomic"
	"time"

	"github.com/klauspost/compress/zstd"
)

// Compressed is a connection between members whose two ends have agreed that what
// its opener sends is compressed: Config.Dial returns one, and the other end gives
// one to Serve. The few bytes that come back are not compressed.
type Compressed struct{ net.Conn }

// Traffic is what a member has sent to others since it was started.
type Traffic struct {
	// Bytes are messages and snapshots as they are, Wire what was written to
	// connections for them. Without compression the two are equal.
	Bytes, Wire int64
	// Compressing is how long the compressor took.
	Compressing time.Duration
}

// Traffic returns what the member has sent.
func (g *Group) Traffic() Traffic {
	return Traffic{Bytes: g.sent.bytes.Load(), Wire: g.sent.wire.Load(), Compressing: time.Duration(g.sent.compressing.Load())}
}

type traffic struct{ bytes, wire, compressing atomic.Int64 }

// window is how far back the compressor looks for what was said before, in bytes,
// and what the other side remembers: some hundred small entries. Zstandard (RFC
// 8878) is taken because its window goes beyond one block, so that an entry which
// is sent on its own is short when the ones before it were like it.
const window = 64 << 10

// outgoing is what goes out on one connection. It is for one goroutine.
type outgoing struct {
	conn    net.Conn
	sent    *traffic
	encoder *zstd.Encoder // nil when it is not compressed
	packed  bytes.Buffer
}

func newOutgoing(conn net.Conn, sent *traffic) (*outgoing, error) {
	o := &outgoing{conn: conn, sent: sent}
	if _, ok := conn.(Compressed); !ok {
		return o, nil
	}
	var err error
	o.encoder, err = zstd.NewWriter(&o.packed, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithWindowSize(window),
		zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true), zstd.WithEncoderCRC(false))
	return o, err
}

// Write sends all of b now: nothing stays in the compressor.
func (o *outgoing) Write(b []byte) (int, error) {
	if o.encoder == nil {
		n, err := o.conn.Write(b)
		o.sent.bytes.Add(int64(n))
		o.sent.wire.Add(int64(n))
		return n, err
	}
	begun := time.Now()
	o.packed.Reset()
	if _, err := o.encoder.Write(b); err != nil {
		return 0, err
	}
	if err := o.encoder.Flush(); err != nil {
		return 0, err
	}
	o.sent.compressing.Add(int64(time.Since(begun)))
	n, err := o.conn.Write(o.packed.Bytes())
	o.sent.wire.Add(int64(n))
	if err != nil {
		return 0, err
	}
	o.sent.bytes.Add(int64(len(b)))
	return len(b), nil
}

// incoming reads what an outgoing sends. The returned function frees what it took.
func incoming(conn net.Conn) (*bufio.Reader, func(), error) {
	if _, ok := conn.(Compressed); !ok {
		return bufio.NewReaderSize(conn, 64<<10), func() {}, nil
	}
	return unpack(conn)
}

// unpack reads a compressed stream, block by block. It needs no more memory than
// a few windows, whatever the stream says.
func unpack(r io.Reader) (*bufio.Reader, func(), error) {
	d, err := zstd.NewReader(bufio.NewReaderSize(r, 16<<10), zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(window))
	if err != nil {
		return nil, nil, err
	}
	return bufio.NewReaderSize(d, 16<<10), d.Close, nil
}
