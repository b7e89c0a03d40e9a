package replication

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"rung/targets"
)

// primacy is a span of true time in which a member could acknowledge, as its
// events tell.
type primacy struct {
	member   int
	from, to time.Time // to is zero while it lasts
}

type primacies []primacy

// note reads a member's events. They show its own clock.
func (p *primacies) note(s *simulation, i int, events []targets.Event) {
	for _, e := range events {
		if s.distort != nil {
			s.distort(&e, s.clock(i))
		}
		at := e.At.Add(-s.machines[i].ahead)
		switch e.What {
		case "promoted":
			*p = append(*p, primacy{member: i, from: at})
		case "fenced", "demoted":
			p.end(i, at)
		}
	}
}

// end ends the span of a member that lasts, if there is one.
func (p primacies) end(i int, at time.Time) {
	for k := range p {
		if p[k].member == i && p[k].to.IsZero() {
			p[k].to = at
		}
	}
}

// killed ends the span of a member that cannot tell any more.
func (p primacies) killed(s *simulation, i int) {
	c := s.machines[i].core
	if c == nil {
		return
	}
	at := s.now
	if until := c.reign.until.Add(-s.machines[i].ahead); !c.fixed() && until.Before(at) {
		at = until
	}
	p.end(i, at)
}

// overlap returns two spans that do.
func (p primacies) overlap() (a, b primacy, found bool) {
	spans := slices.Clone(p)
	slices.SortFunc(spans, func(a, b primacy) int { return a.from.Compare(b.from) })
	for i := 1; i < len(spans); i++ {
		if spans[i-1].to.IsZero() || spans[i].from.Before(spans[i-1].to) {
			return spans[i-1], spans[i], true
		}
	}
	return a, b, false
}

// TestEventsTellWhoCouldAcknowledge: the spans of all members never overlap, and
// they would if a lease's end were noted when it is noticed.
func TestEventsTellWhoCouldAcknowledge(t *testing.T) {
	hunt := func(seed uint64, distort func(*targets.Event, time.Time)) bool {
		s := newSimulation(t, 3+2*int(seed%2), targets.ModeAsynchronous, seed)
		s.distort = distort
		random := rand.New(rand.NewPCG(seed, 3))
		for range 3000 {
			s.step(random.IntN(kindsOfSteps), random.IntN(4096), random.IntN(1<<16), seed%4 < 2)
		}
		s.heal()
		a, b, found := s.primacies.overlap()
		if found && distort == nil {
			t.Errorf("seed %d: member %d could acknowledge from %v to %v, and member %d from %v on", seed, a.member, a.from, a.to, b.member, b.from)
		}
		return found
	}
	for seed := range uint64(40) {
		hunt(seed, nil)
	}
	late := func(e *targets.Event, now time.Time) {
		if e.What == "fenced" {
			e.At = now
		}
	}
	for seed := range uint64(400) {
		if hunt(seed, late) {
			return
		}
	}
	t.Errorf("events that tell when an end was noticed never overlap: the check finds nothing")
}

// TestCutOffPrimaryNotesItsEnd: nobody asks it, and time passes.
func TestCutOffPrimaryNotesItsEnd(t *testing.T) {
	s := newSimulation(t, 3, targets.ModeSynchronous, 1)
	s.flow(5 * s.spec.Lease)
	old := s.open()
	if old != 0 {
		t.Fatalf("member %d is primary", old)
	}
	s.sever(old, 1)
	cut := s.now
	s.flow(10 * s.spec.Lease)
	if n := len(s.primacies); n != 2 || s.primacies[1].member == old {
		t.Fatalf("spans: %+v", s.primacies)
	}
	first, next := s.primacies[0], s.primacies[1]
	if first.to.Before(cut) || first.to.After(cut.Add(s.spec.Lease)) {
		t.Errorf("cut off at %v with a lease of %v, and fenced at %v", cut, s.spec.Lease, first.to)
	}
	if !next.from.After(first.to) || !next.to.IsZero() {
		t.Errorf("the next one could acknowledge from %v to %v", next.from, next.to)
	}
}
