package shard_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rung/targets"
	"rung/targets/shard"
)

// mover tells one router the phases of one batch.
type mover struct {
	t      *testing.T
	router *shard.Router
	move   targets.Move
}

// begin makes a router of four shards, and a move of users 1, 2 and 3 to the spare one.
func begin(t *testing.T) mover {
	return mover{t: t, router: shard.NewRouter(mapOf(t, sharding(targets.ShardModulo, 4))), move: targets.Move{
		Users: []int64{1, 2, 3}, To: []string{"s4", "s4", "s4"}, Patience: time.Minute}}
}

func (m mover) apply(phase targets.Phase) error {
	m.move.Phase = phase
	return m.router.Apply(m.t.Context(), m.move)
}

func (m mover) must(phases ...targets.Phase) {
	m.t.Helper()
	for _, p := range phases {
		if err := m.apply(p); err != nil {
			m.t.Fatal(err)
		}
	}
}

// places are where user 1 is read and written, and who owns what is the user's.
func (m mover) places(want string) {
	m.t.Helper()
	if read, owner := m.router.Read(1), m.router.Owner(1); read != want || owner != want {
		m.t.Errorf("user 1 is read from %s and lives on %s; want %s", read, owner, want)
	}
}

// write starts a write of user 1 and ends it.
func (m mover) write(want string) {
	m.t.Helper()
	ticket, err := m.router.Write(m.t.Context(), 1)
	if err != nil {
		m.t.Fatal(err)
	}
	defer ticket.Done()
	if !slices.Equal(ticket.Shards, []string{want}) {
		m.t.Errorf("user 1 is written on %q; want %s", ticket.Shards, want)
	}
}

func (m mover) waits() {
	m.t.Helper()
	ctx, stop := context.WithTimeout(m.t.Context(), time.Second) // of the bubble
	defer stop()
	if ticket, err := m.router.Write(ctx, 1); !errors.Is(err, context.DeadlineExceeded) {
		ticket.Done()
		m.t.Errorf("a write does not wait: %v", err)
	} else if ticket.Held != time.Second {
		m.t.Errorf("it was held for %v; want 1 s", ticket.Held)
	}
	if ticket, err := m.router.Write(m.t.Context(), 5); err != nil {
		m.t.Errorf("a write of somebody else: %v", err)
	} else {
		ticket.Done()
	}
}

func TestPhases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := begin(t)
		m.write("s1")
		m.must(targets.PhaseHold)
		m.places("s1")
		m.waits()
		m.must(targets.PhaseConfirm)
		m.places("s1")
		m.waits()
		before := m.router.Version()
		if got := m.router.Now().Used(); slices.Contains(got, "s4") {
			t.Errorf("used are %q; nobody has moved yet", got)
		}
		m.must(targets.PhaseSwitch)
		m.places("s4")
		m.waits()
		if got := m.router.Now().Used(); len(got) != 5 {
			t.Errorf("used are %q", got)
		}
		if m.router.Version() != before {
			t.Error("a switch changed the version")
		}
		m.must(targets.PhaseRelease)
		m.places("s4")
		m.write("s4")
		if m.router.Version() == before {
			t.Error("a release did not change the version")
		}
		if m.router.Moving(1) || m.router.Owner(4) != "s0" {
			t.Error("something is left of the move, or user 4 moved as well")
		}
	})
}

func TestPhasesTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := begin(t)
		hold, confirm, change, release, abort := targets.PhaseHold, targets.PhaseConfirm, targets.PhaseSwitch, targets.PhaseRelease, targets.PhaseAbort
		m.must(abort, hold, hold, confirm, confirm, change, change, confirm, change)
		m.places("s4")
		m.waits()
		m.must(release, release, abort, change)
		m.places("s4")
		m.write("s4")
		if err := m.apply(confirm); !errors.Is(err, shard.ErrNotHeld) {
			t.Errorf("confirm after the end: %v", err)
		}
	})
}

func TestGoingBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := begin(t)
		m.must(targets.PhaseHold, targets.PhaseAbort)
		m.places("s1")
		m.write("s1")
		m.must(targets.PhaseHold, targets.PhaseConfirm, targets.PhaseSwitch)
		version := m.router.Version()
		m.must(targets.PhaseHold)
		m.places("s1")
		m.waits()
		if m.router.Version() == version {
			t.Error("going back did not change the version")
		}
		m.must(targets.PhaseConfirm, targets.PhaseSwitch)
		version = m.router.Version()
		m.must(targets.PhaseAbort)
		m.places("s1")
		m.write("s1")
		if m.router.Version() == version {
			t.Error("aborting a switch did not change the version")
		}
	})
}

func TestOrderOfPhases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, phases := range [][]targets.Phase{
			{targets.PhaseConfirm},
			{targets.PhaseSwitch},
			{targets.PhaseHold, targets.PhaseRelease},
			{targets.PhaseHold, targets.PhaseConfirm, targets.PhaseRelease},
			{targets.PhaseHold, targets.PhaseAbort, targets.PhaseSwitch},
		} {
			m := begin(t)
			last := len(phases) - 1
			m.must(phases[:last]...)
			if err := m.apply(phases[last]); !errors.Is(err, shard.ErrNotHeld) {
				t.Errorf("%q: %v; want ErrNotHeld", phases, err)
			}
			m.places("s1")
			m.must(targets.PhaseAbort)
		}
	})
}

func TestHoldsEndByThemselves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := begin(t)
		m.must(targets.PhaseHold)
		start := time.Now()
		m.write("s1")
		if waited := time.Since(start); waited != time.Minute {
			t.Errorf("a write waited %v; want the patience", waited)
		}
		for _, phase := range []targets.Phase{targets.PhaseConfirm, targets.PhaseSwitch, targets.PhaseRelease} {
			if err := m.apply(phase); !errors.Is(err, shard.ErrNotHeld) {
				t.Errorf("%s of a hold that ended: %v", phase, err)
			}
		}
		m.places("s1")
		// Held again, its time begins again.
		m.must(targets.PhaseHold)
		time.Sleep(59 * time.Second)
		m.must(targets.PhaseHold)
		time.Sleep(59 * time.Second)
		m.must(targets.PhaseConfirm)
		time.Sleep(time.Hour)
		m.waits()
		m.must(targets.PhaseSwitch)
		time.Sleep(time.Hour)
		m.waits()
		m.must(targets.PhaseRelease)
		m.write("s4")
	})
}

func TestHoldWaitsForWritesUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := begin(t)
		first, _ := m.router.Write(t.Context(), 2)
		second, _ := m.router.Write(t.Context(), 2)
		all, _ := m.router.WriteAll(t.Context(), 9)
		other, _ := m.router.Write(t.Context(), 66) // of the same stripe
		defer other.Done()
		var ended atomic.Int32
		for range 2 { // a repeated hold ends with the first
			go func() {
				m.must(targets.PhaseHold)
				ended.Add(1)
			}()
		}
		for _, ticket := range []*shard.Ticket{&first, &all, &second} {
			synctest.Wait()
			if ended.Load() > 0 {
				t.Fatal("the hold did not wait for all writes")
			}
			if err := m.apply(targets.PhaseConfirm); !errors.Is(err, shard.ErrNotHeld) {
				t.Errorf("confirm while writes are under way: %v", err)
			}
			ticket.Done()
			ticket.Done() // counts once
		}
		synctest.Wait()
		if ended.Load() != 2 {
			t.Fatalf("%d of 2 holds have ended", ended.Load())
		}
		m.must(targets.PhaseAbort)
	})
}

func TestHoldThatCannotBe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := begin(t)
		ticket, _ := m.router.Write(t.Context(), 2)
		ctx, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		m.move.Phase = targets.PhaseHold
		if err := m.router.Apply(ctx, m.move); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("hold: %v", err)
		}
		m.write("s1")
		ended := make(chan error)
		go func() { ended <- m.apply(targets.PhaseHold) }()
		synctest.Wait()
		m.must(targets.PhaseAbort)
		if err := <-ended; !errors.Is(err, shard.ErrNotHeld) {
			t.Errorf("a hold that was aborted: %v", err)
		}
		ticket.Done()
		m.write("s1")
	})
}

func TestWriteAllWaitsForAnyMove(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := begin(t)
		m.must(targets.PhaseHold)
		entered := make(chan shard.Ticket)
		go func() {
			ticket, err := m.router.WriteAll(t.Context(), 8)
			if err != nil {
				t.Error(err)
			}
			entered <- ticket
		}()
		synctest.Wait()
		select {
		case <-entered:
			t.Fatal("it did not wait")
		default:
		}
		m.must(targets.PhaseSwitch, targets.PhaseRelease)
		ticket := <-entered
		if !slices.Equal(ticket.Shards, []string{"s0"}) {
			t.Errorf("shards are %q", ticket.Shards)
		}
		ticket.Done()
	})
}

func TestALateRouterCatchesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := begin(t)
		m.must(targets.PhaseRelease)
		m.write("s4")
	})
}

func TestCopiesTakeTurns(t *testing.T) {
	r := shard.NewRouter(mapOf(t, sharding(targets.ShardRing, 3, targets.Pin{User: 1, Shards: []string{"s0", "s2"}})))
	got := map[string]int{}
	for range 100 {
		got[r.Read(1)]++
	}
	if got["s0"] != 50 || got["s2"] != 50 || r.Owner(1) != "s0" {
		t.Errorf("reads are spread %v, the owner is %s", got, r.Owner(1))
	}
	ticket, err := r.Write(t.Context(), 1)
	if err != nil || !slices.Equal(ticket.Shards, []string{"s0", "s2"}) {
		t.Errorf("written are %q, %v", ticket.Shards, err)
	}
	ticket.Done()
}

// TestNoWriteDuringAHold: between the end of a hold and its release no write to the
// batch is under way, however many try.
func TestNoWriteDuringAHold(t *testing.T) {
	m := begin(t)
	ctx, stop := context.WithCancel(t.Context())
	var held, wrong, writes atomic.Int64
	var writers sync.WaitGroup
	for i := range 4 {
		writers.Go(func() {
			for user := int64(1); ctx.Err() == nil; user = user%3 + 1 {
				enter := m.router.Write
				if i == 0 {
					enter = m.router.WriteAll
				}
				ticket, err := enter(ctx, user)
				if err != nil {
					return
				}
				wrong.Add(held.Load())
				writes.Add(1)
				wrong.Add(held.Load())
				ticket.Done()
			}
		})
	}
	for range 300 {
		m.must(targets.PhaseHold)
		held.Store(1)
		m.must(targets.PhaseConfirm)
		held.Store(0)
		m.must(targets.PhaseAbort)
	}
	for target := writes.Load() + 1; writes.Load() < target; {
		runtime.Gosched() // they must get on when nothing is held
	}
	stop()
	writers.Wait()
	if wrong.Load() > 0 {
		t.Errorf("%d looks of a write saw a hold", wrong.Load())
	}
}
