package replication

import (
	"fmt"
	"math/rand/v2"
	"time"

	"rung/targets"
)

// role of a member.
type role uint8

const (
	replica role = iota
	candidate
	primary
)

// output is what a core wants done: messages to be sent, storage work, and
// things that happened. The caller takes all of it after each input.
type output struct {
	to      []envelope
	apply   []Entry   // one batch for Storage.Apply
	offer   []offered // snapshots that are to be sent
	events  []targets.Event
	changed bool // acknowledgements or the primacy may have changed
}

type envelope struct {
	to int
	m  message
}

// offered is a snapshot for a member, whose log matches up to common. Only the
// reign of that term may send it.
type offered struct {
	to     int
	common uint64
	term   uint64
}

// records are the part of a Storage that a core uses itself: quick and
// durable.
type records interface {
	Load() (State, error)
	SaveVote(term uint64, vote string) error
	Term(index uint64) (uint64, error)
	Entries(after uint64, limit int) ([]Entry, error)
}

// core is the state machine of one member, without clocks, goroutines or
// connections. It is for one goroutine at a time.
type core struct {
	names     []string
	self      int
	mode      targets.Mode
	lease     time.Duration
	beat      time.Duration
	bootstrap int // number of the member that takes the first term
	storage   records

	term   uint64
	voted  int // in this term; -1 for none
	last   Position
	joined bool
	fresh  bool
	role   role
	leader int // of this term, as far as known; -1 for nobody
	// leaderLast is the end of the primary's log, as last heard.
	leaderLast Position
	// bound is when this member may stand for election or vote: what it
	// granted, before it or before a restart, is over then.
	bound time.Time
	// pause is when it may stand again after it failed.
	pause time.Time
	// applying says that storage work is under way, a batch, a snapshot's
	// restore or a client's commit; restoring that it is a restore.
	applying, restoring bool
	// workTerm is the term in which that work was handed out.
	workTerm uint64
	// pending are entries of the term's primary that follow what was handed
	// out, and taken is where they end.
	pending   [][]Entry
	taken     Position
	suspected bool // since the primary was last heard
	parted    bool // "diverged" was noted for this primary
	open      bool // writable, as last noted in an event

	// polls numbers the polls of this life of the member.
	polls    uint64
	inquiry  inquiry
	election election
	random   *rand.Rand
	reign    reign
	out      output
}

// newCore starts a member from its stored state.
func newCore(now time.Time, self int, spec targets.Replication, storage records, seed uint64) (*core, error) {
	s, err := storage.Load()
	if err != nil {
		return nil, fmt.Errorf("load the state of the group: %w", err)
	}
	c := &core{names: spec.Members, self: self, mode: spec.Mode, lease: spec.Lease, beat: spec.Heartbeat, storage: storage,
		term: s.Term, voted: -1, last: s.Last, joined: s.Joined, fresh: s.Fresh && s.Term == 0, leader: -1, bootstrap: -1,
		random: rand.New(rand.NewPCG(seed, uint64(self)))}
	for i, name := range spec.Members {
		if name == s.Vote {
			c.voted = i
		}
		if name == spec.Primary {
			c.bootstrap = i
		}
	}
	c.bound = now.Add(spec.Lease)
	c.inquiry.after = c.bound
	// An answer to a poll of an earlier life must not count in this one.
	c.polls = uint64(max(now.UnixNano(), 0))
	return c, nil
}

// majority is how many members more than half are.
func (c *core) majority() int { return len(c.names)/2 + 1 }

// fixed groups are too small for a majority without each one of them: their
// first primary stays it.
func (c *core) fixed() bool { return len(c.names) <= 2 }

// take returns what is to be done since the last call.
func (c *core) take(now time.Time) output {
	c.weigh(now)
	out := c.out
	c.out = output{}
	return out
}

func (c *core) send(to int, m message) {
	m.from, m.term, m.joined = c.self, c.term, c.joined
	c.out.to = append(c.out.to, envelope{to, m})
}

func (c *core) broadcast(m message) {
	for i := range c.names {
		if i != c.self {
			c.send(i, m)
		}
	}
}

func (c *core) note(at time.Time, what string, subject int, cause string) {
	e := targets.Event{At: at, What: what, Cause: cause}
	if subject >= 0 {
		e.Subject = c.names[subject]
	}
	c.out.events = append(c.out.events, e)
}

// adopt enters a later term. It fails when the storage does.
func (c *core) adopt(now time.Time, term uint64, voted int) error {
	name := ""
	if voted >= 0 {
		name = c.names[voted]
	}
	if err := c.storage.SaveVote(term, name); err != nil {
		return fmt.Errorf("save the vote of term %d: %w", term, err)
	}
	if term > c.term {
		c.stepDown(now, "term "+fmt.Sprint(term)+" has begun")
		c.leader, c.pending = -1, nil
	}
	c.term, c.voted, c.fresh = term, voted, false
	return nil
}

// weigh notes when this member begins and ceases to accept writes.
func (c *core) weigh(now time.Time) {
	open := c.writable(now)
	if open == c.open {
		return
	}
	c.open, c.out.changed = open, true
	if open {
		c.note(now, "promoted", c.self, fmt.Sprintf("term %d", c.term))
	} else {
		c.note(c.reign.until, "fenced", c.self, fmt.Sprintf("the lease of term %d ran out", c.term))
	}
}

// stepDown ends a primacy or a candidacy.
func (c *core) stepDown(now time.Time, cause string) {
	if c.role == primary {
		c.weigh(now) // the lease may have ended before
		c.note(now, "demoted", c.self, cause)
		c.open, c.out.changed = false, true
	}
	if c.role == candidate {
		// For a random time, so that two that stood at once do not do it again.
		c.pause = now.Add(3*c.beat + time.Duration(c.random.Int64N(int64(len(c.names))*4*int64(c.beat))))
	}
	if c.leader == c.self {
		c.leader = -1
	}
	c.role = replica
	c.reign = reign{}
	c.election = election{}
}

// tick lets time pass.
func (c *core) tick(now time.Time) error {
	if c.role == primary {
		c.rule(now)
		return nil
	}
	return c.watch(now)
}

// receive takes a message of another member.
func (c *core) receive(now time.Time, m message) error {
	if m.from < 0 || m.from >= len(c.names) || m.from == c.self {
		return fmt.Errorf("message from member number %d of %d", m.from, len(c.names))
	}
	switch m.kind {
	case heartbeat:
		return c.onHeartbeat(now, m)
	case heartbeatReply:
		return c.onHeartbeatReply(now, m)
	case poll:
		c.onPoll(now, m)
	case pollReply:
		if !c.joined {
			return c.onAnswer(now, m)
		}
		return c.onPollReply(now, m)
	case vote:
		return c.onVote(now, m)
	case voteReply:
		return c.onVoteReply(now, m)
	case appendEntries:
		return c.onAppend(now, m)
	case appendReply:
		return c.onAppendReply(now, m)
	}
	return nil
}

// obey follows the primary of a message, if its term is not over.
func (c *core) obey(now time.Time, m message) (ok bool, err error) {
	if m.term < c.term {
		return false, nil
	}
	if m.term > c.term {
		if err := c.adopt(now, m.term, -1); err != nil {
			return false, err
		}
	}
	if c.role != replica {
		c.stepDown(now, "another member leads the term")
	}
	if c.leader != m.from {
		c.leader, c.parted = m.from, false
		c.note(now, "following", m.from, "")
	}
	c.suspected = false
	c.election = election{}
	return true, nil
}

// applied is told of the end of a batch that was handed out.
func (c *core) applied(now time.Time, last Position, failed bool) {
	c.applying = false
	if failed {
		c.pending = nil
		if c.role == primary && !c.reign.opened {
			c.stepDown(now, "the storage failed")
		}
		return
	}
	c.last = last
	if c.workTerm != c.term {
		return // it says nothing of the log of this term's primary
	}
	if c.role == primary {
		c.reign.opened = true
		c.out.changed = true
		c.ship(now)
		return
	}
	if c.leader >= 0 {
		c.send(c.leader, message{kind: appendReply, ok: true, index: last.Index, pos: c.last})
	}
	c.dequeue()
}

// restored is told of the end of a snapshot's restore.
func (c *core) restored(now time.Time, last Position, failed bool) {
	c.applying, c.restoring = false, false
	if failed {
		return
	}
	c.last, c.joined, c.fresh, c.parted = last, true, false, false
	c.pending = nil
	c.note(now, "restored", c.leader, fmt.Sprintf("up to entry %d of term %d", last.Index, last.Term))
	if c.leader >= 0 && c.workTerm == c.term {
		c.send(c.leader, message{kind: appendReply, ok: true, index: last.Index, pos: c.last})
	}
}
