package clock

import (
	"context"
	"errors"
	"sync"
	"time"
)

// ErrClosed is returned by waits that a Close ended, and by waits that start
// after it.
var ErrClosed = errors.New("clock is closed")

// Clock wakes goroutines at absolute deadlines. Make one with New per process
// and share it: it costs one goroutine, whatever the number of waits. It is
// safe for concurrent use.
type Clock struct {
	alarm   alarm
	base    time.Time // deadlines are kept as durations since base
	ended   chan struct{}
	waiters sync.Pool

	mu     sync.Mutex
	queue  queue
	armed  time.Duration // what the alarm is set to; unarmed when it is not
	closed bool

	lateness histogram
}

// alarm is the one timer below a Clock. set may be called while wait blocks,
// and replaces what was set; wait returns nil soon after the time that was
// set (spurious returns are harmless), or an error once the alarm is closed.
type alarm interface {
	set(at time.Duration)
	wait() error
	close()
	precise() bool
}

const (
	// unarmed is an alarm time that never comes.
	unarmed = time.Duration(1<<63 - 1)
	// farthest is the latest deadline (100 years), so that no sum overflows.
	farthest = 100 * 365 * 24 * time.Hour
)

// New starts a clock on the most precise timer of the system. Close ends it.
func New() *Clock {
	base := time.Now()
	return start(base, newAlarm(base))
}

// NewPortable starts a clock on the runtime's timers, whatever the system. It
// follows the fake time of testing/synctest.
func NewPortable() *Clock {
	base := time.Now()
	return start(base, newRuntimeTimer(base))
}

func start(base time.Time, a alarm) *Clock {
	c := &Clock{
		alarm: a,
		base:  base,
		ended: make(chan struct{}),
		armed: unarmed,
	}
	c.waiters.New = func() any { return &waiter{wake: make(chan error, 1)} }
	go c.run()
	return c
}

// Until waits for t, and never returns nil before it. It returns nil at once
// when t is past, the context's error when ctx ends first, and ErrClosed when
// the clock is closed first.
//
// A t without a monotonic reading (see package time) is understood by its wall
// clock reading at the time of the call.
func (c *Clock) Until(ctx context.Context, t time.Time) error {
	stopped, err := c.wait(t, ctx.Done())
	if stopped {
		return ctx.Err()
	}
	return err
}

// UntilOr is Until with a channel in place of a context: it returns false when
// a value arrives on stop, or stop is closed, before t. A received value is
// consumed.
func (c *Clock) UntilOr(t time.Time, stop <-chan struct{}) (reached bool, err error) {
	stopped, err := c.wait(t, stop)
	return !stopped && err == nil, err
}

func (c *Clock) wait(t time.Time, stop <-chan struct{}) (stopped bool, err error) {
	deadline := min(t.Sub(c.base), farthest)
	if time.Since(c.base) >= deadline {
		return false, nil
	}
	w := c.waiters.Get().(*waiter)
	w.deadline = deadline
	if err := c.add(w); err != nil {
		c.waiters.Put(w)
		return false, err
	}
	select {
	case err = <-w.wake:
	case <-stop:
		if !c.remove(w) {
			<-w.wake // woken at the same moment: the channel must be empty again
		}
		stopped = true
	}
	c.waiters.Put(w)
	if !stopped && err == nil {
		c.lateness.add(time.Since(c.base) - deadline)
	}
	return stopped, err
}

func (c *Clock) add(w *waiter) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return ErrClosed
	}
	c.queue.push(w)
	c.arm()
	return nil
}

// remove takes w out again; false means that it has been woken.
func (c *Clock) remove(w *waiter) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.queue.remove(w)
}

// arm sets the alarm to the earliest deadline. An alarm that is already set
// earlier is left alone: it is set right when it rings.
func (c *Clock) arm() {
	if len(c.queue) == 0 {
		return
	}
	if next := c.queue[0].deadline; next < c.armed {
		c.armed = next
		c.alarm.set(next)
	}
}

// run wakes the waiters that are due, each time the alarm rings.
func (c *Clock) run() {
	defer close(c.ended)
	for {
		if err := c.alarm.wait(); err != nil {
			c.shut() // without an alarm nobody would ever be woken
			return
		}
		c.ring()
	}
}

func (c *Clock) ring() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	now := time.Since(c.base)
	for len(c.queue) > 0 && c.queue[0].deadline <= now {
		c.queue.pop().wake <- nil // buffered: never blocks
	}
	c.armed = unarmed
	c.arm()
}

// Precise reports whether the kernel's high-resolution timer is used. False
// means the runtime's timers, on systems other than Linux.
func (c *Clock) Precise() bool { return c.alarm.precise() }

// Error returns the median time by which waits ended too late so far, measured
// in the goroutine that waited. It is within 4% of the exact median, and 0
// before the first wait.
func (c *Clock) Error() time.Duration { return c.lateness.quantile(0.5) }

// ErrorAt is Error at another quantile q, 0 to 1: 0.99 for the p99.
func (c *Clock) ErrorAt(q float64) time.Duration { return c.lateness.quantile(q) }

// Close ends the clock and every wait on it, with ErrClosed. Later calls do
// nothing.
func (c *Clock) Close() {
	c.shut()
	<-c.ended
}

func (c *Clock) shut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	c.closed = true
	for len(c.queue) > 0 {
		c.queue.pop().wake <- ErrClosed
	}
	c.alarm.close()
}
