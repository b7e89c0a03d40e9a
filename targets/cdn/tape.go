package cdn

import (
	"context"
	"io"
	"sync"
)

// tape is an answer's body that is read by many while it arrives. Its buffer
// has its final size from the start, so that readers never see it move.
type tape struct {
	mu   sync.Mutex
	data []byte // what has arrived; cap is the whole
	err  error  // io.EOF at the end, another when it broke off
	more chan struct{}
}

func newTape(size int) *tape { return &tape{data: make([]byte, 0, size), more: make(chan struct{})} }

// record copies the body to the tape until it is whole.
func (t *tape) record(body io.Reader) error {
	for {
		t.mu.Lock()
		at := len(t.data)
		t.mu.Unlock()
		if at == cap(t.data) {
			t.advance(at, io.EOF)
			return nil
		}
		n, err := body.Read(t.data[at:min(at+copyBytes, cap(t.data))])
		if err == io.EOF && at+n < cap(t.data) {
			err = io.ErrUnexpectedEOF
		}
		if err == io.EOF {
			err = nil
		}
		t.advance(at+n, err)
		if err != nil {
			return err
		}
	}
}

func (t *tape) advance(size int, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.data, t.err = t.data[:size], err
	close(t.more)
	t.more = make(chan struct{})
}

// play writes the tape to w from the start, as it arrives.
func (t *tape) play(ctx context.Context, w io.Writer) error {
	at := 0
	for {
		t.mu.Lock()
		part, err, more := t.data[at:], t.err, t.more
		t.mu.Unlock()
		if len(part) > 0 {
			if _, err := w.Write(part); err != nil {
				return err
			}
			at += len(part)
			continue
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if f, ok := w.(interface{ Flush() }); ok {
			f.Flush() // the client shall not wait for what we wait for
		}
		select {
		case <-more:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
