package replication

import (
	"cmp"
	"errors"
	"time"
)

// Errors that callers tell apart.
var (
	// ErrNotPrimary says that this member may not accept writes now.
	ErrNotPrimary = errors.New("not the primary")
	// ErrFenced says that this member lost its primacy before a write could be
	// acknowledged. The write may or may not survive.
	ErrFenced = errors.New("fenced: no longer the primary")
	// ErrCompacted says that an entry is no longer in the log.
	ErrCompacted = errors.New("the log does not reach back so far")
	// ErrNoEntry says that the log has no such entry yet.
	ErrNoEntry = errors.New("no such entry")
)

// Position of an entry in the log. The zero value is before the first entry.
type Position struct{ Term, Index uint64 }

// Compare orders positions by term and then by index: of two logs of a group
// the one whose end is the greater holds more (Raft, section 5.4.1).
func (p Position) Compare(q Position) int {
	return cmp.Or(cmp.Compare(p.Term, q.Term), cmp.Compare(p.Index, q.Index))
}

// Entry is one write of the log.
type Entry struct {
	Position
	// At is when the primary committed it, by the wall clock.
	At time.Time
	// Operation is what was written, in words of the storage. Empty is a
	// barrier, with which a new primary begins its term: nothing is to be done.
	Operation []byte
}

// State is what a member finds in its storage when it starts.
type State struct {
	Term uint64
	Vote string
	Last Position
	// Joined is false for a member that holds no data of its group yet: it
	// does not vote and waits for a snapshot.
	Joined bool
	// Fresh says that nothing was ever stored but the initial data, which all
	// members have alike.
	Fresh bool
}
