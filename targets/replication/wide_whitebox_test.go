package replication

import (
	"fmt"
	"testing"
	"time"

	"rung/targets"
)

const ms = time.Millisecond

// wide is a group whose members are far apart: messages and storage work take
// time.
type wide struct {
	*simulation
	delay func(a, b int) time.Duration // one way
	// apply is what a batch takes a replica, and a commit the primary.
	apply, commit time.Duration
	answered      map[uint64]time.Duration // from a write's commit to its acknowledgement
}

func newWide(t *testing.T, members int, mode targets.Mode, delay func(a, b int) time.Duration) *wide {
	w := &wide{simulation: newSimulation(t, members, mode, 7), delay: delay, apply: 10 * ms, commit: ms, answered: map[uint64]time.Duration{}}
	w.spec.Lease, w.spec.Heartbeat = 1500*ms, 100*ms
	for i := range members {
		w.crash(i, false)
		w.boot(i)
	}
	return w
}

// places are two data centres and a third place: members 0, 1 and 2.
func places(a, b int) time.Duration {
	return [][]time.Duration{{0, 40 * ms, 60 * ms}, {40 * ms, 0, 75 * ms}, {60 * ms, 75 * ms, 0}}[a%3][b%3]
}

// pass lets time pass, and something happen in each millisecond.
func (w *wide) pass(d time.Duration, each func()) {
	for end := w.now.Add(d); w.now.Before(end); {
		w.now = w.now.Add(ms)
		if w.now.UnixMilli()%int64(w.spec.Heartbeat/ms/2) == 0 {
			for i := range w.machines {
				w.tick(i)
			}
		}
		for k := 0; k < len(w.wire); {
			if p := w.wire[k]; w.now.Sub(p.sent) >= w.delay(p.from, p.to) {
				w.deliver(k)
			} else {
				k++
			}
		}
		for i, m := range w.machines {
			w.labour(i, m)
		}
		if each != nil {
			each()
		}
		w.settle()
	}
}

func (w *wide) labour(i int, m *machine) {
	for len(m.jobs) > 0 && m.core != nil {
		if m.jobs[0].begun.IsZero() {
			m.jobs[0].begun = w.now
		}
		takes := w.apply
		if m.core.role == primary {
			takes = w.commit
		}
		if w.now.Sub(m.jobs[0].begun) < takes {
			return
		}
		w.work(i)
	}
}

// settle notes what may be acknowledged now.
func (w *wide) settle() {
	i := w.open()
	if i < 0 {
		return
	}
	for index := w.machines[i].core.reached(w.clock(i)); index > 0; index-- {
		if _, known := w.answered[index]; known {
			return
		}
		w.answered[index] = w.now.Sub(w.machines[i].disk.log[index-1].At)
	}
}

// load writes on the primary every so often.
func (w *wide) load(every time.Duration) func() {
	return func() {
		if i := w.open(); i >= 0 && w.now.UnixNano()%int64(every) == 0 {
			w.write(i, false)
		}
	}
}

// TestSynchronousCommitTakesOneRoundTrip, however many there are.
func TestSynchronousCommitTakesOneRoundTrip(t *testing.T) {
	for _, c := range []struct {
		mode targets.Mode
		trip time.Duration // to the farthest member that is waited for
	}{
		{targets.ModeSynchronous, 120 * ms}, {targets.ModeSemiSynchronous, 80 * ms}, {targets.ModeAsynchronous, 0},
	} {
		w := newWide(t, 3, c.mode, places)
		w.pass(5*time.Second, w.load(5*ms))
		from := w.machines[0].core.last.Index
		w.pass(5*time.Second, w.load(5*ms))
		w.pass(time.Second, nil)
		end := w.machines[0].core.last.Index
		// The entry, a batch that is applied before it, its own, and the answer.
		limit := c.trip + 2*w.apply + 5*ms
		for index := from + 1; index <= end; index++ {
			took, ok := w.answered[index]
			if !ok || took > limit {
				t.Fatalf("%s: entry %d of %d to %d took %v (%t), want at most %v", c.mode, index, from, end, took, ok, limit)
			}
		}
		if end-from < 1000 {
			t.Errorf("%s: %d commits in 5 s, want 1000 at least", c.mode, end-from)
		}
	}
}

func TestFarMemberJoinsTheSetUnderLoad(t *testing.T) {
	w := newWide(t, 3, targets.ModeSynchronous, places)
	w.pass(3*time.Second, w.load(2*ms))
	w.crash(2, false)
	w.pass(3*time.Second, w.load(2*ms))
	if w.machines[0].core.reign.peers[2].member {
		t.Fatal("a dead member is in the synchronous set")
	}
	w.boot(2)
	w.pass(5*time.Second, w.load(2*ms))
	if f := w.machines[0].core.reign.peers[2]; !f.member {
		t.Errorf("it is not back in the synchronous set: it has %d of %d entries", f.matched, w.machines[0].core.last.Index)
	}
}

// TestElectionAcrossLongWires ends each member's primacy in turn, though a round
// trip among the others takes longer than a heartbeat.
func TestElectionAcrossLongWires(t *testing.T) {
	for _, mode := range targets.Modes() {
		for _, cut := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, cut off: %t", mode, cut), func(t *testing.T) {
				w := newWide(t, 3, mode, places)
				w.pass(2*time.Second, w.load(20*ms))
				for range 4 {
					old := w.open()
					if old < 0 {
						t.Fatalf("nobody is primary\n%s", w.picture())
					}
					if cut {
						w.sever(old, 1)
					} else {
						w.crash(old, false)
					}
					ended := w.now
					for w.open() < 0 || w.open() == old {
						w.pass(10*ms, w.load(20*ms))
						if waited := w.now.Sub(ended); waited > w.spec.Lease+time.Second {
							t.Fatalf("no primary %v after member %d was lost\n%s", waited, old, w.picture())
						}
					}
					clear(w.cut)
					if !cut {
						w.boot(old)
					}
					w.pass(4*time.Second, w.load(20*ms))
				}
				if a, b, found := w.primacies.overlap(); found {
					t.Errorf("two could acknowledge at one time: %+v, %+v", a, b)
				}
				if len(w.primacies) != 5 {
					t.Errorf("%d primacies, want 5: %+v", len(w.primacies), w.primacies)
				}
			})
		}
	}
}

// TestFailoverPrefersWhoIsAhead though that one is the farthest away, and the
// others are a majority without it.
func TestFailoverPrefersWhoIsAhead(t *testing.T) {
	const dead, ahead = 0, 4
	w := newWide(t, 5, targets.ModeAsynchronous, func(a, b int) time.Duration {
		switch {
		case a == ahead || b == ahead:
			return 75 * ms
		case a == 3 || b == 3:
			return 40 * ms
		}
		return ms
	})
	w.pass(3*time.Second, w.load(20*ms))
	if w.open() != dead {
		t.Fatalf("member %d is primary", w.open())
	}
	for i := 1; i < ahead; i++ {
		w.cut[[2]int{dead, i}] = true
	}
	w.pass(200*ms, w.load(20*ms))
	w.crash(dead, false)
	clear(w.cut)
	want := len(w.machines[ahead].disk.log)
	w.pass(4*time.Second, nil)
	if next := w.open(); next != ahead {
		t.Errorf("member %d is primary with %d entries, and member %d had %d\n%s", next, len(w.machines[max(next, 0)].disk.log), ahead, want, w.picture())
	}
}

// TestSilentMemberHoldsNothingBack: what is shipped to a member that does not
// answer is bounded, and an asynchronous primary goes on.
func TestSilentMemberHoldsNothingBack(t *testing.T) {
	w := newWide(t, 3, targets.ModeAsynchronous, places)
	w.pass(3*time.Second, w.load(5*ms))
	w.cut[[2]int{2, 0}] = true // its answers are lost
	before := w.machines[0].core.last.Index
	most := 0
	w.pass(10*time.Second, func() {
		w.load(5 * ms)()
		most = max(most, len(w.machines[0].core.reign.peers[2].flights))
	})
	if got := w.machines[0].core.last.Index - before; got != 2000 {
		t.Errorf("%d commits in 10 s, want 2000", got)
	}
	if most > flightMost || most < 2 {
		t.Errorf("%d messages were on their way, want several, and at most %d", most, flightMost)
	}
	clear(w.cut)
	w.pass(3*time.Second, nil)
	if a, b := len(w.machines[0].disk.log), len(w.machines[2].disk.log); a != b {
		t.Errorf("the primary has %d entries, the member that was silent %d", a, b)
	}
}
