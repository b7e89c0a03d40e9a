package dns

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"rung/targets"
)

// watch checks the health of roles while it runs, and remembers it after. It
// is safe for concurrent use, but runs once at a time.
type watch struct {
	interval, timeout time.Duration
	dial              func(ctx context.Context, role string) (net.Conn, error)
	now               func() time.Time
	log               *slog.Logger
	roles             []string
	phase             float64 // of the first check, 0 to 1 interval

	checks, failures atomic.Int64

	mu      sync.RWMutex
	vitals  map[string]*vitals // by role; the keys do not change
	journal journal
}

func newWatch(spec targets.Health, roles []string, cfg NameserverConfig) *watch {
	w := &watch{
		interval: spec.Interval, timeout: spec.Timeout, dial: cfg.Dial, now: cfg.Now, log: orSilent(cfg.Log), roles: roles,
		phase:  rand.New(rand.NewPCG(cfg.Seed, 0)).Float64(),
		vitals: map[string]*vitals{},
	}
	if w.timeout <= 0 {
		w.timeout = w.interval
	}
	if w.now == nil {
		w.now = time.Now
	}
	for _, role := range roles {
		w.vitals[role] = newVitals(spec)
	}
	return w
}

// run checks all roles until ctx is done. Their checks lie evenly in the
// interval.
func (w *watch) run(ctx context.Context) {
	var all sync.WaitGroup
	for i, role := range w.roles {
		share := w.phase + float64(i)/float64(len(w.roles))
		if share >= 1 {
			share--
		}
		first := time.Duration(share * float64(w.interval))
		all.Go(func() { w.follow(ctx, role, first) })
	}
	all.Wait()
}

// follow checks one role every interval. While a check takes longer than
// that, the next ones are left out.
func (w *watch) follow(ctx context.Context, role string, first time.Duration) {
	start := time.NewTimer(first)
	defer start.Stop()
	select {
	case <-ctx.Done():
		return
	case <-start.C:
	}
	tick := time.NewTicker(w.interval)
	defer tick.Stop()
	for {
		err := w.check(ctx, role)
		if ctx.Err() != nil {
			return // cut short by the end: that says nothing of the role
		}
		w.note(role, err)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// note takes the result of a check.
func (w *watch) note(role string, err error) {
	w.checks.Add(1)
	if err != nil {
		w.failures.Add(1)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	v := w.vitals[role]
	if !v.checked(err == nil) {
		return
	}
	e := targets.Event{At: w.now(), What: "up", Subject: role, Cause: fmt.Sprintf("health checks passed in a row: %d", v.rise)}
	if v.down {
		e.What, e.Cause = "down", fmt.Sprintf("health checks failed in a row: %d, the last one: %v", v.fall, err)
	}
	w.journal.add(e)
	w.log.Warn("health changed", "role", role, "is", e.What, "cause", e.Cause)
}

// up says whether a role is healthy. One that is not watched is.
func (w *watch) up(role string) bool {
	w.mu.RLock()
	defer w.mu.RUnlock()
	v := w.vitals[role]
	return v == nil || !v.down
}

// events returns the latest changes, oldest first.
func (w *watch) events() []targets.Event {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.journal.list()
}
