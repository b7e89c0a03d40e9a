package clock

import (
	"sync"
	"time"
)

// runtimeTimer is an alarm from the Go runtime's timers.
type runtimeTimer struct {
	base  time.Time
	timer *time.Timer
	done  chan struct{}
	once  sync.Once
}

func newRuntimeTimer(base time.Time) *runtimeTimer {
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	return &runtimeTimer{base: base, timer: timer, done: make(chan struct{})}
}

func (a *runtimeTimer) set(at time.Duration) { a.timer.Reset(at - time.Since(a.base)) }

func (a *runtimeTimer) wait() error {
	select {
	case <-a.timer.C:
		return nil
	case <-a.done:
		return ErrClosed
	}
}

func (a *runtimeTimer) close() {
	a.once.Do(func() {
		a.timer.Stop()
		close(a.done)
	})
}

func (a *runtimeTimer) precise() bool { return false }
