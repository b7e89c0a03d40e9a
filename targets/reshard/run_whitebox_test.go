package reshard

import (
	"errors"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"rung/targets"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// calm is a world without faults.
func calm(seed uint64) settings {
	return settings{seed: seed, users: 24, routers: 3, method: targets.ShardModulo, batch: 5,
		patience: time.Second, slowest: 4 * time.Millisecond}
}

func TestMoveUnderLoad(t *testing.T) {
	for _, method := range targets.ShardMethods() {
		s := calm(1)
		s.method = method
		w, result, err := simulate(t, s)
		if err != nil || len(w.violations) > 0 {
			t.Fatalf("%s: %v, %q", method, err, w.violations)
		}
		if result.Keys == 0 || result.Retries > 0 || result.Rows < int64(result.Keys) || result.Erased < int64(result.Keys) || result.Hold <= 0 {
			t.Errorf("%s: %+v", method, result)
		}
		for _, what := range []string{"reads", "writes", "posts", "scans"} {
			if w.counts[what] == 0 {
				t.Errorf("%s: no %s: the test sees nothing", method, what)
			}
		}
	}
}

// TestMoveUnderFaults: whatever fails, no acknowledged write is lost, no read is
// stale, no user is nowhere and no post is listed twice or left out.
func TestMoveUnderFaults(t *testing.T) {
	moved, stuck, retries, restarts, failures := 0, 0, 0, 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		s := settings{
			seed:     rapid.Uint64().Draw(rt, "seed"),
			users:    rapid.IntRange(2, 30).Draw(rt, "users"),
			routers:  rapid.IntRange(1, 4).Draw(rt, "routers"),
			method:   rapid.SampledFrom(targets.ShardMethods()).Draw(rt, "method"),
			batch:    rapid.IntRange(1, 12).Draw(rt, "batch"),
			patience: time.Duration(rapid.IntRange(5, 500).Draw(rt, "patience")) * time.Millisecond,
			failures: rapid.Float64Range(0, 0.15).Draw(rt, "failures"),
			restarts: rapid.SampledFrom([]time.Duration{0, 100 * time.Millisecond, 300 * time.Millisecond}).Draw(rt, "restarts"),
			slowest:  time.Duration(rapid.IntRange(1, 20).Draw(rt, "slowest")) * time.Millisecond,
		}
		w, result, err := simulate(t, s)
		if len(w.violations) > 0 {
			rt.Fatalf("%+v, %v: %q", result, err, w.violations[:min(len(w.violations), 5)])
		}
		retries, restarts = retries+result.Retries, restarts+w.counts["restarts"]
		switch {
		case err == nil:
			moved++
		case errors.Is(err, ErrStuck):
			stuck++
		default:
			failures++
		}
	})
	t.Logf("%d moved, %d given up, %d stuck; %d retries, %d restarts", moved, failures, stuck, retries, restarts)
	if moved == 0 || retries == 0 || restarts == 0 {
		t.Error("the faults are too many, or too few")
	}
}

// TestBrokenRulesAreFound breaks one rule at a time, in many worlds.
func TestBrokenRulesAreFound(t *testing.T) {
	for _, row := range []struct {
		name   string
		damage func(*settings)
	}{
		{"copy before hold", func(s *settings) {
			s.steps = func(r *run) []step { return []step{r.copy, r.hold, r.confirm} }
		}},
		{"a hold that ends by itself, and nobody asks", func(s *settings) {
			s.steps = func(r *run) []step { return []step{r.hold, r.copy} }
			s.patience = 8 * time.Millisecond
		}},
		{"release before every router has switched", func(s *settings) { s.skipSwitch = true }},
		{"a restarted router serves before it has caught up", func(s *settings) {
			s.serveAtOnce, s.restarts = true, 20*time.Millisecond
		}},
	} {
		found := false
		for seed := uint64(0); seed < 200 && !found; seed++ {
			s := calm(seed)
			row.damage(&s)
			w, _, _ := simulate(t, s)
			if found = len(w.violations) > 0; found {
				t.Logf("%s: found in world %d: %s", row.name, seed+1, w.violations[0])
			}
		}
		if !found {
			t.Errorf("%s: nobody noticed", row.name)
		}
	}
}

// TestConfirmIsNeeded: a router that starts anew during the copy has lost its hold.
func TestConfirmIsNeeded(t *testing.T) {
	world := func(seed uint64) settings {
		s := calm(seed)
		s.serveAtOnce, s.restartsOnSteps, s.slowest = true, []targets.Phase{stepCopy}, 10*time.Millisecond
		return s
	}
	retries := 0
	for seed := range uint64(20) {
		w, result, err := simulate(t, world(seed))
		if err != nil || len(w.violations) > 0 {
			t.Fatalf("%v, %q", err, w.violations)
		}
		retries += result.Retries
	}
	if retries == 0 {
		t.Error("no confirm has failed")
	}
	found := false
	for seed := uint64(0); seed < 200 && !found; seed++ {
		s := world(seed)
		// Held again is not held all along.
		s.steps = func(r *run) []step { return []step{r.hold, r.copy, r.hold} }
		w, _, _ := simulate(t, s)
		found = len(w.violations) > 0
	}
	if !found {
		t.Error("without confirm nobody noticed either")
	}
}

// TestSwitchThatFails: the others go back, and the batch is tried again.
func TestSwitchThatFails(t *testing.T) {
	for seed := range uint64(10) {
		s := calm(seed)
		s.restartsOnSteps = []targets.Phase{targets.PhaseSwitch, targets.PhaseConfirm, targets.PhaseRelease, targets.PhaseHold}
		w, result, err := simulate(t, s)
		if err != nil || len(w.violations) > 0 || w.counts["restarts"] != 4 {
			t.Fatalf("%d restarts, %+v, %v, %q", w.counts["restarts"], result, err, w.violations)
		}
	}
}
