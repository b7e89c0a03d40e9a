package telemetry_test

import (
	"context"
	"errors"
	"net"
	"sync"
)

// pipes is a network in memory, so that tests can have a clock of their own.
// It is a net.Listener.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once

	mu    sync.Mutex
	away  bool // refuses
	dials int
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), done: make(chan struct{})} }

var errAway = errors.New("nobody is there")

func (p *pipes) dial(ctx context.Context) (net.Conn, error) {
	p.mu.Lock()
	p.dials++
	away := p.away
	p.mu.Unlock()
	if away {
		return nil, errAway
	}
	near, far := net.Pipe()
	select {
	case p.conns <- far:
		return near, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-p.done:
		return nil, errAway
	}
}

func (p *pipes) leave(away bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.away = away
}

func (p *pipes) dialled() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dials
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }
