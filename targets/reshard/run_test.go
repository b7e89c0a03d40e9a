package reshard_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rung/targets"
	"rung/targets/reshard"
)

var errBroken = errors.New("broken")

// script is a platform that writes down what it is told, and fails as it is told.
type script struct {
	calls []string
	fails func(call string, n int) bool // n counts the calls of that name from 1
	seen  map[string]int
	last  targets.Move
}

func (s *script) call(name string, m targets.Move) (reshard.Counts, error) {
	s.calls = append(s.calls, name)
	if s.seen == nil {
		s.seen = map[string]int{}
	}
	s.seen[name]++
	s.last = m
	if s.fails != nil && s.fails(name, s.seen[name]) {
		return nil, errBroken
	}
	return reshard.Counts{"users": int64(len(m.Users)), "rows": 10, "bytes": 100}, nil
}

func (s *script) Routers(_ context.Context, m targets.Move) error {
	_, err := s.call(string(m.Phase), m)
	return err
}

func (s *script) Copy(_ context.Context, m targets.Move) (reshard.Counts, error) {
	return s.call("copy", m)
}

func (s *script) Erase(_ context.Context, m targets.Move) (reshard.Counts, error) {
	return s.call("erase "+string(m.Phase), m)
}

// two is a plan of two batches.
func two(t *testing.T) (plan []targets.Move, to targets.Sharding) {
	t.Helper()
	to = shards(targets.ShardModulo, 3, 3)
	plan, err := reshard.Plan(shards(targets.ShardModulo, 2, 3), to, 6, 2)
	if err != nil || len(plan) != 2 {
		t.Fatalf("%v, %v", plan, err)
	}
	return plan, to
}

func TestSteps(t *testing.T) {
	const batch, aborted = "hold copy confirm switch release", "erase abort"
	rest := " " + batch + " erase release erase release"
	for _, row := range []struct {
		name  string
		fails func(call string, n int) bool
		want  string // * stands for repeated calls
		err   error
		keys  int
	}{
		{"all well", nil, batch + rest, nil, 4},
		{"hold fails once", func(c string, n int) bool { return c == "hold" && n == 1 }, "hold abort " + batch + rest, nil, 4},
		{"copy fails once", func(c string, n int) bool { return c == "copy" && n == 1 }, "hold copy abort " + batch + rest, nil, 4},
		{"confirm fails once", func(c string, n int) bool { return c == "confirm" && n == 1 }, "hold copy confirm abort " + batch + rest, nil, 4},
		{"abort fails once too", func(c string, n int) bool { return (c == "abort" || c == "copy") && n == 1 }, "hold copy abort abort " + batch + rest, nil, 4},
		{"switch fails once", func(c string, n int) bool { return c == "switch" && n == 1 }, "hold copy confirm switch switch release" + rest, nil, 4},
		{"switch fails for long: back, and again", func(c string, n int) bool { return c == "switch" && n <= 4 },
			"hold copy confirm switch switch switch switch hold abort " + batch + rest, nil, 4},
		{"release fails three times", func(c string, n int) bool { return c == "release" && n <= 3 },
			"hold copy confirm switch release release release release" + rest, nil, 4},
		{"erase fails once", func(c string, n int) bool { return c == "erase release" && n == 1 }, batch + rest + " erase release", nil, 4},
		{"hold never works", func(c string, _ int) bool { return c == "hold" }, strings.TrimSpace(strings.Repeat("hold abort ", 6)), errBroken, 0},
		{"copy never works", func(c string, _ int) bool { return c == "copy" }, strings.Repeat("hold copy abort ", 6) + aborted, errBroken, 0},
		{"the second copy never works", func(c string, n int) bool { return c == "copy" && n > 1 },
			batch + " " + strings.Repeat("hold copy abort ", 6) + aborted, errBroken, 2},
		{"release never works", func(c string, _ int) bool { return c == "release" },
			"hold copy confirm switch" + strings.Repeat(" release", 12), reshard.ErrStuck, 0},
		{"neither switch nor back", func(c string, n int) bool { return c == "switch" || c == "hold" && n > 1 },
			"hold copy confirm switch switch switch switch" + strings.Repeat(" hold", 12), reshard.ErrStuck, 0},
		{"erase never works", func(c string, _ int) bool { return c == "erase release" },
			batch + " " + batch + strings.Repeat(" erase release", 24), errBroken, 4},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				plan, to := two(t)
				s := &script{fails: row.fails}
				result, err := reshard.Run(t.Context(), plan, to, s, nil)
				if got := strings.Join(s.calls, " "); got != row.want {
					t.Errorf("calls are\n%s; want\n%s", got, row.want)
				}
				if !errors.Is(err, row.err) || result.Keys != row.keys {
					t.Errorf("%+v, %v; want %d users and %v", result, err, row.keys, row.err)
				}
				if row.err == nil && (result.Rows != 20 || result.Bytes != 200 || result.Erased != 20 || result.Batches != 2) {
					t.Errorf("%+v", result)
				}
			})
		})
	}
}

func TestTheShardingComesLast(t *testing.T) {
	plan, to := two(t)
	s := &watcher{}
	var progress []string
	if _, err := reshard.Run(t.Context(), plan, to, s, func(p reshard.Progress) {
		progress = append(progress, fmt.Sprintf("%d/%d %s %d", p.Batch, p.Batches, p.Phase, p.Keys))
	}); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(s.with, " "); got != "release" || s.patience != 10*time.Second {
		t.Errorf("the sharding came with %q; patience was %v", got, s.patience)
	}
	if got := strings.Join(progress, ", "); !strings.HasPrefix(got, "1/2 hold 0, 1/2 copy 0, 1/2 confirm 0, 1/2 switch 0, 1/2 release 0, 2/2 hold 2,") {
		t.Errorf("progress was %s", got)
	}
}

// watcher notes the phases with which a sharding comes.
type watcher struct {
	script
	with     []string
	patience time.Duration
}

func (w *watcher) Routers(ctx context.Context, m targets.Move) error {
	if m.Sharding != nil {
		w.with = append(w.with, string(m.Phase))
	}
	w.patience = m.Patience
	return w.script.Routers(ctx, m)
}

func TestNothingToMove(t *testing.T) {
	_, to := two(t)
	s := &script{}
	if _, err := reshard.Run(t.Context(), nil, to, s, nil); err != nil || strings.Join(s.calls, " ") != "release" || s.last.Sharding == nil {
		t.Errorf("%q, %v", s.calls, err)
	}
}

func TestEndOfTheContext(t *testing.T) {
	for phase, want := range map[string]string{
		"hold":    "hold abort",
		"copy":    "hold copy abort erase abort",
		"confirm": "hold copy confirm abort erase abort",
		// It is too late; the next batch is not begun in earnest.
		"switch": "hold copy confirm switch release hold abort",
	} {
		synctest.Test(t, func(t *testing.T) {
			plan, to := two(t)
			ctx, stop := context.WithCancel(t.Context())
			s := &script{}
			s.fails = func(call string, _ int) bool {
				if call == phase {
					stop()
				}
				return ctx.Err() != nil && (call == "hold" || call == "copy" || call == "confirm")
			}
			result, err := reshard.Run(ctx, plan, to, s, nil)
			if got := strings.Join(s.calls, " "); err == nil || got != want {
				t.Errorf("%s: %q, %+v, %v; want %q", phase, got, result, err, want)
			}
		})
	}
}

func TestPlansThatDoNotLeadThere(t *testing.T) {
	plan, to := two(t)
	wrong := targets.Move{Users: []int64{3}, To: []string{"s2"}}
	for name, plan := range map[string][]targets.Move{
		"a wrong way": {plan[0], wrong}, "no users": {{}}, "no place": {{Users: []int64{3}}},
	} {
		s := &script{}
		if _, err := reshard.Run(t.Context(), plan, to, s, nil); err == nil || len(s.calls) > 0 {
			t.Errorf("%s: %q, %v", name, s.calls, err)
		}
	}
}
