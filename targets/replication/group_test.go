package replication_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"go.uber.org/goleak"

	"rung/targets"
	"rung/targets/replication"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestPromotionAndReturn(t *testing.T) {
	f := newFleet(t, targets.ModeSynchronous)
	if first := f.primary(); first != "a" {
		t.Fatalf("%s took the first term", first)
	}
	eventually(t, "both replicas are in the synchronous set", func() bool {
		for _, m := range f.groups["a"].Status().Members {
			if !m.Synchronous {
				return false
			}
		}
		return true
	})
	var want []string
	for i := range 20 {
		want = append(want, fmt.Sprint(i))
		if err := f.write("a", want[i]); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"b", "c"} { // synchronous: they have it already
		if got := f.disks[name].operations(); !slices.Equal(got, want) {
			t.Errorf("%s has %v", name, got)
		}
		if err := f.write(name, "x"); !errors.Is(err, replication.ErrNotPrimary) {
			t.Errorf("a write on replica %s: %v", name, err)
		}
	}
	f.stop("a")
	// What a primary had committed and nobody else has.
	lost := f.disks["a"]
	lost.log = append(lost.log, replication.Entry{Position: replication.Position{Term: 1, Index: uint64(len(lost.log) + 1)}, Operation: []byte("lost")})
	next := f.primary()
	if err := f.write(next, "after"); err != nil {
		t.Fatal(err)
	}
	want = append(want, "after")
	if saw := f.happened(next, "suspect", "elected", "promoted", "fenced", "demoted"); !slices.Equal(saw, []string{"suspect", "elected", "promoted"}) {
		t.Errorf("the new primary went through %v", saw)
	}
	f.start("a")
	f.equal(want)
	if len(lost.aside) != 1 || string(lost.aside[0].Operation) != "lost" {
		t.Errorf("kept aside: %v", lost.aside)
	}
	eventually(t, "the old primary notes what became of it", func() bool {
		return slices.Equal(f.happened("a", "following", "diverged", "restored"), []string{"following", "diverged", "restored"})
	})
	if f.groups["a"].Writable() || f.groups["a"].Status().Primary != next {
		t.Errorf("the old primary: %+v", f.groups["a"].Status())
	}
}

func TestReplacementJoinsWhileWritesGoOn(t *testing.T) {
	f := newFleet(t, targets.ModeSemiSynchronous)
	f.primary()
	var want []string
	write := func(n int) {
		for range n {
			want = append(want, fmt.Sprint(len(want)))
			if err := f.write("a", want[len(want)-1]); err != nil {
				t.Fatal(err)
			}
		}
	}
	write(50)
	f.stop("c")
	f.disks["c"] = &memory{} // another disk
	f.start("c")
	eventually(t, "the replacement has data", func() bool {
		write(1)
		return f.groups["c"].Status().Role == "replica"
	})
	write(50)
	f.equal(want)
	if s := f.groups["c"].Status(); s.Role != "replica" || s.Primary != "a" {
		t.Errorf("the replacement: %+v", s)
	}
}

func TestWaitersAreFencedWhenTheMemberEnds(t *testing.T) {
	f := newFleet(t, targets.ModeSynchronous)
	f.primary()
	f.stop("b")
	f.stop("c")
	failed := make(chan error, 1)
	go func() { failed <- f.write("a", "x") }()
	eventually(t, "the write is in the log", func() bool { return len(f.disks["a"].operations()) == 1 })
	select {
	case err := <-failed:
		t.Fatalf("a write that nobody else holds: %v", err)
	default:
	}
	f.mu.Lock()
	g := f.groups["a"]
	f.mu.Unlock()
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-failed; !errors.Is(err, replication.ErrFenced) {
		t.Errorf("the write: %v, want fenced", err)
	}
}

func BenchmarkWrite(b *testing.B) {
	for _, mode := range targets.Modes() {
		b.Run(string(mode), func(b *testing.B) {
			f := newFleet(b, mode)
			name := f.primary()
			for b.Loop() {
				if err := f.write(name, "x"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
