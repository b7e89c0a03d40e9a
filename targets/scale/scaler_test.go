package scale_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"rung/targets"
	"rung/targets/scale"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var start = time.Unix(1_700_000_000, 0)

// spec is 1 to 6 servers, aimed at 60% within 10%, up after 30 s, down after
// 60 s, decided on every 10 s.
func spec() targets.Autoscale {
	return targets.Autoscale{Min: 1, Max: 6, Target: 0.6, Tolerance: 0.1,
		Interval: 10 * time.Second, UpAfter: 30 * time.Second, DownAfter: 60 * time.Second}
}

// TestRule is the formula and its bounds, at the first decision.
func TestRule(t *testing.T) {
	for _, row := range []struct {
		name    string
		use     float64
		running int
		change  func(*targets.Autoscale)
		want    int
		why     string
	}{
		{"as aimed at", 0.6, 3, nil, 3, "within the tolerance of 0.10"},
		{"at the upper end of the tolerance", 0.66, 3, nil, 3, "within the tolerance"},
		{"above it", 0.67, 3, nil, 4, "3 running at use 0.67, aimed at is 0.60: 4 wanted"},
		{"at the lower end", 0.54, 3, nil, 3, "within the tolerance"},
		{"saturated: 1/target", 1, 3, nil, 5, "5 wanted"},
		{"more than full is full", 7, 3, nil, 5, "5 wanted"},
		{"one saturated", 1, 1, nil, 2, "2 wanted"},
		{"at most max", 1, 5, nil, 6, "9 wanted; at most 6 run"},
		{"a whole number stays whole", 0.56, 5, func(a *targets.Autoscale) { a.Target, a.DownAfter = 0.7, 0 }, 4, "4 wanted"},
		{"at least min", 0, 3, func(a *targets.Autoscale) { a.DownAfter = 0 }, 1, "0 wanted; at least 1 run"},
		{"nobody runs", 0, 0, func(a *targets.Autoscale) { a.Min = 2 }, 2, "at least 2 run"},
		{"no figure", math.NaN(), 3, nil, 3, "no figure"},
		{"no figure and too few", math.NaN(), 0, nil, 1, "no figure of the use; at least 1 run"},
		{"more than max run", 0.6, 9, nil, 6, "at most 6 run"},
		{"a high target with its tolerance never adds", 1, 3, func(a *targets.Autoscale) { a.Target = 0.95 }, 3, "within the tolerance"},
		{"a tiny target", 1, 5, func(a *targets.Autoscale) { a.Target = 1e-300 }, 6, "at most 6 run"},
		{"idle at the start: as many as were found", 0, 4, nil, 4, "0 wanted; at least 1 run, but 4 were within the last 1m0s"},
	} {
		t.Run(row.name, func(t *testing.T) {
			a := spec()
			if row.change != nil {
				row.change(&a)
			}
			d := scale.New(a).Decide(scale.Observation{At: start, Use: row.use, Running: row.running})
			if d.Wanted != row.want || !strings.Contains(d.Why, row.why) {
				t.Errorf("wanted %d because %q; want %d because %q", d.Wanted, d.Why, row.want, row.why)
			}
		})
	}
	d := scale.New(spec()).Decide(scale.Observation{At: start, Use: 1, Running: 1, Queue: 37})
	if !strings.Contains(d.Why, "37 requests wait") || d.Wanted != 2 {
		t.Errorf("with a queue: %+v", d)
	}
}

// step is one observation in a scenario and what is to come of it. Decisions
// are carried out at once.
type step struct {
	at     time.Duration
	use    float64
	want   int
	reason string
}

func TestCoolDowns(t *testing.T) {
	for _, row := range []struct {
		name    string
		running int
		steps   []step
	}{
		{"additions wait for the last one", 1, []step{
			{0, 1, 2, "2 wanted"},
			{10 * time.Second, 1, 2, "4 wanted, but the last change was 10s ago and additions wait for 30s"},
			{29 * time.Second, 1, 2, "29s ago"},
			{30 * time.Second, 1, 4, "4 wanted"},
			{60 * time.Second, 1, 6, "at most 6"},
		}},
		{"removals wait for the last addition", 1, []step{
			{0, 1, 2, ""},
			{30 * time.Second, 0.01, 2, "1 wanted, but the last addition was 30s ago and removals wait for 1m0s"},
			{59 * time.Second, 0.01, 2, "59s ago"},
			{61 * time.Second, 0.01, 1, "1 wanted"},
		}},
		{"a dip in the load removes nobody", 4, []step{
			{0, 0.6, 4, "tolerance"},
			{20 * time.Second, 0.6, 4, "tolerance"},
			{70 * time.Second, 0.1, 4, "1 wanted, but 4 were within the last 1m0s"},
			{80 * time.Second, 0.6, 4, "tolerance"},
			{140 * time.Second, 0.1, 4, "but 4 were"},
			{141 * time.Second, 0.1, 1, "1 wanted"},
		}},
		{"removal goes down to the highest of the window", 6, []step{
			{0, 0.6, 6, ""},
			{30 * time.Second, 0.3, 6, "3 wanted, but 6 were"},
			{50 * time.Second, 0.1, 6, "1 wanted, but 6 were"},
			{61 * time.Second, 0.1, 3, "1 wanted, but 3 were"}, // the 3 of 31 s ago
			{91 * time.Second, 0.01, 1, "1 wanted"},
		}},
		{"an addition soon after a removal waits", 4, []step{
			{0, 0.15, 4, "1 wanted, but 4"},
			{61 * time.Second, 0.15, 1, "1 wanted"},
			{71 * time.Second, 1, 1, "2 wanted, but the last change was 10s ago"},
			{91 * time.Second, 1, 2, "2 wanted"},
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			s, running := scale.New(spec()), row.running
			for _, step := range row.steps {
				d := s.Decide(scale.Observation{At: start.Add(step.at), Use: step.use, Running: running})
				if d.Wanted != step.want || !strings.Contains(d.Why, step.reason) {
					t.Fatalf("at %v: wanted %d because %q; want %d because %q", step.at, d.Wanted, d.Why, step.want, step.reason)
				}
				running = d.Wanted
			}
		})
	}
}

// TestChanged: cool-downs begin when a change is done.
func TestChanged(t *testing.T) {
	s := scale.New(spec())
	decide := func(at time.Duration, use float64, running, want int) {
		t.Helper()
		if d := s.Decide(scale.Observation{At: start.Add(at), Use: use, Running: running}); d.Wanted != want {
			t.Fatalf("at %v: wanted %d because %q, want %d", at, d.Wanted, d.Why, want)
		}
	}
	decide(0, 1, 1, 2)
	s.Changed(start.Add(20 * time.Second)) // it took 20 s to boot
	s.Changed(start.Add(5 * time.Second))  // of no effect: it is past
	decide(40*time.Second, 1, 2, 2)
	decide(50*time.Second, 1, 2, 4)
	s.Changed(start.Add(70 * time.Second))
	decide(129*time.Second, 0.01, 4, 4) // 59 s after the addition was done
	decide(130*time.Second, 0.01, 4, 1)
	s.Changed(start.Add(140 * time.Second)) // drained
	decide(165*time.Second, 1, 1, 1)
	decide(170*time.Second, 1, 1, 2)
}

// TestByAnotherHand: a server that somebody else added is an addition, one
// that died does not hold its replacement back.
func TestByAnotherHand(t *testing.T) {
	s := scale.New(spec())
	s.Decide(scale.Observation{At: start, Use: 0.6, Running: 2})
	if d := s.Decide(scale.Observation{At: start.Add(100 * time.Second), Use: 0.1, Running: 3}); d.Wanted != 3 {
		t.Errorf("just added: %+v", d)
	}
	if d := s.Decide(scale.Observation{At: start.Add(110 * time.Second), Use: 1, Running: 3}); d.Wanted != 3 {
		t.Errorf("10s after: %+v", d)
	}
	if d := s.Decide(scale.Observation{At: start.Add(140 * time.Second), Use: 0.9, Running: 2}); d.Wanted != 3 {
		t.Errorf("one died: %+v", d)
	}
}

// TestMinimumDoesNotWait: below it, servers are added at once, as many as it
// says.
func TestMinimumDoesNotWait(t *testing.T) {
	a := spec()
	a.Min = 3
	s := scale.New(a)
	s.Decide(scale.Observation{At: start, Use: 0.9, Running: 3})
	if d := s.Decide(scale.Observation{At: start.Add(time.Second), Use: 1, Running: 2}); d.Wanted != 3 || !strings.Contains(d.Why, "additions wait") {
		t.Errorf("1s after an addition and two died: %+v, want the minimum of 3 of the 4 wanted", d)
	}
	if d := s.Decide(scale.Observation{At: start.Add(2 * time.Second), Use: 0.6, Running: 2}); d.Wanted != 3 {
		t.Errorf("within the tolerance: %+v, want the minimum of 3", d)
	}
}

func anySpec() *rapid.Generator[targets.Autoscale] {
	return rapid.Custom(func(t *rapid.T) targets.Autoscale {
		low := rapid.IntRange(1, 4).Draw(t, "min")
		return targets.Autoscale{
			Min: low, Max: rapid.IntRange(low, 20).Draw(t, "max"),
			Target: rapid.Float64Range(0.05, 1).Draw(t, "target"), Tolerance: rapid.Float64Range(0, 0.5).Draw(t, "tolerance"),
			UpAfter:   time.Duration(rapid.IntRange(0, 60).Draw(t, "up")) * time.Second,
			DownAfter: time.Duration(rapid.IntRange(0, 300).Draw(t, "down")) * time.Second,
		}
	})
}

// TestBoundsAndCoolDownsHold: under any load, whatever a server does, no
// decision is outside the bounds, none removes within DownAfter of an addition
// or below what the rule wanted meanwhile, none adds within UpAfter of a
// change, and each says why.
func TestBoundsAndCoolDownsHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := anySpec().Draw(t, "spec")
		s, running, now := scale.New(a), rapid.IntRange(a.Min, a.Max).Draw(t, "running"), start
		var added, changed time.Time
		for range rapid.IntRange(1, 80).Draw(t, "decisions") {
			now = now.Add(time.Duration(rapid.IntRange(1, 100).Draw(t, "pause")) * time.Second)
			use := rapid.Float64Range(0, 1.5).Draw(t, "use")
			d := s.Decide(scale.Observation{At: now, Use: use, Running: running, Queue: rapid.IntRange(0, 9).Draw(t, "queue")})
			if d.Wanted < a.Min || d.Wanted > a.Max || d.Why == "" || strings.Contains(d.Why, "\n") {
				t.Fatalf("%+v: %d to %d are allowed", d, a.Min, a.Max)
			}
			ratio := min(use, 1) / a.Target
			switch {
			case d.Wanted > running:
				if ratio <= 1+a.Tolerance || float64(d.Wanted) >= float64(running)*ratio+1 {
					t.Fatalf("%d to %d at ratio %v with tolerance %v", running, d.Wanted, ratio, a.Tolerance)
				}
				if !changed.IsZero() && now.Sub(changed) < a.UpAfter {
					t.Fatalf("added %v after a change, must wait %v", now.Sub(changed), a.UpAfter)
				}
				added, changed = now, now
			case d.Wanted < running:
				if ratio >= 1-a.Tolerance || float64(d.Wanted) < float64(running)*ratio-1e-6 {
					t.Fatalf("%d to %d at ratio %v with tolerance %v", running, d.Wanted, ratio, a.Tolerance)
				}
				if !added.IsZero() && now.Sub(added) < a.DownAfter {
					t.Fatalf("removed %v after an addition, must wait %v", now.Sub(added), a.DownAfter)
				}
				changed = now
			}
			running = d.Wanted
		}
	})
}

// TestConstantLoadComesToRest: use = load / running, at most 1. From any start
// the number of servers changes in one direction only and then stays; where it
// stays, the use is as aimed at, or no change could bring it nearer.
func TestConstantLoadComesToRest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := anySpec().Draw(t, "spec")
		load := rapid.Float64Range(0, 25).Draw(t, "load") // in servers
		s, running, now := scale.New(a), rapid.IntRange(a.Min, a.Max).Draw(t, "running"), start
		use := func() float64 { return min(load/float64(running), 1) }
		up, down, still := 0, 0, 0
		for still < 400 { // of 1 s: longer than any cool-down
			d := s.Decide(scale.Observation{At: now, Use: use(), Running: running})
			still++
			if d.Wanted > running {
				up, still = up+1, 0
			}
			if d.Wanted < running {
				down, still = down+1, 0
			}
			if up > 0 && down > 0 || up+down > a.Max {
				t.Fatalf("%d times up and %d times down at a constant load", up, down)
			}
			running, now = d.Wanted, now.Add(time.Second)
		}
		ratio := use() / a.Target
		wanted := math.Ceil(float64(running)*ratio - 1e-6)
		switch {
		case ratio > 1+a.Tolerance+1e-6 && running < a.Max:
			t.Fatalf("stays at %d with use %v, aimed at is %v", running, use(), a.Target)
		case ratio < 1-a.Tolerance-1e-6 && running > a.Min && wanted < float64(running):
			t.Fatalf("stays at %d with use %v, aimed at is %v: %v would do", running, use(), a.Target, wanted)
		}
	})
}

// By a backlog, each so many messages want one node, whatever the use is.
func TestBacklogDecides(t *testing.T) {
	for _, row := range []struct{ queue, want int }{{0, 1}, {1, 1}, {10, 1}, {11, 2}, {25, 3}, {1000, 4}} {
		s := scale.New(targets.Autoscale{Min: 1, Max: 4, Backlog: 10})
		if got := s.Decide(scale.Observation{At: time.Unix(1, 0), Running: 1, Use: 0.01, Queue: row.queue}); got.Wanted != row.want {
			t.Errorf("%d messages: wanted %d (%s), want %d", row.queue, got.Wanted, got.Why, row.want)
		}
	}
}
