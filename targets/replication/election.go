package replication

import (
	"fmt"
	"time"
)

// election is a member's attempt to find a new primary: it asks how far the
// others are (round), and when it is the most advanced of a majority that is
// free to vote, it stands.
type election struct {
	round uint64
	// began is when the round began, asked when the others were last asked. A
	// round has several askings, because answers may take longer than a
	// heartbeat.
	began, asked time.Time
	known        map[int]Position // of those who answered in this round
	free         map[int]bool     // those of them who may vote
	votes        map[int]bool     // for the own candidacy
	stood        time.Time        // when that began
}

// patience is how long a round of questions, or a candidacy, lasts. Members may
// be far away, so it is many of their round trips; a candidacy must be over within
// a lease.
func (c *core) patience() time.Duration { return max(3*c.beat, c.lease/2) }

// watch looks whether there is a primary, and looks for one when there is
// none.
func (c *core) watch(now time.Time) error {
	if c.fixed() {
		if c.self == c.bootstrap && c.joined && !c.applying {
			return c.stand(now)
		}
		return nil
	}
	if c.fresh && c.self == c.bootstrap && c.joined && c.role == replica {
		return c.stand(now) // the first term needs no asking
	}
	if c.role == candidate && (now.Sub(c.election.stood) < c.patience() || c.term == 1 && now.Before(c.bound)) {
		if now.Sub(c.election.asked) >= c.beat { // the others may not have listened yet
			c.election.asked = now
			c.broadcast(message{kind: vote, pos: c.last})
		}
		return nil
	}
	if !c.joined {
		c.inquire(now)
		return nil
	}
	if now.Before(c.bound) || c.applying {
		return nil
	}
	if !c.suspected {
		c.suspected = true
		c.note(now, "suspect", c.leader, fmt.Sprintf("the lease of term %d ran out", c.term))
	}
	if now.Sub(c.election.asked) < c.beat {
		return nil
	}
	if c.role == candidate {
		c.stepDown(now, "no majority")
	}
	if c.election.known == nil || now.Sub(c.election.began) >= c.patience() {
		c.polls++
		c.election = election{round: c.polls, began: now, known: map[int]Position{}, free: map[int]bool{}}
	}
	c.election.asked = now
	c.broadcast(message{kind: poll, round: c.election.round, pos: c.last})
	return c.consider(now)
}

// free says that a member may vote for another primary now.
func (c *core) free(now time.Time) bool {
	switch {
	case !c.joined || c.restoring:
		return false
	case c.role == primary:
		return !now.Before(c.reign.until)
	}
	return !now.Before(c.bound)
}

func (c *core) onPoll(now time.Time, m message) {
	c.send(m.from, message{kind: pollReply, round: m.round, pos: c.last, ok: c.free(now)})
}

func (c *core) onPollReply(now time.Time, m message) error {
	e := &c.election
	if c.role != replica || m.round != e.round || e.known == nil {
		return nil
	}
	e.known[m.from], e.free[m.from] = m.pos, m.ok
	if !m.ok || now.Before(c.bound) || now.Before(c.pause) || c.applying {
		return nil
	}
	if m.term > c.term {
		// Somebody is in a later term without a primary: stand above it.
		if err := c.adoptQuietly(m.term); err != nil {
			return err
		}
	}
	return c.consider(now)
}

// consider stands for election when a majority would vote for it and nobody who
// answers should stand in its place. The answers of those who may be far away, and
// ahead, are waited for a little, but not that of the primary that is missed.
func (c *core) consider(now time.Time) error {
	e := &c.election
	if now.Before(c.bound) || now.Before(c.pause) || c.applying {
		return nil
	}
	supporters, silent := 1, 0
	for i := range c.names {
		pos, known := e.known[i]
		switch {
		case i == c.self:
		case !known && i != c.leader:
			silent++
		case known && c.yields(now, i, pos):
			return nil
		case known && e.free[i] && pos.Compare(c.last) <= 0: // the others would refuse their votes
			supporters++
		}
	}
	if supporters < c.majority() || silent > 0 && now.Sub(e.began) < 3*c.beat {
		return nil
	}
	return c.stand(now)
}

// yields says that another member shall have its chance first: one that is more
// advanced, or as advanced and of a lower number. Not for ever: its own
// messages may not reach a majority.
func (c *core) yields(now time.Time, to int, pos Position) bool {
	const chance = 20 // heartbeats
	late := now.Sub(c.bound)
	switch order := pos.Compare(c.last); {
	case order > 0:
		return late < chance*c.beat
	case order == 0 && to < c.self:
		return late < time.Duration(c.self)*3*c.beat
	}
	return false
}

// adoptQuietly enters a later term without giving up an election.
func (c *core) adoptQuietly(term uint64) error {
	if err := c.storage.SaveVote(term, ""); err != nil {
		return fmt.Errorf("save term %d: %w", term, err)
	}
	c.term, c.voted, c.leader, c.fresh, c.pending = term, -1, -1, false, nil
	return nil
}

// stand begins a candidacy in the next term.
func (c *core) stand(now time.Time) error {
	if err := c.adopt(now, c.term+1, c.self); err != nil {
		return err
	}
	c.role = candidate
	c.election = election{asked: now, stood: now, votes: map[int]bool{c.self: true}}
	if c.fixed() {
		c.win(now)
		return nil
	}
	c.broadcast(message{kind: vote, pos: c.last})
	return nil
}

func (c *core) onVote(now time.Time, m message) error {
	first := c.fresh && m.term == 1 && m.from == c.bootstrap && c.joined
	if m.term < c.term || m.term == c.term && c.voted >= 0 && c.voted != m.from || !first && !c.free(now) || m.pos.Compare(c.last) < 0 {
		c.send(m.from, message{kind: voteReply})
		return nil
	}
	if m.term > c.term || c.voted != m.from {
		if err := c.adopt(now, m.term, m.from); err != nil {
			return err
		}
	}
	c.send(m.from, message{kind: voteReply, ok: true})
	return nil
}

func (c *core) onVoteReply(now time.Time, m message) error {
	if m.term > c.term {
		return c.adopt(now, m.term, -1)
	}
	// A candidacy is over after a lease at the latest: a replacement, which has
	// forgotten its vote, relies on that (see inquiry).
	if c.role != candidate || m.term != c.term || !m.ok || now.Sub(c.election.stood) >= c.lease {
		return nil
	}
	c.election.votes[m.from] = true
	if len(c.election.votes) >= c.majority() {
		c.win(now)
	}
	return nil
}

// win begins a reign: with a barrier, so that the log has an entry of the new
// term.
func (c *core) win(now time.Time) {
	c.note(now, "elected", c.self, fmt.Sprintf("term %d, by %d of %d", c.term, len(c.election.votes), len(c.names)))
	c.role, c.leader, c.suspected = primary, c.self, false
	c.reign = newReign(now, len(c.names), c.last.Index, c.election.votes)
	c.election = election{}
	c.applying, c.workTerm = true, c.term
	c.out.apply = []Entry{{Position: Position{c.term, c.last.Index + 1}, At: now}}
	c.rule(now)
}
