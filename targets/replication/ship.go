package replication

import (
	"errors"
	"time"
)

const (
	// batch bounds the entries of one message.
	batch = 512
	// flightMost and flightBytes bound what is shipped to a member and not
	// answered yet, in messages and in bytes: with a long wire between them, the
	// primary does not wait for an answer before it ships more.
	flightMost  = 64
	flightBytes = 512 << 10
	// atOnce bounds the messages that one step ships to a member.
	atOnce = 8
	// entryBytes is what an entry takes beside its operation.
	entryBytes = 32
)

// flight is a message with entries up to last that a member has not answered.
type flight struct {
	last  uint64
	bytes int
}

// full says that a member must answer before more is shipped. One that has not
// said where its log fits is asked with one message at a time.
func (f *follower) full() bool {
	bytes := 0
	for _, x := range f.flights {
		bytes += x.bytes
	}
	return !f.agreed && len(f.flights) > 0 || len(f.flights) >= flightMost || bytes >= flightBytes
}

// rewind ships again from an entry on. What is on its way is not counted on any
// more, nor are answers to it.
func (f *follower) rewind(next, round uint64) {
	f.next, f.flights = next, nil
	f.voided, f.rewound = f.sent, round
}

// ship sends every member what it lacks.
func (c *core) ship(now time.Time) {
	if !c.reign.opened {
		return
	}
	for i := range c.names {
		if i != c.self && c.reign.peers[i].joined {
			c.shipTo(now, i)
		}
	}
}

// shipTo sends one member the next entries, as far as it may have more on its
// way.
func (c *core) shipTo(now time.Time, to int) {
	f := &c.reign.peers[to]
	for range atOnce {
		if !c.reign.opened || f.seeding || !f.joined || f.full() {
			return
		}
		f.next = min(f.next, c.last.Index+1)
		if f.next > c.last.Index && (f.matched == c.last.Index || len(f.flights) > 0) {
			return
		}
		m, ok := c.shipment(now, to)
		if !ok {
			return
		}
		if len(f.flights) == 0 {
			f.progress = now
		}
		x := flight{last: m.prev.Index + uint64(len(m.entries))}
		for _, e := range m.entries {
			x.bytes += len(e.Operation) + entryBytes
		}
		f.flights = append(f.flights, x)
		f.next = x.last + 1
		c.sendEntries(to, m)
	}
}

// shipment makes the next message with entries for a member; one without any
// asks whether the logs match.
func (c *core) shipment(now time.Time, to int) (m message, ok bool) {
	f := &c.reign.peers[to]
	before, err := c.storage.Term(f.next - 1)
	if errors.Is(err, ErrCompacted) {
		c.seed(now, to, f.next-1)
		return m, false
	}
	if err != nil {
		return m, false // the next heartbeat tries again
	}
	m = message{kind: appendEntries, prev: Position{before, f.next - 1}, pos: c.last}
	if f.next > c.last.Index {
		return m, true
	}
	if m.entries, err = c.storage.Entries(f.next-1, batch); err != nil || len(m.entries) == 0 {
		if errors.Is(err, ErrCompacted) {
			c.seed(now, to, f.next-1)
		}
		return m, false
	}
	// A commit that is about to end may be in the log already.
	if most := c.last.Index + 1 - f.next; uint64(len(m.entries)) > most {
		m.entries = m.entries[:most]
	}
	return m, true
}

func (c *core) sendEntries(to int, m message) {
	f := &c.reign.peers[to]
	f.sent++
	m.round = f.sent
	c.send(to, m)
}

// mend looks at a heartbeat's answer for shipped entries that did not arrive:
// messages of one connection arrive in order, so a member that has the heartbeat
// has what was shipped before it, or never will have it. A lost answer is asked
// for again.
func (c *core) mend(now time.Time, from int, m message) {
	f, r := &c.reign.peers[from], &c.reign
	b, known := r.beats[m.round]
	if !known || f.seeding || m.round <= f.rewound {
		return
	}
	const patience = 5 // heartbeats
	switch {
	case m.index+1 < b.next[from]:
		f.rewind(max(m.index, f.matched)+1, r.round)
	case len(f.flights) > 0 && now.Sub(f.progress) >= patience*c.beat:
		f.progress = now
		if before, err := c.storage.Term(f.next - 1); err == nil {
			c.sendEntries(from, message{kind: appendEntries, prev: Position{before, f.next - 1}, pos: c.last})
		}
	}
}

func (c *core) onAppendReply(now time.Time, m message) error {
	if m.term > c.term {
		return c.adopt(now, m.term, -1)
	}
	if c.role != primary || m.term != c.term {
		return nil
	}
	f := &c.reign.peers[m.from]
	f.heard, f.joined = now, true // others do not answer entries
	switch {
	case m.diverged:
		c.seed(now, m.from, m.index)
	case m.ok && m.index <= c.last.Index:
		f.matched, f.agreed, f.progress = max(f.matched, m.index), true, now
		f.next = max(f.next, f.matched+1)
		for len(f.flights) > 0 && f.flights[0].last <= f.matched {
			f.flights = f.flights[1:]
		}
		c.joins(now, m.from)
		c.out.changed = true
		c.shipTo(now, m.from)
	case !m.ok && m.round > f.voided:
		f.agreed = false
		f.rewind(min(f.next, m.index+1), c.reign.round)
		c.shipTo(now, m.from)
	}
	return nil
}
