package transport

import (
	"io"
	"net/http"
	"sync"
)

// body is a response's body. Its end gives the connection back.
type body struct {
	x      exchange
	source io.Reader
	// keep is set when the connection may be used again.
	keep bool

	mu      sync.Mutex
	left    int64 // to come; negative when unknown
	reading bool
	done    error // what Read returns from now on
}

// Read implements io.Reader. The error is as RoundTrip's.
func (b *body) Read(p []byte) (int, error) {
	b.mu.Lock()
	if b.done != nil {
		defer b.mu.Unlock()
		return 0, b.done
	}
	b.reading = true
	b.mu.Unlock()
	n, err := b.source.Read(p)

	b.mu.Lock()
	defer b.mu.Unlock()
	b.reading = false
	if b.left >= 0 {
		b.left -= int64(n)
	}
	switch {
	case b.done != nil: // closed meanwhile
		err = b.done
	case err == io.EOF:
		b.done = err
		b.x.finish(b.keep)
	case err != nil:
		err = ended(b.x.ctx, err)
		b.done = err
		b.x.finish(false)
	}
	return n, err
}

// Close implements io.Closer. A body that was not read to its end costs the
// connection, unless the rest has arrived already.
func (b *body) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.done != nil {
		if b.done == io.EOF {
			b.done = http.ErrBodyReadAfterClose
		}
		return nil
	}
	b.done = http.ErrBodyReadAfterClose
	switch {
	case b.reading:
		b.x.finish(false)
	case b.keep && b.left >= 0 && b.left <= int64(b.x.conn.in.Buffered()):
		_, err := io.Copy(io.Discard, b.source)
		b.x.finish(err == nil)
	default:
		b.x.finish(false)
	}
	return nil
}

// upgraded is the body of a 101 (Switching Protocols): the connection itself,
// which belongs to the caller until Close.
type upgraded struct {
	x    exchange
	once sync.Once
}

func (u *upgraded) Read(p []byte) (int, error) { return u.x.conn.in.Read(p) }

func (u *upgraded) Write(p []byte) (int, error) { return u.x.conn.wire.Write(p) }

func (u *upgraded) Close() error {
	u.once.Do(func() { u.x.finish(false) })
	return nil
}
