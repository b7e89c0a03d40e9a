package balancer

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// set makes the fleet consist of exactly these servers. One that stays, at the
// same address, keeps its state and its place; the new follow in the order
// given; one that goes finishes the requests it has.
func (f *fleet) set(order []string, servers map[string]string) {
	f.mu.Lock()
	var gone []*backend
	kept := make([]*backend, 0, len(servers))
	drained := map[string]bool{}
	have := map[string]bool{}
	for _, b := range f.backends {
		if servers[b.name] == b.address {
			kept = append(kept, b)
			have[b.name] = true
			continue
		}
		b.removed = true
		f.leaving += b.active
		drained[b.name] = b.drained // a server that moves stays drained
		gone = append(gone, b)
	}
	for _, name := range order {
		if !have[name] {
			b := f.make(name, servers[name])
			b.drained = drained[name]
			kept = append(kept, b)
		}
	}
	f.backends = kept
	if f.started && !f.closed {
		f.watchAll()
	}
	f.mu.Unlock()
	for _, b := range gone {
		f.retire(b)
	}
}

// start begins the active checks.
func (f *fleet) start() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.started || f.closed {
		return
	}
	f.started = true
	f.watchAll()
}

// close ends checks and hold times and drops unused connections. It waits for
// the checks. Calling it again does no harm.
func (f *fleet) close() {
	f.mu.Lock()
	f.closed = true
	all := slices.Clone(f.backends)
	f.mu.Unlock()
	for _, b := range all {
		f.retire(b)
	}
	f.checks.Wait()
}

func (f *fleet) retire(b *backend) {
	f.mu.Lock()
	stop, hold := b.stop, b.hold
	f.mu.Unlock()
	if stop != nil {
		stop()
	}
	if hold != nil {
		hold.Stop()
	}
	b.transport.CloseIdleConnections()
}

// watchAll starts the checks of every backend that has none yet, spread over
// the interval, as HAProxy does. Needs the lock.
func (f *fleet) watchAll() {
	if f.spec.Interval <= 0 {
		return
	}
	for i, b := range f.backends {
		if b.stop != nil {
			continue
		}
		ctx, stop := context.WithCancel(context.Background())
		b.stop = stop
		phase := f.spec.Interval * time.Duration(i) / time.Duration(len(f.backends))
		f.checks.Go(func() { f.watch(ctx, b, phase) })
	}
}

// watch checks one backend at a fixed rate, start to start. A check that takes
// longer than the interval is followed by the next one at once.
func (f *fleet) watch(ctx context.Context, b *backend, phase time.Duration) {
	timeout := f.spec.Timeout
	if timeout <= 0 {
		timeout = f.spec.Interval
	}
	first := time.NewTimer(phase)
	defer first.Stop()
	select {
	case <-ctx.Done():
		return
	case <-first.C:
	}
	tick := time.NewTicker(f.spec.Interval)
	defer tick.Stop()
	for {
		err := b.probe(ctx, timeout)
		if ctx.Err() != nil {
			return
		}
		f.checked(b, err)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// drain stops or resumes new requests to a server.
func (f *fleet) drain(name string, drained bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, b := range f.backends {
		if b.name == name {
			b.drained = drained
			return nil
		}
	}
	return fmt.Errorf("no server %q behind this balancer", name)
}
