package queue

import "sync"

const (
	// windowFrames and windowBytes bound what one connection has under way.
	windowFrames = 4096
	windowBytes  = 1 << 20
)

// parcel is a frame on its way to the server.
type parcel struct {
	size  int
	ready chan struct{} // closed when data and err are set
	data  []byte
	err   error
}

// window keeps the frames of one connection in order while they are charged
// side by side. One goroutine pushes, one pops.
type window struct {
	mu     sync.Mutex
	change *sync.Cond
	queue  []*parcel
	bytes  int
	closed bool
	over   chan struct{} // closed with the window
}

func newWindow() *window {
	w := &window{over: make(chan struct{})}
	w.change = sync.NewCond(&w.mu)
	return w
}

// push waits for room, and returns false when the window was closed.
func (w *window) push(p *parcel) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for !w.closed && len(w.queue) > 0 && (len(w.queue) >= windowFrames || w.bytes+p.size > windowBytes) {
		w.change.Wait()
	}
	if w.closed {
		return false
	}
	w.queue = append(w.queue, p)
	w.bytes += p.size
	w.change.Broadcast()
	return true
}

// head returns the oldest parcel and leaves it there. It waits for one, and
// returns nil when the window is closed and empty.
func (w *window) head() *parcel {
	w.mu.Lock()
	defer w.mu.Unlock()
	for !w.closed && len(w.queue) == 0 {
		w.change.Wait()
	}
	if len(w.queue) == 0 {
		return nil
	}
	return w.queue[0]
}

// pop removes the oldest parcel; more says whether another one is ready.
func (w *window) pop() (more bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.bytes -= w.queue[0].size
	w.queue[0] = nil
	w.queue = w.queue[1:]
	w.change.Broadcast()
	if len(w.queue) == 0 {
		return false
	}
	select {
	case <-w.queue[0].ready:
		return true
	default:
		return false
	}
}

// close lets nothing in any more; what is in can still be popped.
func (w *window) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.closed {
		w.closed = true
		close(w.over)
	}
	w.change.Broadcast()
}
