package run

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"rung/bench"
	"rung/bench/ledger"
	"rung/targets"
)

// settled is how long the site must answer without a failure to count as
// recovered. At the common rate that is some 75 requests in a row.
const settled = 500 * time.Millisecond

// outage is what really happened to a node, in wall-clock time.
type outage struct {
	killed, started, serving time.Time
	// following is when a replacement had all that its group has.
	following time.Time
	// first, before and after are readings: when the attack began, at the
	// kill, and at the end of the down time.
	first, before, after reading
	err                  error
}

// strike is a fault that is wanted: nodes that are killed, all at once, under
// an attack.
type strike struct {
	// name of its row and its attack, prefix of its facts with a dot.
	name, prefix string
	variant      string
	nodes        []string
	down         time.Duration
	replace      bool
	rate         float64
	only         []targets.Operation
	regions      []string
}

// kill is a row of the kill-one-of-each matrix.
func (s *session) kill(ctx context.Context, b *bed, k bench.Kill) error {
	_, err := s.strike(ctx, b, strike{name: k.Node, prefix: "kill." + k.Node + ".", nodes: []string{k.Node}, down: k.Down,
		replace: k.Replace, rate: s.cfg.Profile.Rate})
	return err
}

// strike attacks, kills nodes on the way, and has new processes take their
// place after the down time.
func (s *session) strike(ctx context.Context, b *bed, k strike) (*seen, error) {
	p := s.cfg.Profile
	length := p.Before + k.down + p.After
	s.stepFor(length, "kill %s for %v", k.name, k.down)
	if err := b.settle(ctx); err != nil {
		return nil, err
	}
	if err := b.caughtUp(ctx); err != nil {
		return nil, err
	}
	if err := b.anew(ctx); err != nil {
		return nil, err
	}
	if err := b.logIn(ctx); err != nil {
		return nil, err
	}
	row := bench.KillRow{Node: k.name, Nodes: k.nodes, Variant: k.variant,
		Fault: targets.Fault{Kind: targets.FaultKill, Node: k.nodes[0], At: p.Before}}
	book := ledger.New()
	done := make(chan outage, 1)
	seen, err := b.attack(ctx, order{name: "kill-" + k.name, rate: k.rate, length: length, interval: 100 * time.Millisecond,
		only: k.only, regions: k.regions, ledger: book, keep: true, began: func(t time.Time) {
			go func() { done <- b.strike(ctx, k, t.Add(p.Before)) }()
		}})
	if seen == nil {
		return nil, err
	}
	var what outage
	if !seen.began.IsZero() {
		what = <-done
	}
	row.Measurement = seen.measurement
	row.Happened = !what.killed.IsZero()
	row.LoggedOut = seen.measurement.Total.LoggedOut
	row.Availability = seen.measurement.Total.Availability()
	if row.Happened {
		s.recovery(ctx, b, &row, seen, what, k)
	} else {
		row.Doubt = "the node was not killed: the row says nothing"
	}
	for _, doubt := range []string{seen.measurement.Generator.Limited, seen.crowded} {
		if row.Doubt == "" {
			row.Doubt = doubt
		}
	}
	if err == nil && what.err != nil {
		err = what.err
	}
	if err == nil {
		err = b.caughtUp(ctx)
	}
	if err == nil {
		row.Ledger = b.audit(ctx, book, seen.run)
	}
	s.result.Kills = append(s.result.Kills, row)
	s.killFacts(k.prefix, row)
	return seen, err
}

// anew waits until the nameservers hold everything for healthy, and has users
// look up names and connect again: after an earlier fault they may be
// elsewhere than they would be.
func (b *bed) anew(ctx context.Context) error {
	watched := false
	err := b.until(ctx, "nameservers hold everything for healthy", func() bool {
		for _, m := range b.metrics(ctx) {
			for _, counters := range m.Roles {
				for name, value := range counters {
					if strings.HasPrefix(name, "server_") && strings.HasSuffix(name, "_up") && counters["checks_total"] > 0 {
						watched = true
						if value == 0 {
							return false
						}
					}
				}
			}
		}
		return true
	})
	if err != nil || !watched {
		return err
	}
	b.stub.Flush()
	for _, r := range b.system.Topology().RolesOf(targets.KindResolver) {
		if err := b.system.Command(ctx, r.Name, targets.Command{Do: targets.DoFlush}); err != nil {
			return err
		}
	}
	for _, u := range b.users {
		u.client.CloseIdleConnections()
	}
	return nil
}

// logIn gives every user a session, whatever happened before, so that the
// users whom this kill logs out can be counted.
func (b *bed) logIn(ctx context.Context) error {
	const rate = 200
	b.shop.LogOut()
	need := time.Duration(float64(b.session.cfg.Workload.Sessions) / rate * float64(time.Second))
	_, err := b.attack(ctx, order{name: "log-in", rate: rate, length: need, only: []targets.Operation{targets.OpMe}})
	return err
}

// strike kills nodes at a time and restarts them after their down time.
func (b *bed) strike(ctx context.Context, k strike, at time.Time) (o outage) {
	c := b.session.clock
	o.first = b.read(ctx)
	if o.err = c.Until(ctx, at); o.err != nil {
		return o
	}
	o.before = b.read(ctx)
	for _, node := range k.nodes {
		var killed time.Time
		if killed, o.err = b.system.Kill(node); o.err != nil {
			return o
		}
		if o.killed.IsZero() {
			o.killed = killed
		}
	}
	if o.err = c.Until(ctx, o.killed.Add(k.down)); o.err != nil {
		return o
	}
	o.after = b.read(ctx)
	o.started = time.Now()
	restart := b.system.Restart
	if k.replace {
		restart = b.system.Replace
	}
	for _, node := range k.nodes {
		if o.err = restart(ctx, node); o.err != nil {
			return o
		}
	}
	o.serving = time.Now()
	if _, ok := b.replicated(); ok && k.replace {
		if o.err = b.caughtUp(ctx); o.err == nil {
			o.following = time.Now()
		}
	}
	return o
}

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
	s.storeFacts(k.prefix, what)
	r.Total, r.NoFailure = recovered(o, row.Killed)
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
	t := b.takeover(ctx, what.killed)
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

// storeFacts states how much the databases had to read before and while nodes
// were down.
func (s *session) storeFacts(prefix string, what outage) {
	reads := func(a, b reading) (float64, bool) {
		wall := b.at.Sub(a.at).Seconds()
		n := count(a, b, "statements_read_total") + count(a, b, "statements_join_total")
		return n / wall, wall > 0 && n >= 0
	}
	if rate, ok := reads(what.first, what.before); ok {
		s.facts.Add(prefix+"store_reads_before_per_s", rate, "counters of the databases before the kill")
	}
	if rate, ok := reads(what.before, what.after); ok {
		s.facts.Add(prefix+"store_reads_down_per_s", rate, "counters of the databases while it was down")
	}
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
// attack ended before that.
func recovered(o *seen, killed time.Duration) (total *time.Duration, none bool) {
	failed := slices.Clone(o.failed)
	slices.Sort(failed)
	failed = slices.DeleteFunc(failed, func(at time.Duration) bool { return at < killed })
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
	var roles []targets.Role
	for _, name := range nodes {
		n, _ := b.system.Topology().Node(name)
		roles = append(roles, n.Roles...)
	}
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

// audit compares what the site holds with what it promised.
func (b *bed) audit(ctx context.Context, book *ledger.Ledger, run string) bench.Audit {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	reader := ledger.Reader{Client: &http.Client{Transport: b.client.Transport, Timeout: 5 * time.Second}, BaseURL: b.url(), Run: run}
	return book.Audit(reader.Posts(ctx))
}

// killFacts states a row's facts.
func (s *session) killFacts(prefix string, row bench.KillRow) {
	from := "attack around the kill of " + row.Node
	add := func(name string, value float64) { s.facts.Doubt(prefix+name, value, from, row.Doubt) }
	add("availability_ratio", row.Availability)
	add("availability_while_down_ratio", row.AvailabilityDown)
	add("down_ns", float64(row.Restarted-row.Killed))
	add("logged_out_count", float64(row.LoggedOut))
	add("logged_out_ratio", float64(row.LoggedOut)/float64(s.cfg.Workload.Sessions))
	if row.Recovery.Total != nil {
		add("recovery_ns", float64(*row.Recovery.Total))
	}
	for name, part := range map[string]*time.Duration{"detection_ns": row.Recovery.Detection, "decision_ns": row.Recovery.Decision,
		"promotion_ns": row.Recovery.Promotion, "convergence_ns": row.Recovery.Convergence, "seeded_ns": row.Recovery.Seeded} {
		if part != nil {
			add(name, float64(*part))
		}
	}
	if row.Ledger.Checked {
		s.facts.Doubt(prefix+"lost_count", float64(row.Ledger.Lost),
			fmt.Sprintf("ledger: %d of %d posts acknowledged", row.Ledger.Acknowledged, row.Ledger.Attempted), row.Doubt)
	}
}
