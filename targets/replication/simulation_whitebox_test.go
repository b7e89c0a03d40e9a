package replication

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rung/targets"
)

// disk is what survives a crash of a simulated member: a Storage without I/O.
type disk struct {
	term   uint64
	vote   string
	joined bool
	log    []Entry // entry i has index i+1
	aside  []Entry // own entries that a snapshot replaced
}

func (d *disk) state() State {
	s := State{Term: d.term, Vote: d.vote, Joined: d.joined, Fresh: d.joined && d.term == 0 && len(d.log) == 0}
	if n := len(d.log); n > 0 {
		s.Last = d.log[n-1].Position
	}
	return s
}

func (d *disk) Load() (State, error) { return d.state(), nil }

func (d *disk) SaveVote(term uint64, vote string) error {
	d.term, d.vote = term, vote
	return nil
}

func (d *disk) Term(index uint64) (uint64, error) {
	switch {
	case index == 0:
		return 0, nil
	case index > uint64(len(d.log)):
		return 0, ErrNoEntry
	}
	return d.log[index-1].Term, nil
}

func (d *disk) Entries(after uint64, limit int) ([]Entry, error) {
	if after >= uint64(len(d.log)) {
		return nil, nil
	}
	rest := d.log[after:]
	return append([]Entry(nil), rest[:min(limit, len(rest))]...), nil
}

// job is storage work that a member has under way: a crash loses it.
type job func()

// machine is one simulated member.
type machine struct {
	sim   *simulation
	self  int
	disk  *disk
	core  *core // nil while it is down
	jobs  []job
	wiped bool // has lost its disk and not been restored
}

// packet is a message on its way.
type packet struct {
	from, to int
	m        message
	life     int // of the receiver when it was sent
}

// simulation is a group on a simulated network and clock.
type simulation struct {
	t        interface{ Fatalf(string, ...any) }
	spec     targets.Replication
	now      time.Time
	machines []*machine
	wire     []packet
	cut      map[[2]int]bool
	lives    []int
	// leaders by term, and what was acknowledged, by index.
	leaders map[uint64]int
	acked   map[uint64]Position
	// lossless says that no acknowledged write may ever be missing.
	lossless bool
	writes   int
	acks     int
	random   *rand.Rand
}

func newSimulation(t interface{ Fatalf(string, ...any) }, members int, mode targets.Mode, seed uint64) *simulation {
	s := &simulation{t: t, now: time.Unix(1000, 0), cut: map[[2]int]bool{}, lives: make([]int, members),
		leaders: map[uint64]int{}, acked: map[uint64]Position{}, lossless: mode == targets.ModeSynchronous || mode == targets.ModeSemiSynchronous && members == 3,
		random: rand.New(rand.NewPCG(seed, 1)),
		spec:   targets.Replication{Mode: mode, Primary: "m0", Lease: 150 * time.Millisecond, Heartbeat: 10 * time.Millisecond}}
	for i := range members {
		s.spec.Members = append(s.spec.Members, fmt.Sprintf("m%d", i))
	}
	for i := range members {
		s.machines = append(s.machines, &machine{sim: s, self: i, disk: &disk{joined: true}})
		s.boot(i)
	}
	return s
}

func (s *simulation) boot(i int) {
	m := s.machines[i]
	c, err := newCore(s.now, i, s.spec, m.disk)
	if err != nil {
		s.t.Fatalf("%v", err)
	}
	m.core = c
	s.lives[i]++
}

func (s *simulation) crash(i int) {
	s.machines[i].core, s.machines[i].jobs = nil, nil
}

// input gives a member's core something, and takes what it wants.
func (s *simulation) input(i int, do func(c *core) error) {
	m := s.machines[i]
	if m.core == nil {
		return
	}
	if err := do(m.core); err != nil {
		s.t.Fatalf("member %d: %v", i, err)
	}
	out := m.core.take()
	for _, e := range out.to {
		var wire bytes.Buffer
		wire.Write(e.m.encode(nil)[4:])
		decoded, err := decode(wire.Bytes())
		if err != nil {
			s.t.Fatalf("message does not survive the wire: %v", err)
		}
		s.wire = append(s.wire, packet{i, e.to, decoded, s.lives[e.to]})
	}
	if out.apply != nil {
		entries := out.apply
		m.jobs = append(m.jobs, func() {
			if n := uint64(len(m.disk.log)); entries[0].Index != n+1 {
				s.t.Fatalf("member %d applies entry %d after %d", i, entries[0].Index, n)
			}
			m.disk.log = append(m.disk.log, entries...)
			last := entries[len(entries)-1].Position
			s.input(i, func(c *core) error { c.applied(s.now, last, false); return nil })
		})
	}
	for _, o := range out.offer {
		m.jobs = append(m.jobs, func() { s.snapshot(i, o) })
	}
	s.check()
}

// snapshot is the transfer of one.
func (s *simulation) snapshot(from int, o offered) {
	sender, receiver := s.machines[from], s.machines[o.to]
	accepted := false
	var at Position
	if sender.core.writable(s.now) && receiver.core != nil && !s.cut[[2]int{from, o.to}] {
		if n := len(sender.disk.log); n > 0 {
			at = sender.disk.log[n-1].Position
		}
		copied := append([]Entry(nil), sender.disk.log...)
		offer := message{kind: snapshotOffer, from: from, term: sender.core.term, pos: at, index: o.common, joined: true}
		s.input(o.to, func(c *core) (err error) { accepted, err = c.onOffer(s.now, offer); return err })
		if accepted {
			life := s.lives[o.to]
			receiver.jobs = append(receiver.jobs, func() {
				if life != s.lives[o.to] {
					return
				}
				if n := uint64(len(receiver.disk.log)); n > o.common {
					receiver.disk.aside = append(receiver.disk.aside, receiver.disk.log[o.common:]...)
				}
				receiver.disk.log, receiver.disk.joined, receiver.wiped = copied, true, false
				s.input(o.to, func(c *core) error { c.restored(s.now, at, false); return nil })
			})
		}
	}
	s.input(from, func(c *core) error { c.seeded(o.to, at, !accepted); return nil })
}

func (s *simulation) deliver(k int) {
	p := s.wire[k]
	s.wire = append(s.wire[:k], s.wire[k+1:]...)
	if s.cut[[2]int{p.from, p.to}] || s.lives[p.to] != p.life {
		return
	}
	s.input(p.to, func(c *core) error { return c.receive(s.now, p.m) })
}

func (s *simulation) work(i int) {
	m := s.machines[i]
	if m.core == nil || len(m.jobs) == 0 {
		return
	}
	do := m.jobs[0]
	m.jobs = m.jobs[1:]
	do()
}

func (s *simulation) write(i int) bool {
	m := s.machines[i]
	if m.core == nil || !m.core.writable(s.now) {
		return false
	}
	s.writes++
	p := m.core.next()
	m.disk.log = append(m.disk.log, Entry{p, s.now, []byte(fmt.Sprint(s.writes))})
	s.input(i, func(c *core) error { c.committed(s.now, p); return nil })
	return true
}

// check holds the promises after every step.
func (s *simulation) check() {
	open := -1
	for i, m := range s.machines {
		c := m.core
		if c == nil || c.role != primary {
			continue
		}
		if other, ok := s.leaders[c.term]; ok && other != i {
			s.t.Fatalf("members %d and %d are both primary of term %d", other, i, c.term)
		}
		s.leaders[c.term] = i
		if !c.writable(s.now) {
			continue
		}
		if open >= 0 {
			s.t.Fatalf("members %d (term %d) and %d (term %d) may both acknowledge", open, s.machines[open].core.term, i, c.term)
		}
		open = i
		if s.lossless {
			for index, p := range s.acked {
				if index > uint64(len(m.disk.log)) || m.disk.log[index-1].Position != p {
					s.t.Fatalf("entry %v was acknowledged, and primary %d of term %d does not have it", p, i, c.term)
				}
			}
		}
		for index := c.acknowledged(); index > 0; index-- {
			p := m.disk.log[index-1].Position
			if p.Term != c.term || s.acked[index] == p {
				break
			}
			s.acked[index] = p
			s.acks++
		}
	}
}

// step does one random thing.
func (s *simulation) step(what, a, b int, wipes bool) {
	n := len(s.machines)
	switch what {
	case 0, 1, 2, 3, 4: // a message arrives, in any order
		if len(s.wire) > 0 {
			s.deliver(a % len(s.wire))
		}
	case 5, 6:
		s.work(a % n)
	case 7, 8: // time passes
		s.now = s.now.Add(time.Duration(b%15) * time.Millisecond)
		for i := range s.machines {
			s.input(i, func(c *core) error { return c.tick(s.now) })
		}
	case 9, 10:
		s.write(a % n)
	case 11: // a message is lost
		if len(s.wire) > 0 {
			k := a % len(s.wire)
			s.wire = append(s.wire[:k], s.wire[k+1:]...)
		}
	case 12: // wires are cut for some time
		switch b % 40 {
		case 0:
			s.cut[[2]int{a % n, a / n % n}] = true
		case 1, 2:
			for i := range s.machines {
				s.cut[[2]int{a % n, i}], s.cut[[2]int{i, a % n}] = true, true
			}
		case 3:
			s.cut = map[[2]int]bool{}
		}
	case 13:
		i := a % n
		if s.machines[i].core == nil {
			s.boot(i)
		} else if b%10 == 0 {
			s.crash(i)
		}
	case 14: // a member loses its disk: a minority at a time
		i, lost := a%n, 0
		for _, m := range s.machines {
			if m.wiped || !m.disk.joined {
				lost++
			}
		}
		if wipes && b%4 == 0 && lost < (n-1)/2 {
			s.crash(i)
			s.machines[i].disk, s.machines[i].wiped = &disk{}, true
			s.boot(i)
		}
	case 15: // a long silence
		if b%10 == 0 {
			s.now = s.now.Add(s.spec.Lease)
		}
	}
	s.check()
}

// heal ends all faults and runs the group in good order until it is quiet.
func (s *simulation) heal() {
	s.cut = map[[2]int]bool{}
	for i, m := range s.machines {
		if m.core == nil {
			s.boot(i)
		}
	}
	for range 400 {
		s.now = s.now.Add(5 * time.Millisecond)
		for i := range s.machines {
			s.input(i, func(c *core) error { return c.tick(s.now) })
		}
		for range 20 {
			for len(s.wire) > 0 {
				s.deliver(0)
			}
			for i := range s.machines {
				for len(s.machines[i].jobs) > 0 {
					s.work(i)
				}
			}
		}
	}
}

// open is the member that accepts writes, or -1.
func (s *simulation) open() int {
	for i, m := range s.machines {
		if m.core != nil && m.core.writable(s.now) {
			return i
		}
	}
	return -1
}

func run(t *rapid.T, members int, mode targets.Mode, wipes bool) {
	s := newSimulation(t, members, mode, 1)
	steps := rapid.SliceOfN(rapid.Uint32(), 50, 1500).Draw(t, "steps")
	for _, x := range steps {
		s.step(int(x%16), int(x>>4%4096), int(x>>16), wipes)
	}
	s.heal()
	leader := s.open()
	if leader < 0 {
		t.Fatalf("healed, and nobody accepts writes\n%s", s.picture())
	}
	before := s.acks
	s.write(leader)
	s.heal()
	if s.acks <= before {
		t.Fatalf("healed, and a write is not acknowledged")
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
		fmt.Fprintf(&b, "member %d: term %d voted %d role %d leader %d last %v joined %t applying %t restoring %t bound in %v suspected %t opened %t lease for %v, log of %d\n",
			i, c.term, c.voted, c.role, c.leader, c.last, c.joined, c.applying, c.restoring, c.bound.Sub(s.now), c.suspected, c.reign.opened, c.reign.until.Sub(s.now), len(m.disk.log))
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
// synchronously stays.
func TestAnyInterleaving(t *testing.T) {
	for _, members := range []int{3, 5} {
		for _, mode := range targets.Modes() {
			t.Run(fmt.Sprintf("%d %s", members, mode), func(t *testing.T) {
				t.Parallel()
				rapid.Check(t, func(t *rapid.T) { run(t, members, mode, false) })
			})
		}
	}
}

// TestLostDisks adds members that lose their disks, a minority at a time.
func TestLostDisks(t *testing.T) {
	for _, mode := range []targets.Mode{targets.ModeAsynchronous, targets.ModeSynchronous} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) { run(t, 3, mode, true) })
		})
	}
}
