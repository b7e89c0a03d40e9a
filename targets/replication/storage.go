package replication

import (
	"context"
	"io"
)

// Storage is a member's durable log and data. A Group calls it from one
// goroutine at a time, except Entries, Term and Snapshot, which may run beside
// the others.
type Storage interface {
	// Load returns what is durable. It is called once, first.
	Load() (State, error)
	// SaveVote makes the term and the vote in it durable before it returns. A
	// commit of Group.Append may run beside it.
	SaveVote(term uint64, vote string) error
	// Term returns the term of an entry of the own log; index 0 has term 0.
	// ErrCompacted when the entry is gone, ErrNoEntry when it is not there yet.
	Term(index uint64) (uint64, error)
	// Entries returns entries from index after+1 on, at most limit of them and
	// about 1 MiB, but not less than one. At the end of the log there are none,
	// without an error; ErrCompacted when the first is gone. An operation of more
	// than 3 MiB cannot be shipped.
	Entries(after uint64, limit int) ([]Entry, error)
	// Apply appends entries that follow the last one, and applies them. They
	// are durable when it returns. It may take its time.
	Apply(ctx context.Context, entries []Entry) error
	// Snapshot writes a copy of everything up to a position, and returns that.
	Snapshot(ctx context.Context, w io.Writer) (Position, error)
	// Restore replaces everything by a snapshot, as a whole. Own entries after
	// index common are not in the group's log: they are kept aside for a
	// recovery. Joined is true afterwards.
	Restore(ctx context.Context, p Position, common uint64, r io.Reader) error
}
