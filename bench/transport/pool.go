package transport

import (
	"container/list"
	"context"
	"slices"
	"sync"
	"time"
)

// pool holds the connections to one host: a stack of idle ones, so that the
// warmest is used first, and the queue of those who wait for one.
type pool struct {
	t       *Transport
	address string // host:port
	name    string // of the host, for TLS
	field   string // Host, of plain requests
	secure  bool

	mu sync.Mutex
	// idle connections, the longest idle first.
	idle []*conn
	// slots in use: connections open, and being opened.
	slots   int
	waiters list.List // of *waiter, first come first
	// expiry rings when the first of idle is too old; nil when it is not set.
	expiry *time.Timer
}

// waiter is somebody who gets the next connection, or the slot for a new one.
type waiter struct{ granted chan *conn } // buffered: 1; nil is a slot

func newPool(t *Transport, address, name, field string, secure bool) *pool {
	return &pool{t: t, address: address, name: name, field: field, secure: secure}
}

// get returns a connection that belongs to the caller until release or close.
// A reused one may have ended meanwhile.
func (p *pool) get(ctx context.Context) (*conn, error) {
	if ctx.Done() != nil && ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	c, err := p.acquire(ctx)
	if err != nil {
		return nil, err
	}
	if c == nil {
		return p.dial(ctx)
	}
	c.bound(ctx)
	return c, nil
}

// fresh returns a new connection, for a request that a kept one failed.
func (p *pool) fresh(ctx context.Context) (*conn, error) {
	for {
		p.mu.Lock()
		if p.room() || len(p.idle) == 0 {
			p.mu.Unlock()
			break
		}
		// The longest idle one makes room. Some other request may take it.
		c := p.idle[0]
		p.idle = slices.Delete(p.idle, 0, 1)
		p.mu.Unlock()
		c.wake()
		c.close()
	}
	p.mu.Lock()
	if p.room() {
		p.slots++
		p.mu.Unlock()
		return p.dial(ctx)
	}
	p.mu.Unlock()
	return p.get(ctx)
}

// room reports whether another connection may be opened.
func (p *pool) room() bool {
	return p.t.cfg.Connections <= 0 || p.slots < p.t.cfg.Connections
}

// acquire takes the warmest idle connection, or else a slot for a new one,
// which is nil, or else waits for either.
func (p *pool) acquire(ctx context.Context) (*conn, error) {
	p.mu.Lock()
	if last := len(p.idle) - 1; last >= 0 {
		c := p.idle[last]
		p.idle[last] = nil
		p.idle = p.idle[:last]
		p.mu.Unlock()
		c.wake()
		return c, nil
	}
	if p.room() {
		p.slots++
		p.mu.Unlock()
		return nil, nil
	}
	w := &waiter{granted: make(chan *conn, 1)}
	place := p.waiters.PushBack(w)
	p.mu.Unlock()
	return p.wait(ctx, w, place)
}

func (p *pool) wait(ctx context.Context, w *waiter, place *list.Element) (*conn, error) {
	var late <-chan time.Time
	if deadline, ok := ctx.Deadline(); ok && ctx.Done() == nil {
		timer := time.NewTimer(time.Until(deadline))
		defer timer.Stop()
		late = timer.C
	}
	err := context.DeadlineExceeded
	select {
	case c := <-w.granted:
		return c, nil
	case <-ctx.Done():
		err = context.Cause(ctx)
	case <-late:
	}
	p.mu.Lock()
	select {
	case c := <-w.granted: // at the same moment: it is for the next one
		p.mu.Unlock()
		if c != nil {
			p.release(c)
		} else {
			p.free()
		}
	default:
		p.waiters.Remove(place)
		p.mu.Unlock()
	}
	return nil, err
}

// grant gives c, or a slot if it is nil, to who has waited longest.
func (p *pool) grant(c *conn) bool {
	first := p.waiters.Front()
	if first == nil {
		return false
	}
	p.waiters.Remove(first).(*waiter).granted <- c
	return true
}

// release takes back a connection that can be used again.
func (p *pool) release(c *conn) {
	c.reused = true
	c.idleSince = time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.grant(c) {
		return
	}
	c.rest()
	p.idle = append(p.idle, c)
	if p.expiry == nil {
		p.expiry = time.AfterFunc(p.t.cfg.IdleTimeout, p.expire)
	}
}

// free takes back the slot of a connection that is no more.
func (p *pool) free() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.grant(nil) {
		p.slots--
	}
}

// expire closes the connections that were idle for too long.
func (p *pool) expire() {
	p.mu.Lock()
	n := 0
	for n < len(p.idle) && time.Since(p.idle[n].idleSince) >= p.t.cfg.IdleTimeout {
		n++
	}
	old := slices.Clone(p.idle[:n])
	p.idle = slices.Delete(p.idle, 0, n)
	if p.expiry != nil { // nil after closeIdle
		if p.expiry = nil; len(p.idle) > 0 {
			left := p.t.cfg.IdleTimeout - time.Since(p.idle[0].idleSince)
			p.expiry = time.AfterFunc(left, p.expire)
		}
	}
	p.mu.Unlock()
	for _, c := range old {
		c.wake()
		c.close()
	}
}

func (p *pool) closeIdle() {
	p.mu.Lock()
	idle := p.idle
	p.idle = nil
	if p.expiry != nil {
		p.expiry.Stop()
		p.expiry = nil
	}
	p.mu.Unlock()
	for _, c := range idle {
		c.wake()
		c.close()
	}
}
