package supervise_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"rung/targets"
	"rung/targets/supervise"
)

// site is a platform whose nodes die at times.
type site struct {
	mu       sync.Mutex
	dead     map[string]bool
	replaced []string
	refuse   int // replacements that fail
	took     time.Duration
}

func (s *site) Check(ctx context.Context, node string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dead[node] {
		return errors.New("refused")
	}
	return nil
}

func (s *site) Replace(ctx context.Context, node string) error {
	time.Sleep(s.took)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuse > 0 {
		s.refuse--
		return errors.New("no machine is left")
	}
	s.dead[node] = false
	s.replaced = append(s.replaced, node)
	return nil
}

func spec(nodes ...string) targets.Supervisor {
	return targets.Supervisor{Nodes: nodes, Interval: time.Second, Timeout: time.Second, Fall: 3, Patience: 10 * time.Second}
}

// supervised runs a supervisor for a time of the fake clock and returns its
// events by what happened.
func supervised(t *testing.T, s *site, spec targets.Supervisor, length time.Duration, during func()) map[string][]time.Duration {
	t.Helper()
	start, events := time.Now(), map[string][]time.Duration{}
	ctx, cancel := context.WithTimeout(t.Context(), length)
	defer cancel()
	go during()
	if err := supervise.Run(ctx, spec, s, func(e supervise.Event) {
		events[e.What] = append(events[e.What], e.At.Sub(start))
	}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Run: %v", err)
	}
	synctest.Wait()
	return events
}

// A dead node is replaced after at least (Fall-1) and at most Fall intervals,
// whenever it dies; one that answers never is.
func TestDeadNodesAreReplaced(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		dies := time.Duration(rapid.Int64Range(1, int64(5*time.Second)).Draw(r, "dies"))
		synctest.Test(t, func(t *testing.T) {
			s := &site{dead: map[string]bool{}}
			events := supervised(t, s, spec("a", "b"), 15*time.Second, func() {
				time.Sleep(dies)
				s.mu.Lock()
				s.dead["a"] = true
				s.mu.Unlock()
			})
			if !slices.Equal(s.replaced, []string{"a"}) {
				t.Fatalf("died at %v: replaced %q", dies, s.replaced)
			}
			if took := events["dead"][0] - dies; took < 2*time.Second || took > 3*time.Second {
				t.Fatalf("died at %v: found dead after %v, want 2s to 3s", dies, took)
			}
		})
	})
}

func TestReplacementIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &site{dead: map[string]bool{"a": true}, refuse: 2}
		events := supervised(t, s, spec("a"), 20*time.Second, func() {})
		if len(events["failed"]) != 2 || len(events["replaced"]) != 1 || len(events["dead"]) != 1 {
			t.Errorf("events %v, want dead once, failed twice, replaced once", events)
		}
	})
}

// While one node is replaced, another one is watched.
func TestOthersAreWatchedMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &site{dead: map[string]bool{"a": true, "b": true}, took: 5 * time.Second}
		events := supervised(t, s, spec("a", "b"), 20*time.Second, func() {})
		if got := events["replaced"]; len(got) != 2 || got[1]-got[0] > time.Second {
			t.Errorf("replaced at %v, want both at about the same time", got)
		}
	})
}

func TestUnusableSupervisor(t *testing.T) {
	if err := supervise.Run(t.Context(), targets.Supervisor{Nodes: []string{"a"}}, &site{}, nil); err == nil {
		t.Error("a supervisor without an interval runs")
	}
}

// fleet notes what is done to it.
type fleet struct {
	steps []string
	fail  string
}

func (f *fleet) do(step string) error {
	f.steps = append(f.steps, step)
	if step == f.fail {
		return errors.New("broken")
	}
	return nil
}

func (f *fleet) Leave(_ context.Context, n string) error { return f.do("leave " + n) }
func (f *fleet) Stop(_ context.Context, n string) error  { return f.do("stop " + n) }
func (f *fleet) Start(_ context.Context, n string) error { return f.do("start " + n) }
func (f *fleet) Join(_ context.Context, n string) error  { return f.do("join " + n) }

func TestRolling(t *testing.T) {
	for _, row := range []struct{ name, fail, want string }{
		{"all well", "", "leave a, stop a, start a, join a, leave b, stop b, start b, join b"},
		{"cannot leave", "leave b", "leave a, stop a, start a, join a, leave b, join b"},
		{"cannot stop", "stop a", "leave a, stop a, join a"},
		{"cannot start", "start a", "leave a, stop a, start a"},
		{"cannot join", "join a", "leave a, stop a, start a, join a, join a"},
	} {
		t.Run(row.name, func(t *testing.T) {
			f := &fleet{fail: row.fail}
			var last supervise.Event
			err := supervise.Rolling(t.Context(), []string{"a", "b"}, f, func(e supervise.Event) { last = e })
			if got := strings.Join(f.steps, ", "); got != row.want {
				t.Errorf("did %s, want %s", got, row.want)
			}
			if (err != nil) != (row.fail != "") || (last.What == "failed") != (err != nil) {
				t.Errorf("error %v, last event %+v", err, last)
			}
		})
	}
}
