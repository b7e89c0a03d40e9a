package shard

import (
	"fmt"
	"slices"
	"time"

	"rung/targets"
)

// startHold makes new writes wait.
func (r *Router) startHold(m targets.Move) (*batch, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	v := r.view.Load()
	b := r.find(m)
	if b == nil || b.state == expired {
		for _, user := range m.Users {
			if v.held[user].batch != nil {
				return nil, fmt.Errorf("user %d is in another batch that is held", user)
			}
		}
		r.forget(b)
		if len(r.batches) >= maxBatches {
			return nil, fmt.Errorf("%d batches are held: no room for another", len(r.batches))
		}
		b = newBatch(m)
		r.batches = append(r.batches, b)
	}
	next := v.hold(b, nil)
	switch b.state {
	case switched:
		next.version++
		b.state = held // writes never went on
	case confirmed:
		b.state = held
	}
	r.view.Store(next)
	r.limit(b, m.Patience)
	return b, nil
}

// limit makes a hold end by itself.
func (r *Router) limit(b *batch, patience time.Duration) {
	if patience <= 0 {
		patience = defaultPatience
	}
	if b.timer != nil {
		b.timer.Stop()
	}
	var timer *time.Timer
	timer = time.AfterFunc(patience, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if b.timer == timer && (b.state == holding || b.state == held) {
			r.end(b, expired)
		}
	})
	b.timer = timer
}

func (r *Router) abort(m targets.Move) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if b := r.find(m); b != nil {
		if b.state != expired {
			r.end(b, expired)
		}
		r.forget(b)
	}
}

// end lets writes go on as before the batch. The mutex is held.
func (r *Router) end(b *batch, as state) {
	if b.state == expired {
		return
	}
	next := r.view.Load().free(b)
	if b.state == switched {
		next.version++
	}
	b.state = as
	b.timer.Stop()
	r.view.Store(next)
	close(b.ended)
}

// find returns the batch of a move, or nil. The mutex is held.
func (r *Router) find(m targets.Move) *batch {
	for _, b := range r.batches {
		if b.is(m) {
			return b
		}
	}
	return nil
}

// forget drops a batch, and the oldest of those that ended by themselves when there
// are many. The mutex is held.
func (r *Router) forget(b *batch) {
	r.batches = slices.DeleteFunc(r.batches, func(x *batch) bool { return x == b })
	if len(r.batches) >= maxBatches {
		if i := slices.IndexFunc(r.batches, func(x *batch) bool { return x.state == expired }); i >= 0 {
			r.batches = slices.Delete(r.batches, i, i+1)
		}
	}
}
