package balancer

import "sync"

// bufferSize is net/http's own size for copying bodies.
const bufferSize = 32 << 10

// buffers is the reverse proxy's httputil.BufferPool.
type buffers struct{ pool sync.Pool }

func newBuffers() *buffers {
	return &buffers{sync.Pool{New: func() any { b := make([]byte, bufferSize); return &b }}}
}

// Get returns a buffer of bufferSize bytes.
func (b *buffers) Get() []byte { return *b.pool.Get().(*[]byte) }

// Put takes a buffer back.
func (b *buffers) Put(buf []byte) { b.pool.Put(&buf) }
