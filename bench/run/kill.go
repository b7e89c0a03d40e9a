package run

import (
	"context"
	"fmt"
	"net/http"
	"slices"
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
	err                      error
}

// kill attacks the stage, kills one of its nodes on the way, and has a new
// process take its place after the row's down time.
func (s *session) kill(ctx context.Context, b *bed, k bench.Kill) error {
	p := s.cfg.Profile
	length := p.Before + k.Down + p.After
	s.stepFor(length, "kill %s for %v", k.Node, k.Down)
	if err := b.settle(ctx); err != nil {
		return err
	}
	if err := b.logIn(ctx); err != nil {
		return err
	}
	row := bench.KillRow{Node: k.Node, Fault: targets.Fault{Kind: targets.FaultKill, Node: k.Node, At: p.Before}}
	book := ledger.New()
	done := make(chan outage, 1)
	seen, err := b.attack(ctx, order{name: "kill-" + k.Node, rate: p.Rate, length: length, interval: 100 * time.Millisecond,
		ledger: book, keep: true, began: func(t time.Time) {
			go func() { done <- b.strike(ctx, k, t.Add(p.Before)) }()
		}})
	if seen == nil {
		return err
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
		row.Ledger = b.audit(ctx, book, seen.run)
	}
	s.result.Kills = append(s.result.Kills, row)
	s.killFacts(row)
	return err
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

// strike kills a node at a time and restarts it after its down time.
func (b *bed) strike(ctx context.Context, k bench.Kill, at time.Time) (o outage) {
	c := b.session.clock
	if o.err = c.Until(ctx, at); o.err != nil {
		return o
	}
	if o.killed, o.err = b.system.Kill(k.Node); o.err != nil {
		return o
	}
	if o.err = c.Until(ctx, o.killed.Add(k.Down)); o.err != nil {
		return o
	}
	o.started = time.Now()
	o.err = b.system.Restart(ctx, k.Node)
	o.serving = time.Now()
	return o
}

// recovery fills in what the outage did to users.
func (s *session) recovery(ctx context.Context, b *bed, row *bench.KillRow, o *seen, what outage, k bench.Kill) {
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
	r.Total, r.NoFailure = recovered(o, row.Killed)
	if at, ok := b.detected(ctx, k.Node, what.killed); ok {
		detection := at.Sub(what.killed)
		r.Detection = &detection
		return // from then on the others carried the load
	}
	decision := k.Down // nobody decides but the assumed supervisor
	r.Decision = &decision
}

// availability is the share of the requests planned in a window that were
// answered; ok is false when none was planned there.
func availability(o *seen, from, to time.Duration) (ratio float64, ok bool) {
	planned, bad := 0, 0
	for n := uint64(0); n < o.plan.Count(); n++ {
		if at := o.plan.At(n); at >= from && at < to {
			planned++
		}
	}
	for _, at := range o.failed {
		if at >= from && at < to {
			bad++
		}
	}
	if planned == 0 {
		return 0, false
	}
	return float64(planned-bad) / float64(planned), true
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

// detected finds out when a balancer first noticed that a role of the node
// was down.
func (b *bed) detected(ctx context.Context, node string, killed time.Time) (time.Time, bool) {
	n, _ := b.system.Topology().Node(node)
	var first time.Time
	for _, m := range b.metrics(ctx) {
		for _, e := range m.Events {
			ours := slices.ContainsFunc(n.Roles, func(r targets.Role) bool { return r.Name == e.Subject })
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
func (s *session) killFacts(row bench.KillRow) {
	prefix := "kill." + row.Node + "."
	from := "attack around the kill of " + row.Node
	add := func(name string, value float64) { s.facts.Doubt(prefix+name, value, from, row.Doubt) }
	add("availability_ratio", row.Availability)
	add("availability_while_down_ratio", row.AvailabilityDown)
	add("down_ns", float64(row.Restarted-row.Killed))
	add("logged_out_count", float64(row.LoggedOut))
	if row.Recovery.Total != nil {
		add("recovery_ns", float64(*row.Recovery.Total))
	}
	if row.Recovery.Detection != nil {
		add("detection_ns", float64(*row.Recovery.Detection))
	}
	if row.Ledger.Checked {
		s.facts.Doubt(prefix+"lost_count", float64(row.Ledger.Lost),
			fmt.Sprintf("ledger: %d of %d posts acknowledged", row.Ledger.Acknowledged, row.Ledger.Attempted), row.Doubt)
	}
}
