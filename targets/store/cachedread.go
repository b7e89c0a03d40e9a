package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// reading is one read of a key through the cache.
type reading[T any] struct {
	store *CachedStore
	node  *cacheNode // nil without nodes
	key   string
	load  func(context.Context) (T, Timing, error)
	// answered says that the node was asked and has not got the key.
	answered bool
}

// landed is what a reading found in the store behind.
type landed[T any] struct {
	value T
	took  Timing // Cache is the fill's
	err   error
}

func readThrough[T any](ctx context.Context, c *CachedStore, group *flights[T], key string,
	load func(context.Context) (T, Timing, error)) (value T, took Timing, err error) {
	start := time.Now()
	var look Timing // the cache's part
	defer func() {
		took.Total, took.Cache = time.Since(start), took.Cache+look.Cache
		if look.Outcome != "" {
			took.Outcome = look.Outcome
		}
		if look.Outcome == OutcomeHit {
			took.Cache = took.Total // decoding included
		}
	}()
	if err := ctx.Err(); err != nil {
		return value, took, fmt.Errorf("read %s: %w", key, err)
	}
	if !c.enter() {
		return value, took, fmt.Errorf("read %s: %w", key, errKVClosed)
	}
	defer c.running.Done()

	var f *flight[T]
	if c.config.Coalesce {
		// Before the look into the cache: whoever misses there has either a read
		// to share that ends after this moment, or begins one.
		f = group.join(key)
		defer group.leave(f)
	}
	r := &reading[T]{store: c, node: c.nodes[c.ring.Locate(key)], key: key, load: load}
	found, err := r.look(ctx, &value, &look)
	if found || err != nil {
		return value, took, err
	}
	if f == nil {
		l := r.land(ctx)
		return l.value, l.took, l.err
	}
	return r.share(ctx, group, f, &look)
}

// look asks the cache. An error is the end of the caller's context; whatever is wrong
// with the cache is a miss.
func (r *reading[T]) look(ctx context.Context, into *T, took *Timing) (found bool, err error) {
	counts := &r.store.counts
	if r.node == nil {
		counts.misses.Add(1)
		return false, nil
	}
	start := time.Now()
	text, got := r.node.get(ctx, r.key)
	took.Cache = time.Since(start)
	took.Outcome = OutcomeMiss
	switch got {
	case hit:
		var value T
		if json.Unmarshal(text, &value) == nil {
			counts.hits.Add(1)
			*into, took.Outcome = value, OutcomeHit
			return true, nil
		}
		counts.errors.Add(1) // not ours: written over
		r.answered = true
	case miss:
		r.answered = true
	case failed:
		if err := ctx.Err(); err != nil {
			took.Outcome = "" // nobody knows
			return false, fmt.Errorf("read %s: %w", r.key, err)
		}
		counts.errors.Add(1)
	case skipped:
		took.Outcome = OutcomeSkipped
		counts.skips.Add(1)
	}
	counts.misses.Add(1)
	return false, nil
}

// share begins the flight's read of the store behind, or waits for the one that
// another request has begun. The read has a context of its own, which ends when
// every request that waits for it has gone: one client that hangs up does not
// fail the others.
func (r *reading[T]) share(ctx context.Context, group *flights[T], f *flight[T], look *Timing) (value T, took Timing, err error) {
	shared, first := group.begin(ctx, f)
	if first {
		r.store.running.Add(1) // this call is running, so the store is not waited for yet
		go func() {
			defer r.store.running.Done()
			group.land(f, r.land(shared))
		}()
	}
	select {
	case <-f.done:
	case <-ctx.Done():
		return value, took, fmt.Errorf("read %s: %w", r.key, ctx.Err())
	}
	if first {
		return f.landed.value, f.landed.took, f.landed.err
	}
	look.Outcome = OutcomeShared
	r.store.counts.coalesced.Add(1)
	return f.landed.value, took, f.landed.err
}

// land reads the store behind and puts what it found into the cache, unless the node
// did not answer just now: one wait for a node that is down is enough.
func (r *reading[T]) land(ctx context.Context) landed[T] {
	fence := r.store.fence(r.key)
	height := fence.look()
	r.store.counts.loads.Add(1)
	var l landed[T]
	l.value, l.took, l.err = r.load(ctx)
	if l.err != nil || !r.answered {
		return l
	}
	text, err := json.Marshal(l.value)
	if err != nil {
		l.err = fmt.Errorf("encode %s: %w", r.key, err)
		return l
	}
	start := time.Now()
	if fence.pass(height) {
		defer fence.leave()
		// The context's end would not take back what was sent, and whether it
		// arrives before a Forget would be anyone's guess.
		if !r.node.set(context.WithoutCancel(ctx), r.key, text, r.store.lifetime()) {
			r.store.counts.errors.Add(1)
		}
	}
	l.took.Cache += time.Since(start)
	return l
}

// lifetime draws how long the next entry lives; 0 is until it is evicted.
func (c *CachedStore) lifetime() time.Duration {
	if c.config.TTL <= 0 {
		return 0
	}
	c.drawing.Lock()
	part := c.dice.Float64()
	c.drawing.Unlock()
	d := time.Duration(float64(c.config.TTL) * (1 - c.config.Jitter*part))
	return max(d, time.Millisecond) // RESP has nothing shorter
}
