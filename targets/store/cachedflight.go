package store

import (
	"context"
	"sync"
)

// flights are the reads of one kind that are shared. The zero value is ready.
type flights[T any] struct {
	mu   sync.Mutex
	open map[string]*flight[T]
}

// flight is the requests for one key that are in the air together, and the one read of
// the store behind that they share if they need it.
//
// A request joins before it looks into the cache. What is read is put into the cache
// before the flight lands and takes no more requests. So a request that misses has
// joined before the landing of the last read, and shares it, or begins the next one;
// there is no gap in which a key that is hot is read twice.
type flight[T any] struct {
	key    string
	done   chan struct{} // closed when landed is set
	landed landed[T]

	// Guarded by the mutex of flights.
	aboard int
	begun  bool
	cancel context.CancelFunc
}

func (g *flights[T]) join(key string) *flight[T] {
	g.mu.Lock()
	defer g.mu.Unlock()
	f := g.open[key]
	if f == nil {
		f = &flight[T]{key: key, done: make(chan struct{})}
		if g.open == nil {
			g.open = map[string]*flight[T]{}
		}
		g.open[key] = f
	}
	f.aboard++
	return f
}

// leave must follow join. The last one to leave ends the read, if it still goes on.
func (g *flights[T]) leave(f *flight[T]) {
	g.mu.Lock()
	defer g.mu.Unlock()
	f.aboard--
	if f.aboard > 0 {
		return
	}
	g.detach(f)
	if f.cancel != nil {
		f.cancel()
	}
}

// begin reports whether the caller is the first to need the read, and then the context
// that it must use for it.
func (g *flights[T]) begin(ctx context.Context, f *flight[T]) (shared context.Context, first bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if f.begun {
		return nil, false
	}
	f.begun = true
	shared, f.cancel = context.WithCancel(context.WithoutCancel(ctx))
	return shared, true
}

func (g *flights[T]) land(f *flight[T], l landed[T]) {
	g.mu.Lock()
	defer g.mu.Unlock()
	f.landed = l
	g.detach(f)
	close(f.done)
}

// forget lets later requests begin a read of their own.
func (g *flights[T]) forget(key string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.open, key)
}

func (g *flights[T]) detach(f *flight[T]) {
	if g.open[f.key] == f {
		delete(g.open, f.key)
	}
}
