package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Keeper keeps small values under keys for a time: the sessions of a web tier.
// Implementations are safe for concurrent use; every call honours its context. Errors do
// not tell keys, which may be secrets.
type Keeper interface {
	// Put keeps a value for ttl, which is 1 ms or more, in place of what the key had.
	// The value stays the caller's.
	Put(ctx context.Context, key string, value []byte, ttl time.Duration) (Timing, error)
	// Get returns the value of a key, or ErrNotFound: never put, or its time is over,
	// or dropped by a store that promises no more. The value is the caller's.
	Get(ctx context.Context, key string) ([]byte, Timing, error)
	// Close closes every connection of its own. It may be called again.
	Close()
}

// errLifetime says that nothing can be kept so shortly.
var errLifetime = errors.New("lifetime must be at least 1ms")

func checkLifetime(ttl time.Duration) error {
	if ttl < time.Millisecond {
		return fmt.Errorf("%w: is %v", errLifetime, ttl)
	}
	return nil
}
