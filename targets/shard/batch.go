package shard

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"rung/targets"
)

// maxBatch bounds the users of one batch, and maxBatches the batches that a Router
// remembers at once.
const (
	maxBatch   = 100_000
	maxBatches = 64
)

// defaultPatience is how long a hold lasts when the move does not say.
const defaultPatience = 10 * time.Second

// state is how far a batch is.
type state int

const (
	holding   state = iota // writes under way have not ended
	held                   // they have
	confirmed              // and the hold does not end by itself
	switched               // and reads go to the new shards
	expired                // the hold ended by itself
)

// batch is one attempt to move users.
type batch struct {
	users []int64
	to    []string
	// ended is closed when writes may go on.
	ended chan struct{}
	// nudge tells the hold that a write under way may have been the last; quiet is
	// closed when it was.
	nudge, quiet chan struct{}

	// The rest is guarded by the Router's mutex.

	state state
	timer *time.Timer
}

func newBatch(m targets.Move) *batch {
	return &batch{
		users: slices.Clone(m.Users), to: slices.Clone(m.To),
		ended: make(chan struct{}), nudge: make(chan struct{}, 1), quiet: make(chan struct{}),
	}
}

// is reports whether a move is about this batch.
func (b *batch) is(m targets.Move) bool {
	return slices.Equal(b.users, m.Users) && slices.Equal(b.to, m.To)
}

// look makes the hold count the writes again. It does not block.
func (b *batch) look() {
	select {
	case b.nudge <- struct{}{}:
	default:
	}
}

// check reports what is wrong with a move.
func (v *view) check(m targets.Move) error {
	if len(m.Users) != len(m.To) {
		return fmt.Errorf("%d users and %d shards", len(m.Users), len(m.To))
	}
	if len(m.Users) > maxBatch {
		return fmt.Errorf("%d users: at most %d", len(m.Users), maxBatch)
	}
	if len(m.Users) == 0 && m.Sharding == nil {
		return errors.New("no users")
	}
	known := v.rule
	if m.Sharding != nil {
		next, err := New(*m.Sharding)
		if err != nil {
			return err
		}
		known = next
	}
	seen := make(map[int64]bool, len(m.Users))
	for i, user := range m.Users {
		if seen[user] {
			return fmt.Errorf("user %d is there twice", user)
		}
		seen[user] = true
		if v.rule.alone[m.To[i]] == nil && known.alone[m.To[i]] == nil {
			return fmt.Errorf("there is no shard %q", m.To[i])
		}
	}
	return nil
}
