package run

import (
	"context"
	"fmt"
	"slices"
	"time"

	"rung/targets"
)

// member is one database of a replicated group, as it says of itself.
type member struct {
	role, node string
	primary    bool
	joined     bool
	applied    float64
	diverged   float64
}

// members asks the group that holds the site's data; a member that does not
// answer is left out. Empty when the database stands alone.
func (b *bed) members(ctx context.Context) []member {
	metrics := b.metrics(ctx)
	var out []member
	for _, n := range b.system.Topology().Nodes {
		m, alive := metrics[n.Name]
		for _, r := range n.Roles {
			if r.Database == nil || r.Database.Replication == nil || !alive {
				continue
			}
			c := m.Roles[r.Name]
			out = append(out, member{role: r.Name, node: n.Name, primary: c["replication_primary"] == 1,
				joined: c["replication_joined"] == 1, applied: c["replication_applied_index"], diverged: c["replication_diverged"]})
		}
	}
	return out
}

// replicated says whether the site's database is a group, and how many
// members it has.
func (b *bed) replicated() (*targets.Replication, bool) {
	for _, r := range b.system.Topology().RolesOf(targets.KindDatabase) {
		if r.Database.Replication != nil {
			return r.Database.Replication, true
		}
	}
	return nil, false
}

// primary waits until exactly one member is primary, and names it.
func (b *bed) primary(ctx context.Context) (member, error) {
	var out member
	err := b.until(ctx, "the group has a primary", func() bool {
		found := 0
		for _, m := range b.members(ctx) {
			if m.primary {
				out = m
				found++
			}
		}
		return found == 1
	})
	return out, err
}

// caughtUp waits until every member has applied all that the primary has.
// Without replication it returns at once.
func (b *bed) caughtUp(ctx context.Context) error {
	r, ok := b.replicated()
	if !ok {
		return nil
	}
	return b.until(ctx, "every replica has all that the primary has", func() bool {
		all := b.members(ctx)
		if len(all) < len(r.Members) {
			return false
		}
		return slices.ContainsFunc(all, func(m member) bool { return m.primary }) &&
			!slices.ContainsFunc(all, func(m member) bool { return !m.joined || m.applied != all[0].applied })
	})
}

// patience bounds the wait for a condition that only a fault can prevent.
const patience = 30 * time.Second

// until polls a condition of the running system.
func (b *bed) until(ctx context.Context, what string, holds func() bool) error {
	const every = 20 * time.Millisecond
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for !holds() {
		if err := b.session.clock.Until(ctx, time.Now().Add(every)); err != nil {
			return fmt.Errorf("not within %v: %s: %w", patience, what, err)
		}
	}
	return nil
}

// takeover is when the parts of a failover ended, in wall-clock time. A zero
// time was not observed.
type takeover struct {
	detected, decided, promoted time.Time
}

// takeover gathers what the members of a group noted after a kill.
func (b *bed) takeover(ctx context.Context, killed time.Time) (t takeover) {
	first := func(at *time.Time, e targets.Event) {
		if e.At.After(killed) && (at.IsZero() || e.At.Before(*at)) {
			*at = e.At
		}
	}
	for _, m := range b.metrics(ctx) {
		for _, e := range m.Events {
			switch e.What {
			case "suspect":
				first(&t.detected, e)
			case "elected":
				first(&t.decided, e)
			case "promoted":
				first(&t.promoted, e)
			}
		}
	}
	return t
}

// parts are the lengths of the parts of a failover, one after another; served
// is when a client was first served by the new primary. A part is nil from
// the first one on that was not observed.
func (t takeover) parts(killed, served time.Time) (out [4]*time.Duration) {
	from := killed
	for i, at := range []time.Time{t.detected, t.decided, t.promoted, served} {
		if at.IsZero() || at.Before(from) {
			return out
		}
		d := at.Sub(from)
		out[i], from = &d, at
	}
	return out
}
