package scale_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rung/targets"
	"rung/targets/scale"
)

// site is a platform in fake time, under a load that the test sets. Servers
// take their time to start and to drain.
type site struct {
	t              *testing.T
	start          time.Time
	running        int
	mu             sync.Mutex
	load           float64 // in servers
	boot, drain    time.Duration
	fail           map[string]error
	calls, changes []string
	observed       []time.Duration
}

func (s *site) now() time.Duration { return time.Since(s.start) }

func (s *site) Observe(context.Context) (scale.Observation, error) {
	s.observed = append(s.observed, s.now())
	s.mu.Lock()
	defer s.mu.Unlock()
	use := min(s.load/float64(s.running), 1)
	return scale.Observation{At: time.Now(), Use: use, Running: s.running}, s.fail["observe"]
}

func (s *site) set(load float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.load = load
}

func (s *site) Start(ctx context.Context) error { return s.step(ctx, "start", s.boot, +1) }
func (s *site) Stop(ctx context.Context) error  { return s.step(ctx, "stop", s.drain, -1) }

func (s *site) step(ctx context.Context, what string, takes time.Duration, by int) error {
	s.calls = append(s.calls, fmt.Sprintf("%v %s", s.now(), what))
	if err := s.fail[what]; err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(takes):
	}
	s.running += by
	return nil
}

// deaf is a site that starts servers whatever its context says.
type deaf struct{ *site }

func (d deaf) Start(context.Context) error { return d.step(context.Background(), "start", d.boot, +1) }

func (s *site) changed(at time.Time, d scale.Decision, running int) {
	if d.Why == "" || running != s.running {
		s.t.Errorf("told of %d running because %q, %d are", running, d.Why, s.running)
	}
	s.changes = append(s.changes, fmt.Sprintf("%v %d", at.Sub(s.start), running))
}

// run plays a scenario while the loop runs, and returns what the loop did.
func run(t *testing.T, a targets.Autoscale, s *site, play func(until func(time.Duration), stop func())) error {
	t.Helper()
	var result error
	synctest.Test(t, func(t *testing.T) {
		s.t, s.start = t, time.Now()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		done := make(chan error, 1)
		go func() { done <- scale.Run(ctx, a, s, s.changed) }()
		play(func(at time.Duration) {
			time.Sleep(at - s.now()) // fake time: nothing waits
			synctest.Wait()
		}, cancel)
		cancel()
		result = <-done
	})
	return result
}

func wantSteps(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

func TestRunFollowsTheLoad(t *testing.T) {
	s := &site{running: 1, load: 0.6, boot: 10 * time.Second, drain: 2 * time.Second}
	err := run(t, spec(), s, func(until func(time.Duration), _ func()) {
		until(25 * time.Second)
		s.set(2.4) // wants 4
		until(105 * time.Second)
		s.set(0.6)
		until(300 * time.Second)
	})
	if err != nil {
		t.Error(err)
	}
	// Saturated at 30 s: 1 to 2. Then additions wait for 30 s from 40 s on:
	// looks at 50 s, 60 s, and at 70 s 2 to 4, which ends 20 s later. The load
	// falls at 105 s; 4 were last wanted at 100 s, so the first look later than
	// 160 s is the one at 170 s, also 60 s after the addition.
	wantSteps(t, "changes", s.changes, []string{"40s 2", "1m20s 3", "1m30s 4", "2m52s 3", "2m54s 2", "2m56s 1"})
	wantSteps(t, "calls", s.calls, []string{"30s start", "1m10s start", "1m20s start", "2m50s stop", "2m52s stop", "2m54s stop"})
	for i, at := range s.observed {
		if i > 0 && at-s.observed[i-1] < 10*time.Second {
			t.Errorf("observed at %v and %v: less than an interval", s.observed[i-1], at)
		}
	}
	for _, change := range []time.Duration{40 * time.Second, 90 * time.Second, 176 * time.Second} {
		if !slices.Contains(s.observed, change+10*time.Second) {
			t.Errorf("no look a whole interval after the change at %v: %v", change, s.observed)
		}
	}
}

func TestRunEnds(t *testing.T) {
	broken := errors.New("broken")
	for _, row := range []struct {
		name, fails, want string
		running           int
		load              float64
	}{
		{"observe fails", "observe", "autoscale: observe: broken", 1, 0.6},
		{"start fails", "start", "autoscale: start server 2: broken", 1, 1},
		{"stop fails", "stop", "autoscale: stop server 3: broken", 3, 0.1},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := &site{running: row.running, load: row.load, fail: map[string]error{row.fails: broken}}
			err := run(t, spec(), s, func(until func(time.Duration), _ func()) { until(200 * time.Second) })
			if err == nil || err.Error() != row.want || !errors.Is(err, broken) {
				t.Errorf("got %v, want %s", err, row.want)
			}
			if len(s.changes) > 0 {
				t.Errorf("told of %v", s.changes)
			}
		})
	}
	t.Run("no interval", func(t *testing.T) {
		if err := scale.Run(t.Context(), targets.Autoscale{}, &site{}, nil); err == nil {
			t.Error("no error")
		}
	})
	t.Run("while a server starts", func(t *testing.T) {
		s := &site{running: 1, load: 4, boot: time.Hour}
		err := run(t, spec(), s, func(until func(time.Duration), stop func()) {
			until(15 * time.Second)
			stop()
			synctest.Wait()
			if at := s.now(); at != 15*time.Second {
				t.Errorf("ended at %v", at)
			}
		})
		if err != nil || s.running != 1 || len(s.changes) > 0 {
			t.Errorf("got %v, %d running, told of %v", err, s.running, s.changes)
		}
	})
	t.Run("between two servers of one decision", func(t *testing.T) {
		s := &site{running: 3, load: 9, boot: 2 * time.Second}
		a := spec()
		err := run(t, a, s, func(until func(time.Duration), stop func()) {
			until(13 * time.Second) // the first of two is up at 12 s
			stop()
		})
		if err != nil || s.running != 4 {
			t.Errorf("got %v, %d running", err, s.running)
		}
	})
	t.Run("on a platform that does not heed it", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := &site{t: t, running: 3, load: 9}
			ctx, cancel := context.WithCancel(t.Context())
			err := scale.Run(ctx, spec(), deaf{s}, func(time.Time, scale.Decision, int) { cancel() })
			if err != nil || s.running != 4 {
				t.Errorf("got %v, %d running, want one started of two", err, s.running)
			}
		})
	})
	t.Run("nobody is told", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := &site{running: 1, load: 9}
			ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
			defer cancel()
			if err := scale.Run(ctx, spec(), s, nil); err != nil || s.running != 2 {
				t.Errorf("got %v, %d running", err, s.running)
			}
		})
	})
}
