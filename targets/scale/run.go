package scale

import (
	"context"
	"fmt"
	"time"

	"rung/targets"
)

// Platform is what starts and stops servers.
type Platform interface {
	// Observe measures the tier now; its use over the last interval.
	Observe(ctx context.Context) (Observation, error)
	// Start adds one server and returns when it serves and is given requests.
	Start(ctx context.Context) error
	// Stop removes one server: it gets no more requests, finishes those it
	// has, and ends.
	Stop(ctx context.Context) error
}

// Run observes a platform every spec.Interval, for the first time after one,
// and starts and stops servers as the Scaler decides, until ctx is done; then
// it returns nil. Several servers of one decision follow each other. After a
// change a whole interval passes before the next observation, so that what it
// measures is the tier as it is now.
//
// After each step changed is called, if it is not nil: with the time, the
// decision and how many run from then on. It must not block.
//
// An error of the platform ends it and is returned, as is an interval that is
// not positive.
func Run(ctx context.Context, spec targets.Autoscale, p Platform, changed func(at time.Time, d Decision, running int)) error {
	if spec.Interval <= 0 {
		return fmt.Errorf("autoscale: interval is %v: it must be positive", spec.Interval)
	}
	l := &loop{scaler: New(spec), platform: p, changed: changed}
	tick := time.NewTicker(spec.Interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		stepped, err := l.round(ctx)
		if ctx.Err() != nil {
			return nil // what failed now failed because of that
		}
		if err != nil {
			return fmt.Errorf("autoscale: %w", err)
		}
		if stepped {
			tick.Reset(spec.Interval)
		}
	}
}

type loop struct {
	scaler   *Scaler
	platform Platform
	changed  func(at time.Time, d Decision, running int)
}

// round is one decision, carried out.
func (l *loop) round(ctx context.Context) (stepped bool, err error) {
	o, err := l.platform.Observe(ctx)
	if err != nil {
		return false, fmt.Errorf("observe: %w", err)
	}
	d := l.scaler.Decide(o)
	for running := o.Running; running != d.Wanted; {
		if running < d.Wanted {
			if err := l.platform.Start(ctx); err != nil {
				return stepped, fmt.Errorf("start server %d: %w", running+1, err)
			}
			running++
		} else {
			if err := l.platform.Stop(ctx); err != nil {
				return stepped, fmt.Errorf("stop server %d: %w", running, err)
			}
			running--
		}
		now := time.Now()
		l.scaler.Changed(now)
		if stepped = true; l.changed != nil {
			l.changed(now, d, running)
		}
		if err := ctx.Err(); err != nil {
			return stepped, err
		}
	}
	return stepped, nil
}
