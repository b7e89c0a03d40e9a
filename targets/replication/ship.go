package replication

import (
	"errors"
	"fmt"
	"time"
)

// batch bounds the entries of one message.
const batch = 512

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

// shipTo sends one member the next entries, unless it still owes an answer for
// the last ones. An answer that does not come is not waited for longer than a
// few heartbeats: entries that come twice do no harm.
func (c *core) shipTo(now time.Time, to int) {
	f := &c.reign.peers[to]
	const patience = 5 // heartbeats
	if !c.reign.opened || f.seeding || !f.joined || !f.shipped.IsZero() && now.Sub(f.shipped) < patience*c.beat {
		return
	}
	if f.next > c.last.Index && f.matched == c.last.Index {
		return
	}
	f.next = min(f.next, c.last.Index+1)
	before, err := c.storage.Term(f.next - 1)
	if errors.Is(err, ErrCompacted) {
		c.seed(now, to, f.next-1)
		return
	}
	if err != nil {
		return // the next heartbeat tries again
	}
	m := message{kind: appendEntries, prev: Position{before, f.next - 1}, pos: c.last}
	if f.next <= c.last.Index {
		if m.entries, err = c.storage.Entries(f.next-1, batch); err != nil {
			if errors.Is(err, ErrCompacted) {
				c.seed(now, to, f.next-1)
			}
			return
		}
		// A commit that is about to end may be in the log already.
		if most := c.last.Index + 1 - f.next; uint64(len(m.entries)) > most {
			m.entries = m.entries[:most]
		}
	}
	f.shipped = now
	c.send(to, m)
}

// onAppend appends what follows the own log, says from where to try again when
// it does not fit, and asks for a snapshot when the own log has what the
// primary's has not.
func (c *core) onAppend(now time.Time, m message) error {
	ok, err := c.obey(now, m)
	if err != nil || !ok || !c.joined || c.applying {
		return err
	}
	c.leaderLast = m.pos
	if hint, fits, err := c.fits(m.prev); err != nil {
		return err
	} else if !fits {
		c.send(m.from, message{kind: appendReply, index: hint, pos: c.last})
		return nil
	}
	entries := m.entries
	at := m.prev
	for len(entries) > 0 && entries[0].Index <= c.last.Index {
		term, err := c.storage.Term(entries[0].Index)
		if err != nil && !errors.Is(err, ErrCompacted) {
			return fmt.Errorf("term of entry %d: %w", entries[0].Index, err)
		}
		if err == nil && term != entries[0].Term {
			return c.diverge(now, m.from, at.Index)
		}
		at = entries[0].Position
		entries = entries[1:]
	}
	if len(entries) > 0 {
		c.applying, c.workTerm = true, c.term
		c.out.apply = entries
		return nil
	}
	if c.last.Index > m.pos.Index {
		// A primary's log begins its term with a barrier: what lies beyond its
		// end and is of an earlier term is not in it. What is of its own term
		// came from it; the message is an old one.
		if term, err := c.storage.Term(m.pos.Index + 1); err == nil && term != m.term {
			return c.diverge(now, m.from, m.pos.Index)
		}
	}
	c.send(m.from, message{kind: appendReply, ok: true, index: at.Index, pos: c.last})
	return nil
}

// fits says whether the own log holds a position, and if not, where to try
// next.
func (c *core) fits(p Position) (hint uint64, ok bool, err error) {
	if p.Index > c.last.Index {
		return c.last.Index, false, nil
	}
	term, err := c.storage.Term(p.Index)
	switch {
	case errors.Is(err, ErrCompacted):
		return 0, true, nil // entries that old were applied everywhere long ago
	case err != nil:
		return 0, false, fmt.Errorf("term of entry %d: %w", p.Index, err)
	case term == p.Term:
		return 0, true, nil
	}
	// Step back over the whole term that does not fit.
	hint = p.Index - 1
	for hint > 0 {
		before, err := c.storage.Term(hint)
		if err != nil || before != term {
			break
		}
		hint--
	}
	return hint, false, nil
}

// diverge tells the primary that the own log has other entries after common.
func (c *core) diverge(now time.Time, to int, common uint64) error {
	if c.last.Index <= common {
		return nil
	}
	if !c.parted {
		c.parted = true
		c.note(now, "diverged", to, fmt.Sprintf("%d entries", c.last.Index-common))
	}
	c.send(to, message{kind: appendReply, index: common, diverged: true, pos: c.last})
	return nil
}

func (c *core) onAppendReply(now time.Time, m message) error {
	if m.term > c.term {
		return c.adopt(now, m.term, -1)
	}
	if c.role != primary || m.term != c.term {
		return nil
	}
	f := &c.reign.peers[m.from]
	f.heard, f.joined, f.shipped = now, true, time.Time{} // others do not answer entries
	switch {
	case m.diverged:
		c.seed(now, m.from, m.index)
	case m.ok && m.index <= c.last.Index:
		f.matched = max(f.matched, m.index)
		f.next = max(f.next, m.index+1)
		c.joins(now, m.from)
		c.out.changed = true
		c.shipTo(now, m.from)
	case !m.ok:
		f.next = min(f.next, m.index+1)
		c.shipTo(now, m.from)
	}
	return nil
}

// onOffer begins to restore a snapshot of the primary's, or refuses it.
func (c *core) onOffer(now time.Time, m message) (accepted bool, err error) {
	ok, err := c.obey(now, m)
	if err != nil || !ok || c.applying || !c.joined && !c.informed() {
		return false, err
	}
	if c.joined && c.last.Term == m.term && m.pos.Index < c.last.Index {
		return false, nil // older than what this primary was told to be held here
	}
	c.applying, c.restoring, c.workTerm = true, true, c.term
	return true, nil
}
