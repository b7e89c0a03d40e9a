package replication

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
	"time"

	"rung/targets"
)

// verdict collects what a simulation finds instead of failing the test.
type verdict struct{ found string }

func (v *verdict) Fatalf(format string, args ...any) {
	panic(stopped(fmt.Sprintf(format, args...)))
}

type stopped string

// hunt runs a simulation until it finds a broken promise, or gives up.
func hunt(members int, mode targets.Mode, seed uint64, damage func(*core)) (found string) {
	defer func() {
		if r := recover(); r != nil {
			s, ok := r.(stopped)
			if !ok {
				panic(r)
			}
			found = string(s)
		}
	}()
	s := newSimulation(&verdict{}, members, mode, seed)
	random := rand.New(rand.NewPCG(seed, 2))
	for range 3000 {
		s.step(random.IntN(16), random.IntN(4096), random.IntN(1<<16), false)
		for _, m := range s.machines {
			if m.core != nil && damage != nil {
				damage(m.core)
			}
		}
	}
	return ""
}

// TestSimulationFindsBrokenRules breaks one rule each and wants the simulation
// to notice, so that its silence means something.
func TestSimulationFindsBrokenRules(t *testing.T) {
	for _, row := range []struct {
		name   string
		mode   targets.Mode
		damage func(*core)
	}{
		{"votes are given during a grant", targets.ModeSynchronous, func(c *core) { c.bound = time.Time{} }},
		{"a lease never ends", targets.ModeAsynchronous, func(c *core) {
			if c.role == primary && c.reign.opened {
				c.reign.until = c.reign.until.Add(time.Hour)
			}
		}},
		{"writes are acknowledged before they are held", targets.ModeSynchronous, func(c *core) {
			for i := range c.reign.peers {
				c.reign.peers[i].matched = c.last.Index
			}
		}},
		{"votes are forgotten", targets.ModeAsynchronous, func(c *core) { c.voted = -1 }},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(400) {
				if found := hunt(3, row.mode, seed, row.damage); found != "" {
					return
				}
			}
			t.Error("nothing was found")
		})
	}
	t.Run("none", func(t *testing.T) {
		t.Parallel()
		for seed := range uint64(100) {
			if found := hunt(3, targets.ModeSynchronous, seed, nil); found != "" {
				t.Errorf("seed %d: %s", seed, found)
			}
		}
	})
}

// TestAsynchronousLoses kills a primary that has acknowledged writes and
// shipped none of them: they are lost, and the old primary keeps them aside
// when it is back.
func TestAsynchronousLoses(t *testing.T) {
	s := newSimulation(t, 3, targets.ModeAsynchronous, 1)
	s.heal()
	old := s.open()
	if old < 0 {
		t.Fatal("nobody is primary")
	}
	for range 5 {
		s.write(old)
	}
	acknowledged := maps.Clone(s.acked)
	s.wire = nil // nothing of it was shipped
	s.crash(old)
	for range 100 {
		s.now = s.now.Add(5 * time.Millisecond)
		for i := range s.machines {
			s.input(i, func(c *core) error { return c.tick(s.now) })
		}
		for len(s.wire) > 0 {
			s.deliver(0)
		}
		for i := range s.machines {
			s.work(i)
		}
	}
	next := s.open()
	if next < 0 || next == old {
		t.Fatalf("member %d is primary", next)
	}
	s.write(next)
	lost := 0
	for index, p := range acknowledged {
		if log := s.machines[next].disk.log; index > uint64(len(log)) || log[index-1].Position != p {
			lost++
		}
	}
	if lost != 5 || len(acknowledged) != 6 { // and the barrier
		t.Errorf("%d of %d acknowledged writes are lost, want 5 of 6", lost, len(acknowledged))
	}
	s.heal()
	if aside := s.machines[old].disk.aside; len(aside) != 5 {
		t.Errorf("the old primary kept %d entries aside, want 5", len(aside))
	}
}
