package replication

import (
	"fmt"
	"slices"
	"time"

	"rung/targets"
)

// reign is what a primary knows of its term.
type reign struct {
	// opened is true from the barrier on.
	opened bool
	// until is the end of the lease that a majority has granted.
	until time.Time
	// round is the number of the last heartbeat, and beats are those that can
	// still count.
	round  uint64
	beaten time.Time
	beats  map[uint64]beat
	peers  []follower
}

// beat is a heartbeat that was sent to all.
type beat struct {
	at time.Time
	// by are the members that granted the lease.
	by map[int]bool
	// last is where the log ended, and next the entry that was to be shipped to
	// each member next.
	last uint64
	next []uint64
}

// follower is what a primary knows of one other member.
type follower struct {
	// next is the entry to be shipped, matched the last one that the member is
	// known to have applied.
	next, matched uint64
	// flights are what is between the two; progress is when the member last
	// answered, or when the first of them was sent.
	flights  []flight
	progress time.Time
	// agreed says that it has confirmed where its log fits.
	agreed bool
	// sent counts messages with entries. Of those up to voided a refusal does
	// not count, and of heartbeats up to rewound what is missing.
	sent, voided, rewound uint64
	heard                 time.Time
	joined                bool
	// member of the synchronous set.
	member bool
	// seeding says that a snapshot is on its way.
	seeding bool
}

func newReign(now time.Time, members int, last uint64, supporters map[int]bool) reign {
	r := reign{beats: map[uint64]beat{}, peers: make([]follower, members)}
	for i := range r.peers {
		r.peers[i] = follower{next: last + 1, joined: supporters[i], member: supporters[i]}
		if supporters[i] {
			r.peers[i].heard = now
		}
	}
	return r
}

// writable says that this member may accept and acknowledge writes now.
func (c *core) writable(now time.Time) bool {
	return c.role == primary && c.reign.opened && c.leased(now)
}

// leased says that a primary's lease lasts. One of a fixed group needs none.
func (c *core) leased(now time.Time) bool { return c.fixed() || now.Before(c.reign.until) }

// rule does what a primary does from time to time.
func (c *core) rule(now time.Time) {
	r := &c.reign
	for i := range r.peers {
		if i != c.self && now.Sub(r.peers[i].heard) > c.lease {
			c.leaves(now, i, "not heard of for a lease")
		}
	}
	if now.Sub(r.beaten) < c.beat && r.round > 0 {
		return
	}
	r.round++
	r.beaten = now
	b := beat{at: now, by: map[int]bool{c.self: true}, last: c.last.Index, next: make([]uint64, len(r.peers))}
	for i, f := range r.peers {
		b.next[i] = f.next
	}
	r.beats[r.round] = b
	for round, old := range r.beats {
		if now.Sub(old.at) > c.lease {
			delete(r.beats, round)
		}
	}
	c.broadcast(message{kind: heartbeat, round: r.round, pos: c.last})
	c.ship(now)
}

func (c *core) onHeartbeat(now time.Time, m message) error {
	ok, err := c.obey(now, m)
	if err != nil {
		return err
	}
	if !ok {
		c.send(m.from, message{kind: heartbeatReply, round: m.round, pos: c.last})
		return nil
	}
	c.leaderLast = m.pos
	// The grant counts from now on this side, and from the sending of the
	// heartbeat, which was earlier, on the other.
	if until := now.Add(c.lease); until.After(c.bound) {
		c.bound = until
	}
	c.send(m.from, message{kind: heartbeatReply, round: m.round, pos: c.last, index: c.reach(), ok: c.joined, ready: !c.joined && c.informed() && !c.applying})
	return nil
}

func (c *core) onHeartbeatReply(now time.Time, m message) error {
	if m.term > c.term {
		return c.adopt(now, m.term, -1)
	}
	if c.role != primary || m.term != c.term {
		return nil
	}
	r := &c.reign
	f := &r.peers[m.from]
	f.heard = now
	if b, known := r.beats[m.round]; known && m.ok {
		b.by[m.from] = true
		if until := b.at.Add(c.lease); len(b.by) >= c.majority() && until.After(r.until) {
			c.weigh(now) // the last lease may have ended before
			r.until = until
			c.out.changed = true
		}
	}
	if !m.joined {
		c.lost(now, m.from)
		if m.ready {
			c.seed(now, m.from, 0)
		}
		return nil
	}
	f.joined = true
	c.mend(now, m.from, m)
	c.shipTo(now, m.from)
	return nil
}

// lost notes that a member holds nothing of what it was known to hold.
func (c *core) lost(now time.Time, i int) {
	f := &c.reign.peers[i]
	f.joined, f.matched, f.agreed = false, 0, false
	f.rewind(f.next, c.reign.round)
	c.leaves(now, i, "it has lost its data")
}

// leaves takes a member out of the synchronous set.
func (c *core) leaves(now time.Time, i int, cause string) {
	f := &c.reign.peers[i]
	if !f.member {
		return
	}
	f.member = false
	c.note(now, "left", i, cause)
	c.out.changed = true
}

// reached is the last entry that may be acknowledged now; 0 when this member
// may acknowledge nothing.
func (c *core) reached(now time.Time) uint64 {
	if !c.writable(now) {
		return 0
	}
	return c.acknowledged()
}

// acknowledged is the last entry of the term that may be acknowledged by the
// mode.
func (c *core) acknowledged() uint64 {
	switch c.mode {
	case targets.ModeSemiSynchronous:
		most := uint64(0)
		for i, f := range c.reign.peers {
			if i != c.self && f.joined {
				most = max(most, f.matched)
			}
		}
		if len(c.names) == 1 {
			return c.last.Index
		}
		return most
	case targets.ModeSynchronous:
		return c.heldByAll()
	}
	return c.last.Index
}

// heldByAll is the last entry that every member of the synchronous set holds,
// and a majority of all members.
func (c *core) heldByAll() uint64 {
	least, matched := c.last.Index, []uint64{c.last.Index}
	for i, f := range c.reign.peers {
		if i == c.self {
			continue
		}
		if f.member {
			least = min(least, f.matched)
		}
		if f.joined {
			matched = append(matched, f.matched)
		}
	}
	if len(matched) < c.majority() {
		return 0
	}
	slices.Sort(matched) // the majority-th largest is held by a majority
	return min(least, matched[len(matched)-c.majority()])
}

// begin gives the position of the next write, if this member may accept one.
// Until finish it has no other storage work: a commit takes time, and the
// primacy may be lost meanwhile.
func (c *core) begin(now time.Time) (Position, bool) {
	if c.applying || !c.writable(now) {
		return Position{}, false
	}
	c.applying, c.workTerm = true, c.term
	return Position{c.term, c.last.Index + 1}, true
}

// finish is told how the commit of a write ended.
func (c *core) finish(now time.Time, p Position, failed bool) {
	c.applying = false
	if failed {
		return
	}
	c.last = p
	c.out.changed = true
	if c.role == primary {
		c.ship(now)
	}
}

// seed has a snapshot sent to a member, if this primary is one still: only a
// primary whose lease holds without that member may give it data.
func (c *core) seed(now time.Time, to int, common uint64) {
	f := &c.reign.peers[to]
	if f.seeding || !c.writable(now) {
		return
	}
	f.seeding = true
	c.out.offer = append(c.out.offer, offered{to, common, c.term})
}

// seeded is told how the sending of a snapshot ended.
func (c *core) seeded(o offered, p Position, failed bool) {
	if c.role != primary || c.term != o.term {
		return
	}
	f := &c.reign.peers[o.to]
	f.seeding, f.agreed = false, false
	next := f.next
	if !failed {
		next = p.Index + 1
	}
	f.rewind(next, c.reign.round)
}

// joins takes a member into the synchronous set when it has caught up: it lacks a
// few entries only, or those of the last half lease. Far away, and under load, it
// always lacks what is on its way. As a member of the set it holds writes up until
// it has them.
func (c *core) joins(now time.Time, i int) {
	f := &c.reign.peers[i]
	if !f.joined || f.member {
		return
	}
	const near = 16 // entries
	if f.matched+near < c.last.Index && !c.reign.had(f.matched, now.Add(-c.lease/2)) {
		return
	}
	f.member = true
	c.note(now, "joined", i, fmt.Sprintf("it has %d of %d entries", f.matched, c.last.Index))
}

// had says whether the log ended at an entry, or before it, at some time or later.
func (r *reign) had(index uint64, since time.Time) bool {
	for _, b := range r.beats {
		if !b.at.Before(since) && b.last <= index {
			return true
		}
	}
	return false
}
