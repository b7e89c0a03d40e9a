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
	// group are the members of its group.
	group    []string
	primary  bool
	joined   bool
	applied  float64
	diverged float64
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
			out = append(out, member{role: r.Name, node: n.Name, group: r.Database.Replication.Members, primary: c["replication_primary"] == 1,
				joined: c["replication_joined"] == 1, applied: c["replication_applied_index"], diverged: c["replication_diverged"]})
		}
	}
	return out
}

// groups lists the replicated groups of the site's databases, by the settings
// of a member of each.
func (b *bed) groups() []targets.Replication {
	var out []targets.Replication
	for _, r := range b.system.Topology().RolesOf(targets.KindDatabase) {
		known := func(g targets.Replication) bool { return slices.Contains(g.Members, r.Name) }
		if r.Database.Replication != nil && !slices.ContainsFunc(out, known) {
			out = append(out, *r.Database.Replication)
		}
	}
	return out
}

// primary waits until a group has exactly one primary, and names it.
func (b *bed) primary(ctx context.Context, group targets.Replication) (member, error) {
	var out member
	err := b.until(ctx, "the group has a primary", func() bool {
		found := 0
		for _, m := range b.members(ctx) {
			if m.primary && slices.Contains(group.Members, m.role) {
				out = m
				found++
			}
		}
		return found == 1
	})
	return out, err
}

// caughtUp waits until every member has applied all that its primary has.
// Without replication it returns at once.
func (b *bed) caughtUp(ctx context.Context) error {
	groups := b.groups()
	if len(groups) == 0 {
		return nil
	}
	return b.until(ctx, "every replica has all that its primary has", func() bool {
		all := b.members(ctx)
		for _, g := range groups {
			if !whole(g, all) {
				return false
			}
		}
		return true
	})
}

// whole says that a group has a primary and all members have the same.
func whole(g targets.Replication, all []member) bool {
	var own []member
	for _, m := range all {
		if slices.Contains(g.Members, m.role) {
			own = append(own, m)
		}
	}
	return len(own) == len(g.Members) && slices.ContainsFunc(own, func(m member) bool { return m.primary }) &&
		!slices.ContainsFunc(own, func(m member) bool { return !m.joined || m.applied != own[0].applied })
}

// beheads finds the first group whose primary is on one of the nodes, and
// lists its members; none when no group is.
func (b *bed) beheads(ctx context.Context, nodes []string) []string {
	for _, m := range b.members(ctx) {
		if m.primary && slices.Contains(nodes, m.node) {
			return m.group
		}
	}
	return nil
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
func (b *bed) takeover(ctx context.Context, group []string, killed time.Time) (t takeover) {
	first := func(at *time.Time, e targets.Event) {
		if slices.Contains(group, e.Role) && e.At.After(killed) && (at.IsZero() || e.At.Before(*at)) {
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
