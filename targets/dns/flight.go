package dns

import (
	"context"
	"sync"
)

// flights lets those who want the same thing at the same time share one call.
// It is safe for concurrent use.
type flights[V any] struct {
	// running counts the calls under way.
	running *sync.WaitGroup
	mu      sync.Mutex
	calls   map[string]*call[V]
}

type call[V any] struct {
	done    chan struct{} // closed when value and err are set
	value   V
	err     error
	waiting int
	cancel  context.CancelFunc
}

func newFlights[V any](running *sync.WaitGroup) *flights[V] {
	return &flights[V]{running: running, calls: map[string]*call[V]{}}
}

// do returns what fn returns, from a call that is under way for the same key
// if there is one (joined). The call does not end with the context of the one
// who started it, but when nobody waits for it any more.
func (f *flights[V]) do(ctx context.Context, key string, fn func(context.Context) (V, error)) (v V, joined bool, err error) {
	f.mu.Lock()
	c, joined := f.calls[key]
	if !joined {
		c = &call[V]{done: make(chan struct{})}
		f.calls[key] = c
		var run context.Context
		run, c.cancel = context.WithCancel(context.WithoutCancel(ctx))
		f.running.Go(func() {
			c.value, c.err = fn(run)
			f.leave(key, c, true)
			close(c.done)
		})
	}
	c.waiting++
	f.mu.Unlock()
	select {
	case <-c.done:
		return c.value, joined, c.err
	case <-ctx.Done():
		f.leave(key, c, false)
		return v, joined, ctx.Err()
	}
}

// leave is called by a waiter who gives up and by the call when it is done.
// Who comes later starts a new call.
func (f *flights[V]) leave(key string, c *call[V], done bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !done {
		c.waiting--
	}
	if !done && c.waiting > 0 {
		return
	}
	c.cancel()
	if f.calls[key] == c {
		delete(f.calls, key)
	}
}
