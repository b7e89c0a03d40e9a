package replication

import (
	"fmt"
	"math/rand/v2"
	"time"

	"rung/targets"
)

// job is storage work that a member has under way. A crash loses it, or comes
// between its two parts.
type job struct {
	durable func()    // on the disk
	told    func()    // to the core
	begun   time.Time // where work takes time
}

// machine is one simulated member.
type machine struct {
	disk  *disk
	core  *core // nil while it is down
	jobs  []job
	wiped bool // has lost its disk and not been restored
	// paused says that its process is stopped.
	paused bool
	// ahead is what its clock shows more than the others'.
	ahead time.Duration
}

// packet is a message on its way.
type packet struct {
	from, to int
	m        message
	life     int       // of the receiver when it was sent
	sent     time.Time // where wires take time
}

// transfer is a snapshot that was made and is to be sent.
type transfer struct {
	from, life int
	offered    offered
	at         Position
	log        []Entry
}

// simulation is a group on a simulated network and clock.
type simulation struct {
	t         interface{ Fatalf(string, ...any) }
	spec      targets.Replication
	now       time.Time
	machines  []*machine
	wire      []packet
	transfers []transfer
	cut       map[[2]int]bool
	lives     []int
	promises  promises
	writes    int
	seed      uint64
	primacies primacies
	// tamper changes messages, damage cores, and distort events, to break a rule.
	tamper  func(*message)
	damage  func(*core, time.Time)
	distort func(*targets.Event, time.Time)
}

func newSimulation(t interface{ Fatalf(string, ...any) }, members int, mode targets.Mode, seed uint64) *simulation {
	s := &simulation{t: t, now: time.Unix(1000, 0), cut: map[[2]int]bool{}, lives: make([]int, members), promises: newPromises(members, mode), seed: seed,
		spec: targets.Replication{Mode: mode, Primary: "m0", Lease: 20 * time.Millisecond, Heartbeat: 4 * time.Millisecond}}
	random := rand.New(rand.NewPCG(seed, 1))
	for i := range members {
		s.spec.Members = append(s.spec.Members, fmt.Sprintf("m%d", i))
	}
	for i := range members {
		s.machines = append(s.machines, &machine{disk: &disk{joined: true}, ahead: time.Duration(random.IntN(1e9))})
		s.boot(i)
	}
	return s
}

// clock is what a member's clock shows.
func (s *simulation) clock(i int) time.Time { return s.now.Add(s.machines[i].ahead) }

func (s *simulation) boot(i int) {
	c, err := newCore(s.clock(i), i, s.spec, s.machines[i].disk, s.seed)
	if err != nil {
		s.t.Fatalf("%v", err)
	}
	s.machines[i].core = c
	s.lives[i]++
}

// crash ends a member; what it was about to make durable may be so, or not.
func (s *simulation) crash(i int, late bool) {
	m := s.machines[i]
	if late && m.core != nil && len(m.jobs) > 0 {
		m.jobs[0].durable()
	}
	s.primacies.killed(s, i)
	m.core, m.jobs = nil, nil
}

// wipe gives a member another, empty disk.
func (s *simulation) wipe(i int) {
	s.crash(i, false)
	s.machines[i].disk, s.machines[i].wiped = &disk{}, true
	s.boot(i)
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
	if s.damage != nil {
		s.damage(m.core, s.clock(i))
	}
	out := m.core.take(s.clock(i))
	s.primacies.note(s, i, out.events)
	for _, e := range out.to {
		decoded, err := decode(e.m.encode(nil)[4:])
		if err != nil {
			s.t.Fatalf("message does not survive the wire: %v", err)
		}
		if s.tamper != nil {
			s.tamper(&decoded)
		}
		s.wire = append(s.wire, packet{i, e.to, decoded, s.lives[e.to], s.now})
	}
	if out.apply != nil {
		m.jobs = append(m.jobs, job{
			durable: func() { s.extend(i, out.apply) },
			told: func() {
				last := out.apply[len(out.apply)-1].Position
				s.input(i, func(c *core) error { c.applied(s.clock(i), last, false); return nil })
			}})
	}
	for _, o := range out.offer {
		t := transfer{from: i, life: s.lives[i], offered: o}
		m.jobs = append(m.jobs, job{durable: func() {}, told: func() { // a copy is made
			t.log, t.at = append([]Entry(nil), m.disk.log...), m.disk.state().Last
			s.transfers = append(s.transfers, t)
		}})
	}
	s.check()
}

// extend appends to a member's log.
func (s *simulation) extend(i int, entries []Entry) {
	d := s.machines[i].disk
	for _, e := range entries {
		last := d.state().Last
		if e.Index != last.Index+1 {
			s.t.Fatalf("member %d stores entry %v after %v", i, e.Position, last)
		}
		d.log = append(d.log, e)
		s.promises.record(s.t, last, e)
	}
}

// send sends a snapshot, as Group.trySnapshot and takeSnapshot do.
func (s *simulation) send(k int) {
	t := s.transfers[k]
	s.transfers = append(s.transfers[:k], s.transfers[k+1:]...)
	sender, to := s.machines[t.from], t.offered.to
	if sender.core == nil || s.lives[t.from] != t.life {
		return
	}
	if sender.paused {
		s.transfers = append(s.transfers, t)
		return
	}
	receiver, life, accepted := s.machines[to], s.lives[to], false
	if sender.core.writable(s.clock(t.from)) && sender.core.term == t.offered.term && receiver.core != nil && !receiver.paused && !s.cut[[2]int{t.from, to}] {
		offer := message{kind: snapshotOffer, from: t.from, term: sender.core.term, pos: t.at, index: t.offered.common, joined: true}
		s.input(to, func(c *core) (err error) { accepted, err = c.onOffer(s.clock(to), offer); return err })
	}
	over := func(failed bool) {
		if s.lives[t.from] == t.life {
			s.input(t.from, func(c *core) error { c.seeded(t.offered, t.at, failed); return nil })
		}
	}
	if !accepted {
		over(true)
		return
	}
	receiver.jobs = append(receiver.jobs, job{
		durable: func() {
			d := receiver.disk
			if n := uint64(len(d.log)); n > t.offered.common {
				d.aside = append(d.aside, d.log[t.offered.common:]...)
			}
			d.log, d.joined, receiver.wiped = t.log, true, false
		},
		told: func() {
			s.input(to, func(c *core) error { c.restored(s.clock(to), t.at, false); return nil })
			over(s.lives[to] != life)
		}})
}

func (s *simulation) deliver(k int) {
	p := s.wire[k]
	if k == 0 { // the usual case, and a wire may be full
		s.wire = s.wire[1:]
	} else {
		s.wire = append(s.wire[:k], s.wire[k+1:]...)
	}
	if s.cut[[2]int{p.from, p.to}] || s.lives[p.to] != p.life {
		return
	}
	if s.machines[p.to].paused { // it waits in a buffer, if there is room
		if len(s.wire) < 1000 {
			s.wire = append(s.wire, p)
		}
		return
	}
	s.input(p.to, func(c *core) error { return c.receive(s.clock(p.to), p.m) })
}

// tick lets a member feel the time.
func (s *simulation) tick(i int) {
	if !s.machines[i].paused {
		s.input(i, func(c *core) error { return c.tick(s.clock(i)) })
	}
}

func (s *simulation) work(i int) {
	m := s.machines[i]
	if m.core == nil || m.paused || len(m.jobs) == 0 {
		return
	}
	do := m.jobs[0]
	m.jobs = m.jobs[1:]
	do.durable()
	do.told()
}

// write begins a client's write on a member; it takes time, and may fail.
func (s *simulation) write(i int, fails bool) {
	m := s.machines[i]
	if m.core == nil || m.paused {
		return
	}
	p, ok := m.core.begin(s.clock(i))
	if !ok {
		return
	}
	s.writes++
	e := Entry{p, s.now, []byte(fmt.Sprint(s.writes))}
	m.jobs = append(m.jobs, job{
		durable: func() {
			if !fails {
				s.extend(i, []Entry{e})
			}
		},
		told: func() { s.input(i, func(c *core) error { c.finish(s.clock(i), p, fails); return nil }) }})
}

// open is the member that accepts writes, or -1.
func (s *simulation) open() int {
	for i, m := range s.machines {
		if m.core != nil && m.core.writable(s.clock(i)) {
			return i
		}
	}
	return -1
}
