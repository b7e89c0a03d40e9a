package replication

import (
	"errors"
	"fmt"
	"time"
)

// onAppend appends what follows the own log, says from where to try again when
// it does not fit, and asks for a snapshot when the own log has what the
// primary's has not.
func (c *core) onAppend(now time.Time, m message) error {
	ok, err := c.obey(now, m)
	if err != nil || !ok || !c.joined {
		return err
	}
	c.leaderLast = m.pos
	if c.applying {
		c.enqueue(m)
		return nil
	}
	if hint, fits, err := c.fits(m.prev); err != nil {
		return err
	} else if !fits {
		c.send(m.from, message{kind: appendReply, round: m.round, index: hint, pos: c.last})
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
		c.handOut(entries)
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
	c.send(m.from, message{kind: appendReply, round: m.round, ok: true, index: at.Index, pos: c.last})
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

// handOut gives the storage a batch to apply.
func (c *core) handOut(entries []Entry) {
	c.applying, c.workTerm = true, c.term
	c.taken = entries[len(entries)-1].Position
	c.out.apply = entries
}

// enqueue keeps entries that came while the storage is at work and follow what it
// has been given. What does not fit is asked for again; what comes twice is
// dropped.
func (c *core) enqueue(m message) {
	switch {
	case c.restoring || c.workTerm != c.term:
		// The log will be another one when that is over.
	case m.prev == c.taken && len(m.entries) > 0 && len(c.pending) < flightMost:
		c.pending = append(c.pending, m.entries)
		c.taken = m.entries[len(m.entries)-1].Position
	case m.prev.Index > c.taken.Index:
		c.send(m.from, message{kind: appendReply, round: m.round, index: c.taken.Index, pos: c.last})
	}
}

// dequeue hands out what was kept meanwhile: as much as fits into one batch.
func (c *core) dequeue() {
	if len(c.pending) == 0 {
		return
	}
	entries := c.pending[0]
	n := 1
	for n < len(c.pending) && len(entries)+len(c.pending[n]) <= batch {
		entries = append(entries, c.pending[n]...)
		n++
	}
	rest, end := c.pending[n:], c.taken
	c.handOut(entries)
	c.pending, c.taken = rest, end
}

// reach is the end of the own log and of what is about to be appended to it.
func (c *core) reach() uint64 {
	if c.applying && !c.restoring && c.workTerm == c.term && c.role == replica {
		return c.taken.Index
	}
	return c.last.Index
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
