package replication

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"
)

const (
	// maxSnapshot bounds the data of a snapshot, in bytes.
	maxSnapshot = 1 << 30
	// snapshotTimeout bounds the transfer and the restore of one.
	snapshotTimeout = time.Minute
)

// sendSnapshot makes a snapshot and sends it on a connection of its own: an
// offer, the length, the data. The answer is one byte, when it is restored.
func (g *Group) sendSnapshot(o offered) {
	ctx, cancel := context.WithTimeout(g.ctx, snapshotTimeout)
	defer cancel()
	at, err := g.trySnapshot(ctx, o)
	if err != nil && ctx.Err() == nil {
		g.log.Warn("send a snapshot", "to", g.peers[o.to].name, "error", err)
	}
	g.input(func(time.Time) error {
		g.core.seeded(o, at, err != nil)
		return nil
	})
}

func (g *Group) trySnapshot(ctx context.Context, o offered) (Position, error) {
	file, err := os.CreateTemp("", "rung-snapshot-*")
	if err != nil {
		return Position{}, err
	}
	defer file.Close()
	// Without a name it goes with the process, however that ends.
	if err := os.Remove(file.Name()); err != nil {
		return Position{}, err
	}
	at, err := g.config.Storage.Snapshot(ctx, &limited{file, maxSnapshot})
	if err != nil {
		return at, fmt.Errorf("make it: %w", err)
	}
	size, err := file.Seek(0, io.SeekCurrent)
	if err != nil {
		return at, err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return at, err
	}
	g.mu.Lock()
	offer := message{kind: snapshotOffer, from: g.core.self, term: g.core.term, pos: at, index: o.common, round: uint64(size), joined: true}
	valid := g.core.writable(g.now()) && g.core.term == o.term
	g.mu.Unlock()
	if !valid {
		return at, ErrNotPrimary
	}
	conn, err := g.peers[o.to].dial(ctx)
	if err != nil {
		return at, err
	}
	defer conn.Close()
	defer g.forget(conn)
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	out, err := newOutgoing(conn, &g.sent)
	if err != nil {
		return at, err
	}
	if _, err := out.Write(offer.encode(nil)); err != nil {
		return at, err
	}
	if _, err := io.CopyBuffer(out, io.LimitReader(file, size), make([]byte, 128<<10)); err != nil {
		return at, err
	}
	var answer [1]byte
	if _, err := io.ReadFull(conn, answer[:]); err != nil {
		return at, fmt.Errorf("it was not restored: %w", err)
	}
	return at, nil
}

// takeSnapshot restores a snapshot that is offered.
func (g *Group) takeSnapshot(conn net.Conn, in *bufio.Reader, m message) {
	accepted := false
	g.input(func(now time.Time) (err error) {
		accepted, err = g.core.onOffer(now, m)
		return err
	})
	if !accepted || m.round > maxSnapshot {
		if accepted {
			g.input(func(now time.Time) error { g.core.restored(now, m.pos, true); return nil })
		}
		return
	}
	done := make(chan error, 1)
	restore := func() {
		ctx, cancel := context.WithTimeout(g.ctx, snapshotTimeout)
		defer cancel()
		defer context.AfterFunc(ctx, func() { conn.Close() })()
		whole := &exactly{r: in, left: int64(m.round)}
		err := g.config.Storage.Restore(ctx, m.pos, m.index, whole)
		if err == nil && whole.left > 0 {
			err = io.ErrUnexpectedEOF
		}
		done <- err
	}
	select {
	case g.work <- restore:
	case <-g.ctx.Done():
		return
	}
	select {
	case err := <-done:
		if err != nil && g.ctx.Err() == nil {
			g.log.Error("restore a snapshot", "error", err)
		}
		g.input(func(now time.Time) error { g.core.restored(now, m.pos, err != nil); return nil })
		if err == nil {
			conn.Write([]byte{1}) // the sender notices when it does not come
		}
	case <-g.ctx.Done():
	}
}

// exactly reads so many bytes, and fails when the source ends before.
type exactly struct {
	r    io.Reader
	left int64
}

func (e *exactly) Read(b []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	if int64(len(b)) > e.left {
		b = b[:e.left]
	}
	n, err := e.r.Read(b)
	e.left -= int64(n)
	if errors.Is(err, io.EOF) && e.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// limited refuses more than so many bytes.
type limited struct {
	w    io.Writer
	left int64
}

func (l *limited) Write(b []byte) (int, error) {
	if int64(len(b)) > l.left {
		return 0, fmt.Errorf("a snapshot is larger than %d bytes", maxSnapshot)
	}
	l.left -= int64(len(b))
	return l.w.Write(b)
}
