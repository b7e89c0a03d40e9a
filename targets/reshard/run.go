package reshard

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rung/targets"
	"rung/targets/shard"
)

// ErrStuck says that a batch could be brought neither forward nor back: some
// router does not answer. Nothing is lost; writes to the batch's users wait at some
// routers.
var ErrStuck = errors.New("stuck")

const (
	// attempts bounds the tries of one batch, steps those of one step that must
	// not fail, switches those of a switch: from there is a way back.
	attempts = 6
	steps    = 12
	switches = 4
	// pause is the wait before the second try, doubled each time up to longest.
	pause   = 20 * time.Millisecond
	longest = time.Second
	// patience bounds a batch from hold to confirm when the plan does not say.
	patience = 10 * time.Second
	// oneStep bounds a step after that.
	oneStep = 10 * time.Second
	// eraseTime bounds the erasure of one batch.
	eraseTime = time.Minute
	// unending is the patience of a hold that must not end by itself.
	unending = 24 * time.Hour
)

// Run carries out a plan of Plan, batch after batch, and lets the sharding to hold
// in the last release; an empty plan is that release only. A batch that fails is
// tried six times in all. After an error the released batches stay where they are,
// the others where they were, and no rows are erased at old shards; the Result
// counts what was done. Progress may be nil; it is called before each step.
//
// When ctx ends, the batch under way is aborted, or finished when it is too late
// for that.
func Run(ctx context.Context, plan []targets.Move, to targets.Sharding, p Platform, progress func(Progress)) (Result, error) {
	r := &run{platform: p, report: progress, to: to, plan: plan}
	r.prepare = []step{r.hold, r.copy, r.confirm}
	start := time.Now()
	err := r.all(ctx)
	r.result.Duration = time.Since(start)
	if err != nil {
		return r.result, fmt.Errorf("move users: %w", err)
	}
	return r.result, nil
}

// step is one step of a batch that nobody sees if it fails.
type step func(context.Context, targets.Move) error

type run struct {
	platform Platform
	report   func(Progress)
	plan     []targets.Move
	to       targets.Sharding
	prepare  []step // in this order, before the switch
	result   Result
	at       Progress
	copied   Counts // by the attempt under way
	touched  bool   // the batch's rows may be at its new shards
}

func (r *run) all(ctx context.Context) error {
	if err := r.check(); err != nil {
		return err
	}
	r.at.Batches = len(r.plan)
	for i, m := range r.plan {
		if m.Patience <= 0 {
			m.Patience = patience
		}
		if i == len(r.plan)-1 {
			m.Sharding = &r.to
		}
		r.at.Batch = i + 1
		if err := r.batch(ctx, m); err != nil {
			return fmt.Errorf("batch %d of %d: %w", i+1, len(r.plan), err)
		}
		r.result.Batches++
		r.result.Keys += len(m.Users)
		r.result.Rows += r.copied["rows"]
		r.result.Bytes += r.copied["bytes"]
		r.at.Keys = r.result.Keys
	}
	if len(r.plan) == 0 {
		return r.insist(ctx, targets.Move{Sharding: &r.to}, targets.PhaseRelease, steps)
	}
	return r.erase(ctx)
}

// check makes sure that the plan leads to the sharding: routers would refuse the
// last release otherwise.
func (r *run) check() error {
	to, err := shard.New(r.to)
	if err != nil {
		return err
	}
	for i, m := range r.plan {
		if len(m.Users) != len(m.To) || len(m.Users) == 0 {
			return fmt.Errorf("batch %d has %d users and %d shards", i+1, len(m.Users), len(m.To))
		}
		for k, user := range m.Users {
			if home := to.Home(user); home != m.To[k] {
				return fmt.Errorf("batch %d takes user %d to shard %q, the sharding to %q", i+1, user, m.To[k], home)
			}
		}
	}
	return nil
}

// batch tries to move a batch until it is moved, or stuck, or nothing more is to be
// hoped for.
func (r *run) batch(ctx context.Context, m targets.Move) error {
	var err error
	r.touched = false
	for try := range attempts {
		if try > 0 {
			r.result.Retries++
			if sleep(ctx, try) != nil {
				break
			}
		}
		if err = r.attempt(ctx, m); err == nil {
			return nil
		}
		r.at.Err = err
		if errors.Is(err, ErrStuck) {
			return err
		}
		if ctx.Err() != nil {
			break
		}
	}
	if !r.touched {
		return err
	}
	// Only now: the copy of a next attempt would have made the same rows again.
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), eraseTime)
	defer cancel()
	m.Phase = targets.PhaseAbort
	if _, fault := r.platform.Erase(last, m); fault != nil {
		err = fmt.Errorf("%w; and copies are left: %w", err, fault)
	}
	return err
}

// attempt moves a batch, or leaves everything as it was, unless it says ErrStuck.
func (r *run) attempt(ctx context.Context, m targets.Move) error {
	start := time.Now()
	defer func() { r.result.Hold = max(r.result.Hold, time.Since(start)) }()
	r.copied = nil
	bounded, cancel := context.WithTimeout(ctx, m.Patience)
	defer cancel()
	for _, prepare := range r.prepare {
		if err := prepare(bounded, m); err != nil {
			return errors.Join(err, r.abort(ctx, m))
		}
	}
	if err := r.insist(ctx, m, targets.PhaseSwitch, switches); err != nil {
		back := m
		back.Patience = unending // one that still reads the new shard must find nobody writing
		if late := r.insist(ctx, back, targets.PhaseHold, steps); late != nil {
			return fmt.Errorf("%w: %w; and back: %w", ErrStuck, err, late)
		}
		return errors.Join(err, r.abort(ctx, m))
	}
	if err := r.insist(ctx, m, targets.PhaseRelease, steps); err != nil {
		return fmt.Errorf("%w: %w", ErrStuck, err)
	}
	return nil
}

func (r *run) hold(ctx context.Context, m targets.Move) error {
	return r.tell(ctx, m, targets.PhaseHold)
}

func (r *run) confirm(ctx context.Context, m targets.Move) error {
	return r.tell(ctx, m, targets.PhaseConfirm)
}

func (r *run) copy(ctx context.Context, m targets.Move) (err error) {
	r.tellOf(stepCopy)
	r.touched = true
	if r.copied, err = r.platform.Copy(ctx, m); err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	return nil
}

// abort makes writes go on. A router that does not hear of it lets them wait until
// the next attempt, or until its hold ends.
func (r *run) abort(ctx context.Context, m targets.Move) error {
	if err := r.insist(ctx, m, targets.PhaseAbort, steps); err != nil {
		return fmt.Errorf("some writes wait longer: %w", err)
	}
	return nil
}

// erase deletes what is at the old shards.
func (r *run) erase(ctx context.Context) error {
	var errs []error
	for i, m := range r.plan {
		r.at.Batch = i + 1
		m.Phase = targets.PhaseRelease
		var counts Counts
		err := r.repeat(ctx, steps, eraseTime, func(ctx context.Context) (err error) {
			r.tellOf(stepErase)
			counts, err = r.platform.Erase(ctx, m)
			return err
		})
		r.result.Erased += counts["rows"]
		if err != nil {
			errs = append(errs, fmt.Errorf("all users have moved, but old rows of batch %d are left: %w", i+1, err))
		}
	}
	return errors.Join(errs...)
}

// tell makes the routers carry out a phase.
func (r *run) tell(ctx context.Context, m targets.Move, phase targets.Phase) error {
	r.tellOf(phase)
	m.Phase = phase
	if phase != targets.PhaseRelease {
		m.Sharding = nil
	}
	if err := r.platform.Routers(ctx, m); err != nil {
		return fmt.Errorf("%s: %w", phase, err)
	}
	return nil
}

// insist tells again until it is done, also when ctx has ended.
func (r *run) insist(ctx context.Context, m targets.Move, phase targets.Phase, tries int) error {
	return r.repeat(context.WithoutCancel(ctx), tries, oneStep, func(ctx context.Context) error { return r.tell(ctx, m, phase) })
}

// repeat calls until it is done, each time for a while.
func (r *run) repeat(ctx context.Context, tries int, each time.Duration, call func(context.Context) error) error {
	for try := 0; ; try++ {
		bounded, cancel := context.WithTimeout(ctx, each)
		err := call(bounded)
		cancel()
		if err == nil {
			return nil
		}
		r.at.Err = err
		if try == tries-1 || sleep(ctx, try+1) != nil {
			return fmt.Errorf("%d tries: %w", try+1, err)
		}
		r.result.Retries++
	}
}

func (r *run) tellOf(phase targets.Phase) {
	if r.report != nil {
		r.at.Phase = phase
		r.report(r.at)
	}
	r.at.Err = nil
}

// sleep waits before a try, which counts from 1.
func sleep(ctx context.Context, try int) error {
	wait := time.NewTimer(min(pause<<min(try-1, 10), longest))
	defer wait.Stop()
	select {
	case <-wait.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
