package reshard

import (
	"context"
	"time"

	"rung/targets"
)

// Counts is what a copy or an erasure did: "users", "rows" and "bytes" are known.
type Counts map[string]int64

// Platform carries out the steps of a Run. Calls come one at a time, each with a
// context that ends. The package's comment says what it must see to.
type Platform interface {
	// Routers makes every router carry out Move.Phase (see shard.Router.Apply) and
	// returns when all have. After an error nothing is assumed: any of them may
	// have carried it out, or not.
	Routers(ctx context.Context, m targets.Move) error
	// Copy makes the users' rows at the new shards what they are at the old ones,
	// whatever is there from before. After an error some of them may be. What a
	// call that failed has left under way must not take effect after a later call
	// has returned.
	Copy(ctx context.Context, m targets.Move) (Counts, error)
	// Erase deletes the users' rows: at the old shards when Move.Phase is
	// PhaseRelease, at the new ones when it is PhaseAbort.
	Erase(ctx context.Context, m targets.Move) (Counts, error)
}

// Progress is how far a Run is.
type Progress struct {
	// Batch counts from 1 to Batches.
	Batch, Batches int
	// Phase that begins now: those of targets.Phase and targets.PhaseConfirm, "copy",
	// "erase".
	Phase targets.Phase
	// Keys is how many users have moved so far.
	Keys int
	// Err is why the phase before failed, or nil.
	Err error
}

// The steps that are no phases of a router.
const (
	stepCopy  targets.Phase = "copy"
	stepErase targets.Phase = "erase"
)

// Result is what a Run did.
type Result struct {
	// Keys is how many users were moved, Batches in how many batches.
	Keys, Batches int
	// Rows and Bytes were copied in the attempts that led to a release. Bytes is
	// what the rows hold: 8 for an integer, the length of a text.
	Rows, Bytes int64
	// Erased is how many rows were deleted at old shards.
	Erased int64
	// Duration is that of the whole Run.
	Duration time.Duration
	// Hold is the longest time from the first hold of a batch's attempt to its end.
	Hold time.Duration
	// Retries counts the attempts at batches that were given up, and steps that
	// were repeated within one.
	Retries int
}
