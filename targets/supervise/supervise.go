package supervise

import (
	"context"
	"errors"
	"sync"
	"time"

	"rung/targets"
)

// Platform is what a supervisor works on. It must be safe for concurrent use.
type Platform interface {
	// Check returns nil when the node answers.
	Check(ctx context.Context, node string) error
	// Replace puts a new node in the place of a dead one and returns when it
	// serves.
	Replace(ctx context.Context, node string) error
}

// Run checks every node of the specification each Interval, and has the
// platform replace one that failed Fall checks in a row, until ctx ends; then
// it returns ctx's error. Failed checks are counted, not time: a supervisor
// that was asleep holds nobody for dead because of one late check. A
// replacement has Patience, and is tried again each Interval after it failed;
// other nodes are watched meanwhile.
//
// After each step changed is called, if it is not nil, by one goroutine at a
// time. It must not block.
func Run(ctx context.Context, spec targets.Supervisor, p Platform, changed func(Event)) error {
	if spec.Interval <= 0 || spec.Timeout <= 0 || spec.Fall < 1 || spec.Patience <= 0 {
		return errors.New("supervise: interval, timeout, fall and patience must be positive")
	}
	var mu sync.Mutex
	tell := func(node, what string, err error) {
		if changed == nil {
			return
		}
		e := Event{At: time.Now(), Node: node, What: what}
		if err != nil {
			e.Cause = err.Error()
		}
		mu.Lock()
		defer mu.Unlock()
		changed(e)
	}
	var all sync.WaitGroup
	for _, node := range spec.Nodes {
		w := watch{spec: spec, platform: p, node: node, tell: tell}
		all.Go(func() { w.run(ctx) })
	}
	all.Wait()
	return context.Cause(ctx)
}

// watch is the supervision of one node.
type watch struct {
	spec     targets.Supervisor
	platform Platform
	node     string
	tell     func(node, what string, err error)
}

func (w watch) run(ctx context.Context) {
	tick := time.NewTicker(w.spec.Interval)
	defer tick.Stop()
	failed := 0
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := w.check(ctx)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			failed = 0
			continue
		}
		if failed++; failed < w.spec.Fall {
			if failed == 1 {
				w.tell(w.node, "suspect", err)
			}
			continue
		}
		if failed == w.spec.Fall {
			w.tell(w.node, "dead", err)
		}
		if w.replace(ctx) {
			failed = 0
		}
	}
}

func (w watch) check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, w.spec.Timeout)
	defer cancel()
	return w.platform.Check(ctx, w.node)
}

func (w watch) replace(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, w.spec.Patience)
	defer cancel()
	w.tell(w.node, "replacing", nil)
	if err := w.platform.Replace(ctx, w.node); err != nil {
		w.tell(w.node, "failed", err)
		return false
	}
	w.tell(w.node, "replaced", nil)
	return true
}
