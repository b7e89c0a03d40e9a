package transport

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http/httptrace"
)

// dial opens a connection in a slot that the caller holds. When it fails it
// frees the slot.
func (p *pool) dial(ctx context.Context) (*conn, error) {
	c, err := p.connect(ctx)
	if err != nil {
		p.free()
		return nil, ended(ctx, err)
	}
	c.bound(ctx)
	return c, nil
}

func (p *pool) connect(ctx context.Context) (*conn, error) {
	if deadline, ok := ctx.Deadline(); ok && ctx.Done() == nil {
		// Dialers listen to Done only.
		bounded, cancel := context.WithDeadline(ctx, deadline)
		defer cancel()
		ctx = bounded
	}
	wire, err := p.t.cfg.Dial(ctx, "tcp", p.address)
	if err != nil {
		return nil, err
	}
	if wire == nil {
		return nil, fmt.Errorf("transport: dial of %s gave no connection", p.address)
	}
	if !p.secure {
		return newConn(p, wire, nil), nil
	}
	cfg := &tls.Config{}
	if p.t.cfg.TLS != nil {
		cfg = p.t.cfg.TLS.Clone()
	}
	if cfg.ServerName == "" {
		cfg.ServerName = p.name
	}
	cfg.NextProtos = []string{"http/1.1"}
	secure := tls.Client(wire, cfg)
	trace := httptrace.ContextClientTrace(ctx)
	if trace != nil && trace.TLSHandshakeStart != nil {
		trace.TLSHandshakeStart()
	}
	err = secure.HandshakeContext(ctx)
	state := secure.ConnectionState()
	if trace != nil && trace.TLSHandshakeDone != nil {
		trace.TLSHandshakeDone(state, err)
	}
	if err != nil {
		wire.Close()
		return nil, err
	}
	return newConn(p, secure, &state), nil
}
