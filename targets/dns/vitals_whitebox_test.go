package dns

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"rung/targets"
)

// TestVitals plays checks: o is a good one, x a bad one. The wanted states
// after each are + (up) and - (down).
func TestVitals(t *testing.T) {
	for _, row := range []struct {
		name         string
		fall, rise   int
		checks, want string
	}{
		{"up at first", 3, 2, "o", "+"},
		{"falls at the third", 3, 2, "xxx", "++-"},
		{"a success in between starts again", 3, 2, "xxoxxx", "+++++-"},
		{"rises at the second", 1, 2, "xoo", "--+"},
		{"a failure in between starts again", 1, 2, "xoxoo", "----+"},
		{"falls again", 2, 2, "xxooxx", "+--++-"},
		{"defaults are fall 3, rise 2", 0, 0, "xxxoo", "++--+"},
	} {
		t.Run(row.name, func(t *testing.T) {
			v, got := newVitals(targets.Health{Fall: row.fall, Rise: row.rise}), ""
			for _, check := range row.checks {
				before := v.down
				if changed := v.checked(check == 'o'); changed != (before != v.down) {
					t.Fatalf("said to have changed: %v, was down %v, is %v", changed, before, v.down)
				}
				got += map[bool]string{false: "+", true: "-"}[v.down]
			}
			if got != row.want {
				t.Errorf("%s gives %s, want %s", row.checks, got, row.want)
			}
		})
	}
}

// TestVitalsChangeForAReason: a state changes exactly when the last checks,
// as many as the settings say and all since the last change, were against it.
func TestVitalsChangeForAReason(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spec := targets.Health{Fall: rapid.IntRange(1, 4).Draw(t, "fall"), Rise: rapid.IntRange(1, 4).Draw(t, "rise")}
		v, against := newVitals(spec), 0
		for range 60 {
			ok, down := rapid.Bool().Draw(t, "ok"), v.down
			if against++; ok == !down {
				against = 0
			}
			need := spec.Fall
			if down {
				need = spec.Rise
			}
			if got, want := v.checked(ok), against == need; got != want {
				t.Fatalf("changed: %v, want %v after %d checks against it", got, want, against)
			}
			if v.down != down {
				against = 0
			}
		}
	})
}

func TestJournalIsBounded(t *testing.T) {
	var j journal
	for i := range eventsKept + 7 {
		if got := len(j.list()); got != min(i, eventsKept) {
			t.Fatalf("%d events after %d", got, i)
		}
		j.add(targets.Event{Subject: fmt.Sprint(i)})
	}
	for i, e := range j.list() {
		if e.Subject != fmt.Sprint(i+7) {
			t.Fatalf("event %d is %s, want %d", i, e.Subject, i+7)
		}
	}
}
