package replication

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"time"

	"rung/targets"
)

// Config is what a member is given.
type Config struct {
	// Self is the member's own name in Spec.Members.
	Self    string
	Spec    targets.Replication
	Storage Storage
	// Dial opens a connection on which the other member calls Serve. When Spec
	// asks for compression, and the other member agrees, it is a Compressed one
	// on both sides.
	Dial func(ctx context.Context, member string) (net.Conn, error)
	// Log receives what concerns no caller. Nil is silent.
	Log *slog.Logger
	// Now tells the time of events, of entries and of leases. Nil means
	// time.Now, whose monotonic part leases count by.
	Now func() time.Time
	// Seed of what is random: pauses between dials and between candidacies.
	Seed uint64
	// OnRole, if set, is called when Writable changes, one call at a time. It
	// must not block or call the Group.
	OnRole func(primary bool)
}

// check returns the own number in the group, or what is wrong.
func (c Config) check() (self int, err error) {
	members := slices.Sorted(slices.Values(c.Spec.Members))
	self = slices.Index(c.Spec.Members, c.Self)
	switch {
	case self < 0:
		return 0, fmt.Errorf("it is not one of %q", c.Spec.Members)
	case len(slices.Compact(members)) != len(c.Spec.Members):
		return 0, fmt.Errorf("a member is named twice in %q", c.Spec.Members)
	case !slices.Contains(c.Spec.Members, c.Spec.Primary):
		return 0, fmt.Errorf("primary %q is not one of %q", c.Spec.Primary, c.Spec.Members)
	case !slices.Contains(targets.Modes(), c.Spec.Mode):
		return 0, fmt.Errorf("%q is not a replication mode", c.Spec.Mode)
	case c.Spec.Heartbeat <= 0 || c.Spec.Lease < 3*c.Spec.Heartbeat:
		return 0, fmt.Errorf("heartbeat %v must be positive and lease %v three times as long at least", c.Spec.Heartbeat, c.Spec.Lease)
	case c.Storage == nil || c.Dial == nil:
		return 0, fmt.Errorf("it has no storage or no dialer")
	}
	return self, nil
}
