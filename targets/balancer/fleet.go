package balancer

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"rung/targets"
)

// fleet is the set of backends and everything that is known about them. It is
// safe for concurrent use.
type fleet struct {
	spec targets.Health
	held time.Duration // how long a passive ejection lasts without active checks
	now  func() time.Time
	log  *slog.Logger
	make func(name, address string) *backend

	checks sync.WaitGroup
	mu     sync.Mutex
	policy policy
	// backends in the order of the specification; later ones behind.
	backends        []*backend
	turns           uint64
	ejections       int64
	journal         journal
	scratch         []*backend
	started, closed bool
	// leaving counts the requests at servers that were taken away.
	leaving int
}

// lease is a request's right to one backend. It ends with settle and release.
type lease struct {
	*backend
	epoch int
}

// acquire picks a backend for a client. The backend that the token names comes
// first, then the policy's choice among those not tried yet, then among all
// that are up. It returns nil when none is.
func (f *fleet) acquire(client, token string, tried []*backend) *lease {
	f.mu.Lock()
	defer f.mu.Unlock()
	fresh, again := f.scratch[:0], 0
	for _, b := range f.backends {
		switch {
		case !b.available():
		case slices.Contains(tried, b):
			again++
		case token != "" && b.token == token:
			return f.lease(b)
		default:
			fresh = append(fresh, b)
		}
	}
	if len(fresh) == 0 && again > 0 {
		for _, b := range tried {
			if b.available() && !slices.Contains(fresh, b) {
				fresh = append(fresh, b)
			}
		}
	}
	f.scratch = fresh
	if len(fresh) == 0 {
		return nil
	}
	b := f.policy.pick(fresh, client)
	f.turns++
	b.turn = f.turns
	return f.lease(b)
}

func (f *fleet) lease(b *backend) *lease {
	b.active++
	b.tries++
	return &lease{backend: b, epoch: b.health.epoch}
}

// release ends a lease.
func (f *fleet) release(l *lease) {
	f.mu.Lock()
	defer f.mu.Unlock()
	l.active--
	if l.removed {
		f.leaving--
	}
}

// left says whether a backend was taken away or drained: then it is no fault
// that it cannot be reached.
func (f *fleet) left(b *backend) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return b.removed || b.drained
}

// settle takes the outcome of a try: nil when headers came.
func (f *fleet) settle(l *lease, err error) {
	f.change(l.backend, func() (bool, string) {
		if err != nil {
			l.failures++
		}
		if l.removed {
			return false, "" // whoever leaves is not watched any more
		}
		if !l.health.served(err == nil, l.epoch) {
			return false, ""
		}
		if f.spec.Interval <= 0 && !f.closed {
			l.hold = time.AfterFunc(f.held, func() { f.revive(l.backend) })
		}
		return true, "requests failed: " + err.Error()
	})
}

// checked takes the result of an active check.
func (f *fleet) checked(b *backend, err error) {
	f.change(b, func() (bool, string) {
		if !b.health.checked(err == nil) {
			return false, ""
		}
		if err != nil {
			return true, "checks failed: " + err.Error()
		}
		return true, "checks passed"
	})
}

func (f *fleet) revive(b *backend) {
	f.change(b, func() (bool, string) {
		if !b.health.down || b.removed || f.closed {
			return false, ""
		}
		b.health.probation()
		return true, "hold time is over: on trial"
	})
}

// change runs step under the lock and, if the backend's health changed by it,
// makes that known.
func (f *fleet) change(b *backend, step func() (changed bool, cause string)) {
	f.mu.Lock()
	changed, cause := step()
	up := !b.health.down
	if changed {
		f.journal.add(Event{At: f.now(), Server: b.name, Up: up, Cause: cause})
		if !up {
			f.ejections++
		}
	}
	f.mu.Unlock()
	if !changed {
		return
	}
	if !up {
		b.transport.CloseIdleConnections()
	}
	f.log.LogAttrs(context.Background(), slog.LevelInfo, "server health changed",
		slog.String("server", b.name), slog.Bool("up", up), slog.String("cause", cause))
}

// any says whether at least one backend takes requests.
func (f *fleet) any() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.ContainsFunc(f.backends, (*backend).available)
}

func (f *fleet) events() []Event {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.journal.list()
}
