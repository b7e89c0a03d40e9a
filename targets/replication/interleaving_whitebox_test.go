package replication

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rung/targets"
)

// kindsOfSteps is how many steps there are, of which some do the same.
const kindsOfSteps = 32

// step does one random thing.
func (s *simulation) step(what, a, b int, wipes bool) {
	n := len(s.machines)
	switch {
	case what < 10: // a message arrives: an old one mostly, but any may come
		if len(s.wire) > 0 {
			s.deliver(a % min(len(s.wire), []int{2, 8, 1 << 20}[b%3]))
		}
	case what < 16:
		s.work(a % n)
	case what < 19: // time passes, less than a heartbeat
		s.now = s.now.Add(time.Duration(b%4) * time.Millisecond)
		for i := range n {
			s.tick(i)
		}
	case what < 22:
		s.write(a%n, b%16 == 0)
	case what < 24:
		if len(s.transfers) > 0 {
			s.send(a % len(s.transfers))
		}
	case what == 24: // a message is lost
		if len(s.wire) > 0 {
			s.wire = slices.Delete(s.wire, a%len(s.wire), a%len(s.wire)+1)
		}
	case what == 25: // nothing happens for a while, but what is under way
		s.flow(time.Duration(b) * s.spec.Lease / (1 << 15))
	case what == 26: // time passes, and nobody notices
		if b%8 == 0 {
			s.now = s.now.Add(s.spec.Lease)
		}
	default:
		s.fault(what, a%n, b, wipes)
	}
	s.check()
}

func (s *simulation) fault(what, i, b int, wipes bool) {
	n := len(s.machines)
	switch what {
	case 27, 28:
		s.sever(i, b)
	case 29:
		if s.machines[i].core == nil {
			s.boot(i)
		} else if b%4 == 0 {
			s.crash(i, b%8 == 0)
		}
	case 30: // a process stops, and goes on later as if nothing had been
		s.machines[i].paused = b%4 == 0
	case 31: // a member loses its disk: a minority at a time
		if wipes && b%4 == 0 && s.lost() < (n-1)/2 {
			s.wipe(i)
		}
	}
}

// sever cuts the wires of a member, or one of them in one direction, or mends
// all.
func (s *simulation) sever(i, b int) {
	n := len(s.machines)
	switch b % 8 {
	case 0:
		s.cut[[2]int{i, b / 8 % n}] = true
	case 1:
		for k := range n {
			s.cut[[2]int{k, i}], s.cut[[2]int{i, k}] = true, true
		}
	case 2, 3:
		clear(s.cut)
	}
}

// lost is how many members have no data.
func (s *simulation) lost() (lost int) {
	for _, m := range s.machines {
		if m.wiped || !m.disk.joined {
			lost++
		}
	}
	return lost
}

// flow runs the group in good order for some time; faults stay.
func (s *simulation) flow(d time.Duration) {
	for end := s.now.Add(d); s.now.Before(end); {
		s.now = s.now.Add(time.Millisecond)
		for i := range s.machines {
			s.tick(i)
		}
		for range 4 {
			for range len(s.wire) {
				s.deliver(0)
			}
			for range len(s.transfers) {
				s.send(0)
			}
			for i := range s.machines {
				for range len(s.machines[i].jobs) {
					s.work(i)
				}
			}
		}
	}
}

// heal ends all faults and lets the group settle, for 30 leases.
func (s *simulation) heal() {
	clear(s.cut)
	for i, m := range s.machines {
		m.paused = false
		if m.core == nil {
			s.boot(i)
		}
	}
	s.flow(30 * s.spec.Lease)
}

func run(t *rapid.T, members int, mode targets.Mode, wipes bool) {
	s := newSimulation(t, members, mode, rapid.Uint64().Draw(t, "clocks"))
	for _, x := range rapid.SliceOfN(rapid.Uint32(), 50, 1500).Draw(t, "steps") {
		s.step(int(x%kindsOfSteps), int(x>>5%2048), int(x>>16), wipes)
	}
	s.heal()
	leader := s.open()
	if leader < 0 {
		t.Fatalf("healed, and nobody accepts writes\n%s", s.picture())
	}
	before := s.promises.acks
	s.write(leader, false)
	s.flow(10 * s.spec.Lease)
	if s.promises.acks <= before {
		t.Fatalf("healed, and a write is not acknowledged\n%s", s.picture())
	}
	if a, b, found := s.primacies.overlap(); found {
		t.Fatalf("by their events members %d and %d could acknowledge at one time: %+v, %+v", a.member, b.member, a, b)
	}
	want := s.machines[leader].disk.log
	for i, m := range s.machines {
		if got := m.disk.log; len(got) != len(want) || describe(got) != describe(want) {
			t.Fatalf("healed, and member %d has\n%s\nwhile the primary %d has\n%s", i, describe(got), leader, describe(want))
		}
	}
}

// picture shows what every member is at.
func (s *simulation) picture() string {
	var b bytes.Buffer
	for i, m := range s.machines {
		c := m.core
		if c == nil {
			fmt.Fprintf(&b, "member %d is down, log of %d\n", i, len(m.disk.log))
			continue
		}
		fmt.Fprintf(&b, "member %d: term %d voted %d role %d leader %d last %v joined %t applying %t restoring %t bound in %v suspected %t opened %t lease for %v, log of %d\n",
			i, c.term, c.voted, c.role, c.leader, c.last, c.joined, c.applying, c.restoring, c.bound.Sub(s.clock(i)), c.suspected, c.reign.opened, c.reign.until.Sub(s.clock(i)), len(m.disk.log))
	}
	return b.String()
}

func describe(log []Entry) string {
	var b bytes.Buffer
	for _, e := range log {
		fmt.Fprintf(&b, "%d.%d:%s ", e.Term, e.Index, e.Operation)
	}
	return b.String()
}

// TestAnyInterleaving is the promise of the package: whatever happens to
// messages, members, wires and disks, logs are one log when it is over, no two
// members ever acknowledge at one time, and what was acknowledged
// synchronously stays. In half of the cases a minority loses its disks.
func TestAnyInterleaving(t *testing.T) {
	for _, members := range []int{3, 5} {
		for _, mode := range targets.Modes() {
			for _, wipes := range []bool{false, true} {
				t.Run(fmt.Sprintf("%d %s, disks are lost: %t", members, mode, wipes), func(t *testing.T) {
					t.Parallel()
					rapid.Check(t, func(t *rapid.T) { run(t, members, mode, wipes) })
				})
			}
		}
	}
}

// TestFixedGroupsKeepTheirPrimary: in a group of two nobody takes the place of
// the primary, and synchronous writes wait for the other member.
func TestFixedGroupsKeepTheirPrimary(t *testing.T) {
	s := newSimulation(t, 2, targets.ModeSynchronous, 1)
	s.flow(5 * s.spec.Lease)
	s.crash(1, false)
	s.write(0, false)
	s.flow(5 * s.spec.Lease)
	if s.open() != 0 || s.promises.acks != 1 { // the barrier's
		t.Errorf("alone: member %d accepts writes, %d are acknowledged", s.open(), s.promises.acks)
	}
	s.boot(1)
	s.flow(5 * s.spec.Lease)
	if s.promises.acks != 2 {
		t.Errorf("%d writes are acknowledged", s.promises.acks)
	}
	s.crash(0, false)
	s.flow(30 * s.spec.Lease)
	if s.open() >= 0 || s.machines[1].core.term != 1 {
		t.Errorf("the replica took over\n%s", describe(s.machines[1].disk.log))
	}
	s.boot(0)
	s.flow(5 * s.spec.Lease)
	if s.open() != 0 || s.machines[0].core.term != 2 {
		t.Error("the primary is not back")
	}
}
