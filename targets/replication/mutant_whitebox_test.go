package replication

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"rung/targets"
)

// verdict collects what a simulation finds instead of failing the test.
type verdict struct{}

func (verdict) Fatalf(format string, args ...any) { panic(stopped(fmt.Sprintf(format, args...))) }

type stopped string

// catch notes what a simulation found.
func catch(found *string) {
	r := recover()
	if s, ok := r.(stopped); ok {
		*found = string(s)
	} else if r != nil {
		panic(r)
	}
}

// mutant is a group with a broken rule.
type mutant struct {
	name    string
	members int
	mode    targets.Mode
	wipes   bool
	tamper  func(*message)
	damage  func(*core, time.Time)
}

// hunt runs a simulation until it finds a broken promise, or gives up.
func (m mutant) hunt(seed uint64) (found string) {
	defer catch(&found)
	s := newSimulation(verdict{}, m.members, m.mode, seed)
	s.tamper, s.damage = m.tamper, m.damage
	random := rand.New(rand.NewPCG(seed, 2))
	for range 3000 {
		s.step(random.IntN(kindsOfSteps), random.IntN(4096), random.IntN(1<<16), m.wipes)
	}
	return ""
}

// TestSimulationFindsBrokenRules breaks one rule each and wants the simulation
// to notice, so that its silence means something.
func TestSimulationFindsBrokenRules(t *testing.T) {
	for _, m := range []mutant{
		{name: "votes are given during a grant", members: 3, mode: targets.ModeSynchronous, damage: func(c *core, now time.Time) { c.bound = now }},
		{name: "votes are given to those who are behind", members: 3, mode: targets.ModeSynchronous, tamper: func(m *message) {
			switch m.kind {
			case vote:
				m.pos = Position{math.MaxUint64, math.MaxUint64}
			case pollReply:
				m.pos = Position{}
			}
		}},
		{name: "votes are forgotten", members: 3, mode: targets.ModeAsynchronous, damage: func(c *core, now time.Time) { c.voted = -1 }},
		{name: "a lease never ends", members: 3, mode: targets.ModeAsynchronous, damage: func(c *core, now time.Time) {
			if c.role == primary && c.reign.opened {
				c.reign.until = c.reign.until.Add(time.Hour)
			}
		}},
		{name: "a lease counts from the answer", members: 3, mode: targets.ModeAsynchronous, damage: func(c *core, now time.Time) {
			for round, b := range c.reign.beats {
				b.at = now
				c.reign.beats[round] = b
			}
		}},
		{name: "writes are acknowledged before they are held", members: 3, mode: targets.ModeSynchronous, damage: func(c *core, now time.Time) {
			for i := range c.reign.peers {
				c.reign.peers[i].matched = c.last.Index
			}
		}},
		{name: "a member without data grants and votes", members: 3, mode: targets.ModeSynchronous, wipes: true, damage: func(c *core, now time.Time) { c.joined = true }},
		{name: "entries are taken without comparing what is before", members: 3, mode: targets.ModeAsynchronous, tamper: func(m *message) {
			if m.kind == appendEntries {
				m.prev = Position{}
			}
		}},
	} {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(2000) {
				if found := m.hunt(seed); found != "" {
					t.Logf("seed %d: %s", seed, found)
					return
				}
			}
			t.Error("nothing was found")
		})
	}
	t.Run("none", func(t *testing.T) {
		t.Parallel()
		for seed := range uint64(24) {
			m := mutant{members: 3 + 2*int(seed%2), mode: targets.Modes()[seed%3], wipes: seed%4 < 2}
			if found := m.hunt(seed); found != "" {
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
		s.write(old, false)
		s.work(old)
	}
	acknowledged := maps.Clone(s.promises.acked)
	s.wire = nil // nothing of it was shipped
	s.crash(old, false)
	s.flow(30 * s.spec.Lease)
	next := s.open()
	if next < 0 || next == old {
		t.Fatalf("member %d is primary", next)
	}
	s.write(next, false)
	s.work(next)
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
