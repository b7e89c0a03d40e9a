package balancer

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"rung/targets"
)

// TestHealth plays scripts: C and c are good and bad active checks, R and r
// good and bad requests, h the end of the hold time. The wanted states after
// each step are + (up) and - (down).
func TestHealth(t *testing.T) {
	tests := []struct {
		name               string
		fall, rise, strike int
		script, want       string
	}{
		{"up at first", 3, 2, 0, "C", "+"},
		{"falls at the third", 3, 2, 0, "ccc", "++-"},
		{"a success in between starts again", 3, 2, 0, "ccCccc", "+++++-"},
		{"rises at the second", 1, 2, 0, "cCC", "--+"},
		{"a failure in between starts again", 1, 2, 0, "cCcCC", "----+"},
		{"defaults are fall 3, rise 2", 0, 0, 0, "cccCC", "++--+"},
		{"passive off", 3, 2, 0, "rrrrr", "+++++"},
		{"passive at the second", 3, 2, 2, "rr", "+-"},
		{"a good request in between starts again", 3, 2, 2, "rRrr", "+++-"},
		{"passive comes back by checks", 3, 2, 1, "rCC", "--+"},
		{"good requests do not bring it back", 3, 2, 1, "rRR", "---"},
		{"checks do not clear strikes", 3, 2, 2, "rCr", "++-"},
		{"requests do not clear failed checks", 3, 2, 2, "ccRc", "+++-"},
		{"on trial one failure is enough", 3, 2, 3, "rrrhr", "++-+-"},
		{"on trial a success clears", 3, 2, 3, "rrrhRrr", "++-++++"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHealth(targets.Health{Fall: tt.fall, Rise: tt.rise, PassiveFails: tt.strike})
			got := ""
			for _, step := range tt.script {
				switch step {
				case 'C', 'c':
					h.checked(step == 'C')
				case 'R', 'r':
					h.served(step == 'R', h.epoch)
				case 'h':
					h.probation()
				}
				got += map[bool]string{false: "+", true: "-"}[h.down]
			}
			if got != tt.want {
				t.Errorf("%s gives %s, want %s", tt.script, got, tt.want)
			}
		})
	}
}

// TestHealthForgetsOldRequests: a time-out of a request from before the last
// change does not strike.
func TestHealthForgetsOldRequests(t *testing.T) {
	h := newHealth(targets.Health{Fall: 1, Rise: 1, PassiveFails: 1})
	old := h.epoch
	h.checked(false)
	h.checked(true)
	if h.served(false, old) || h.down {
		t.Error("an old request put a new server down")
	}
	if !h.served(false, h.epoch) || !h.down {
		t.Error("a new request did not")
	}
}

// TestHealthReportsChanges: the reported changes are exactly the changes of
// state.
func TestHealthReportsChanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := newHealth(targets.Health{
			Fall: rapid.IntRange(1, 4).Draw(t, "fall"), Rise: rapid.IntRange(1, 4).Draw(t, "rise"),
			PassiveFails: rapid.IntRange(0, 4).Draw(t, "fails"),
		})
		for range 50 {
			before, epoch, ok := h.down, h.epoch, rapid.Bool().Draw(t, "ok")
			var changed bool
			if rapid.Bool().Draw(t, "active") {
				changed = h.checked(ok)
			} else {
				changed = h.served(ok, h.epoch)
			}
			if changed != (before != h.down) || changed != (epoch != h.epoch) {
				t.Fatalf("reported %v, state went %v to %v, epoch %d to %d", changed, before, h.down, epoch, h.epoch)
			}
			if changed && ok == h.down {
				t.Fatalf("ok=%v made down=%v", ok, h.down)
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
		j.add(Event{Server: fmt.Sprint(i)})
	}
	list := j.list()
	for i, e := range list {
		if e.Server != fmt.Sprint(i+7) {
			t.Fatalf("event %d is %s, want %d: the order is lost", i, e.Server, i+7)
		}
	}
}
