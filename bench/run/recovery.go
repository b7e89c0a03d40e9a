package run

import (
	"context"
	"slices"
	"time"

	"rung/bench"
	"rung/targets"
)

// recovery fills in what the outage did to users.
func (s *session) recovery(ctx context.Context, b *bed, row *bench.KillRow, o *seen, what outage, k strike) {
	row.Killed = what.killed.Sub(o.began)
	r := &row.Recovery
	r.Settled = settled
	// The outage ends where the replacement starts: from then on its sockets
	// may hold requests that it answers once it serves.
	end := o.plan.Duration()
	if !what.started.IsZero() {
		end = what.started.Sub(o.began)
	}
	if !what.serving.IsZero() {
		row.Restarted = what.serving.Sub(o.began)
		restart := what.serving.Sub(what.started)
		r.Restart = &restart
	}
	var ok bool
	if row.AvailabilityDown, ok = availability(o, row.Killed, end); !ok {
		row.Doubt = "no request was planned while the node was down"
	}
	if slow, ok := shareOf(o, append(slices.Clone(o.failed), o.slowAt...), row.Killed, end); ok {
		s.facts.Doubt(k.prefix+"slow_while_down_ratio", slow, "requests planned while it was down that failed or took longer than the SLO", row.Doubt)
	}
	s.storeFacts(k.prefix, what, row.Doubt)
	r.Total, r.NoFailure = recovered(o, o.failed, row.Killed, s.cfg.Workload.Timeout)
	s.regionFacts(k.prefix, o, row)
	if !what.following.IsZero() {
		seeded := what.following.Sub(what.serving)
		r.Seeded = &seeded
	}
	if b.takenOver(ctx, r, o, what) {
		return
	}
	if at, ok := b.detected(ctx, k.nodes, what.killed); ok {
		detection := at.Sub(what.killed)
		r.Detection = &detection
		return // from then on the others carried the load
	}
	decision := k.down // nobody decides but the assumed supervisor
	r.Decision = &decision
}

// takenOver fills in the parts of a failover, if there was one.
func (b *bed) takenOver(ctx context.Context, r *bench.Recovery, o *seen, what outage) bool {
	t := b.takeover(ctx, what.group, what.killed)
	if t.promoted.IsZero() {
		return false
	}
	parts := t.parts(what.killed, o.servedAfter(t.promoted))
	r.Detection, r.Decision, r.Promotion, r.Convergence = parts[0], parts[1], parts[2], parts[3]
	return true
}

// servedAfter is when the first post was acknowledged after a time; zero when
// none was.
func (o *seen) servedAfter(t time.Time) (first time.Time) {
	for _, done := range o.writes {
		if at := o.began.Add(done); at.After(t) && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first
}

// availability is the share of the requests planned in a window that were
// answered; ok is false when none was planned there.
func availability(o *seen, from, to time.Duration) (ratio float64, ok bool) {
	bad, ok := shareOf(o, o.failed, from, to)
	if !ok {
		return 0, false
	}
	return 1 - bad, true
}

// shareOf is how many of the requests planned in a window are among those at
// the given offsets; ok is false when none was planned there.
func shareOf(o *seen, offsets []time.Duration, from, to time.Duration) (ratio float64, ok bool) {
	planned, among := 0, 0
	for n := uint64(0); n < o.plan.Count(); n++ {
		if at := o.plan.At(n); at >= from && at < to {
			planned++
		}
	}
	for _, at := range offsets {
		if at >= from && at < to {
			among++
		}
	}
	if planned == 0 {
		return 0, false
	}
	return float64(among) / float64(planned), true
}

// recovered is the time from the kill to the last failure before the first
// span of at least settled in which no planned request failed; nil when the
// attack ended before that. Requests that were under way at the kill, for at
// most their timeout, and failed count as failures at the kill.
func recovered(o *seen, offsets []time.Duration, killed, timeout time.Duration) (total *time.Duration, none bool) {
	failed := slices.Sorted(slices.Values(offsets))
	failed = slices.DeleteFunc(failed, func(at time.Duration) bool { return at < killed-timeout })
	for i, at := range failed {
		failed[i] = max(at, killed)
	}
	zero := time.Duration(0)
	if len(failed) == 0 {
		return &zero, true
	}
	for i, at := range failed {
		next := o.plan.Duration()
		if i+1 < len(failed) {
			next = failed[i+1]
		}
		if next-at >= settled {
			d := at - killed
			return &d, false
		}
	}
	return nil, false
}

// detected finds out when a balancer or a nameserver first noticed that a
// role of the nodes was down.
func (b *bed) detected(ctx context.Context, nodes []string, killed time.Time) (time.Time, bool) {
	roles := b.rolesOn(nodes)
	var first time.Time
	for _, m := range b.metrics(ctx) {
		for _, e := range m.Events {
			ours := slices.ContainsFunc(roles, func(r targets.Role) bool { return r.Name == e.Subject })
			if ours && e.What == "down" && e.At.After(killed) && (first.IsZero() || e.At.Before(first)) {
				first = e.At
			}
		}
	}
	return first, !first.IsZero()
}

// rolesOn lists the roles of nodes.
func (b *bed) rolesOn(nodes []string) []targets.Role {
	var roles []targets.Role
	for _, name := range nodes {
		n, _ := b.system.Topology().Node(name)
		roles = append(roles, n.Roles...)
	}
	return roles
}
