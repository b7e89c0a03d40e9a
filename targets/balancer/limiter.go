package balancer

import (
	"container/list"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"rung/targets"
)

// clientsKept bounds the table of clients. When it is full the client that was
// silent longest is forgotten: it starts again with a full bucket.
const clientsKept = 1 << 16

// limiter has one token bucket per client address. It is safe for concurrent
// use; nil limits nothing.
type limiter struct {
	spec targets.RateLimit
	size int
	// refill is how long an empty bucket takes to fill up: forgetting a
	// client that was silent as long changes nothing.
	refill time.Duration

	mu      sync.Mutex
	clients map[string]*list.Element
	recent  *list.List // of *bucket, the most recently seen in front
}

type bucket struct {
	client string
	seen   time.Time
	tokens *rate.Limiter
}

// newLimiter returns nil when there is no limit.
func newLimiter(spec targets.RateLimit, size int) *limiter {
	if spec.Rate <= 0 {
		return nil
	}
	spec.Burst = max(spec.Burst, 1)
	return &limiter{
		spec:    spec,
		size:    size,
		refill:  time.Duration(min(float64(spec.Burst)/spec.Rate*float64(time.Second), float64(24*time.Hour))),
		clients: map[string]*list.Element{},
		recent:  list.New(),
	}
}

// take asks for one request of a client. It returns zero if it may pass, else
// how long until it might.
func (l *limiter) take(client string, now time.Time) time.Duration {
	if l == nil {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.bucket(client, now)
	r := b.tokens.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now) // it does not wait, so it takes nothing
	}
	return wait
}

func (l *limiter) bucket(client string, now time.Time) *bucket {
	e := l.clients[client]
	if e == nil {
		l.forget(now)
		b := &bucket{client: client, tokens: rate.NewLimiter(rate.Limit(l.spec.Rate), l.spec.Burst)}
		e = l.recent.PushFront(b)
		l.clients[client] = e
	}
	l.recent.MoveToFront(e)
	b := e.Value.(*bucket)
	b.seen = now
	return b
}

// forget makes room: up to two clients whose buckets are full again anyway,
// and the oldest if the table is full.
func (l *limiter) forget(now time.Time) {
	for range 2 {
		e := l.recent.Back()
		if e == nil {
			return
		}
		b := e.Value.(*bucket)
		if now.Sub(b.seen) < l.refill && len(l.clients) < l.size {
			return
		}
		l.recent.Remove(e)
		delete(l.clients, b.client)
	}
}

// known is how many clients have a bucket.
func (l *limiter) known() int {
	if l == nil {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.clients)
}
