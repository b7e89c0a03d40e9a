package machine

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"rung/targets"
	"rung/targets/clock"
)

// resource runs a queue on a clock.
type resource struct {
	clk   *clock.Clock
	epoch time.Time
	slots int

	mu       sync.Mutex
	queue    *queue // nil when there are no slots: not emulated
	random   *rand.Rand
	accounts map[string]*account
}

func newResource(clk *clock.Clock, epoch time.Time, spec targets.Resource, quantum time.Duration, seed, stream uint64) *resource {
	r := &resource{clk: clk, epoch: epoch, slots: spec.Slots, accounts: map[string]*account{}}
	if spec.Slots > 0 {
		r.queue = newQueue(spec.Slots, spec.Queue, quantum)
		r.random = rand.New(rand.NewPCG(seed, stream))
	}
	return r
}

// account returns the account of a role.
func (r *resource) account(role string) *account {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.accounts[role]
	if a == nil {
		a = &account{}
		r.accounts[role] = a
	}
	return a
}

func (r *resource) use(ctx context.Context, law targets.Law, a *account) (Span, error) {
	if err := ctx.Err(); err != nil {
		return Span{}, err
	}
	if r.queue == nil || law.Mean <= 0 {
		return Span{}, nil
	}
	j := &job{account: a}
	demand, until, ok := r.admit(law, j)
	if !ok {
		return Span{}, ErrFull
	}
	for {
		// Absolute times, computed by the queue: the clock's wake-up errors
		// do not add up over the pieces of a job.
		if err := r.clk.Until(ctx, r.epoch.Add(until)); err != nil {
			r.abandon(j)
			return Span{}, err
		}
		var queued time.Duration
		var done bool
		if queued, until, done = r.proceed(j); done {
			return Span{Queued: queued, Served: demand}, nil
		}
	}
}

// admit draws the demand and puts the job in line, at the present time. The
// time is taken under the lock: arrivals must be in order.
func (r *resource) admit(law targets.Law, j *job) (demand, until time.Duration, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	demand = Sample(law, r.random)
	ok = r.queue.offer(time.Since(r.epoch), demand, j)
	return demand, j.soonest(), ok
}

func (r *resource) proceed(j *job) (queued, until time.Duration, done bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.queue.advance(time.Since(r.epoch))
	return j.queued, j.soonest(), j.done
}

func (r *resource) abandon(j *job) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.queue.advance(time.Since(r.epoch))
	r.queue.abandon(j)
}

func (r *resource) usage() targets.Usage {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.queue == nil {
		return targets.Usage{}
	}
	q := r.queue
	q.advance(time.Since(r.epoch))
	running := map[*account]time.Duration{}
	busy := q.used(func(a *account, d time.Duration) { running[a] += d })
	byRole := make(map[string]time.Duration, len(r.accounts))
	for role, a := range r.accounts {
		byRole[role] = a.busy + running[a]
	}
	return targets.Usage{
		Slots: r.slots, Busy: busy,
		Served: q.served, Refused: q.refused, Waited: q.waited,
		Queue: q.waiting.len(), Peak: q.peak, ByRole: byRole,
	}
}
