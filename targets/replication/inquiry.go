package replication

import (
	"fmt"
	"time"
)

// inquiry is what a replacement finds out before it takes data.
//
// It has forgotten its votes. One of them may be on its way still, and decide an
// election; a primary of an earlier term must not get this member's grants
// besides, or two majorities would not have a member in common. (The recovery of
// Viewstamped Replication Revisited had this gap: Michael, Ports, Sharma,
// Szekeres 2017, "Recovering Shared Objects Without Stable Storage".) So the
// replacement waits for one lease, after which each candidacy that it may have
// voted for is over, won or not. If one was won, then a majority less the members
// that forgot it is in its term: asking a majority of members with data meets one
// of them, and the replacement enters its term.
type inquiry struct {
	after    time.Time
	round    uint64
	asked    time.Time
	answered map[int]bool
	done     bool
}

// informed says that a member without data may be given it. The primary of a
// fixed group is never elected, so that nothing can have been forgotten there.
func (c *core) informed() bool { return c.fixed() || c.inquiry.done }

// inquire asks the others for their terms.
func (c *core) inquire(now time.Time) {
	q := &c.inquiry
	if q.done || now.Before(q.after) || now.Sub(q.asked) < c.beat {
		return
	}
	if q.round == 0 {
		c.polls++
		q.round, q.answered = c.polls, map[int]bool{}
	}
	q.asked = now
	c.broadcast(message{kind: poll, round: q.round, pos: c.last})
}

// onAnswer counts an answer of a member that has data.
func (c *core) onAnswer(now time.Time, m message) error {
	q := &c.inquiry
	if q.done || q.round != m.round || !m.joined {
		return nil
	}
	if m.term > c.term {
		if err := c.adopt(now, m.term, -1); err != nil {
			return fmt.Errorf("inquiry: %w", err)
		}
	}
	q.answered[m.from] = true
	q.done = len(q.answered) >= c.majority()
	return nil
}
