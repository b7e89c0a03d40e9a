package run

import (
	"context"
	"slices"
	"strings"
	"time"

	"rung/bench"
	"rung/targets"
)

// settled is how long the site must answer without a failure to count as
// recovered. At the common rate that is some 75 requests in a row.
const settled = 500 * time.Millisecond

// strike is a fault that is wanted: nodes, or a whole data centre, under an
// attack.
type strike struct {
	// name of its row and its attack, prefix of its facts with a dot.
	name, prefix string
	variant      string
	nodes        []string
	// datacenter that is struck, nodes being those in it.
	datacenter string
	// method is how: by killing (empty), bench.MethodLinks or
	// bench.MethodPowerCut.
	method  string
	down    time.Duration
	replace bool
	rate    float64
	only    []targets.Operation
	regions []string
}

// kill is a row of the kill-one-of-each matrix.
func (s *session) kill(ctx context.Context, b *bed, k bench.Kill) error {
	strike := strike{name: k.Name(), prefix: "kill." + k.Name() + ".", nodes: []string{k.Node}, down: k.Down,
		replace: k.Replace, rate: s.cfg.Profile.Rate, regions: b.system.Topology().Spread()}
	if k.DataCenter != "" {
		strike.datacenter, strike.nodes = k.DataCenter, b.running(k.DataCenter)
	}
	_, err := s.strike(ctx, b, strike)
	return err
}

// outage kills the nodes, or the data centre, of an experiment.
func (s *session) outage(ctx context.Context, b *bed, e bench.Experiment) error {
	k := strike{name: e.Name, prefix: e.Name + ".", variant: e.Variant, nodes: e.Nodes, datacenter: e.DataCenter, method: e.Method,
		down: e.Down, rate: e.Rate, only: e.Operations, regions: e.Regions}
	if k.rate == 0 {
		k.rate = s.cfg.Profile.Rate
	}
	if k.datacenter != "" {
		k.nodes = b.running(k.datacenter)
	}
	_, err := s.strike(ctx, b, k)
	return err
}

// running lists the nodes of a data centre that are there to be killed.
func (b *bed) running(datacenter string) []string {
	return slices.DeleteFunc(b.system.Topology().NodesIn(datacenter), func(n string) bool { return !b.system.Alive(n) })
}

// strike attacks, breaks nodes on the way, and mends them after the down
// time.
func (s *session) strike(ctx context.Context, b *bed, k strike) (*seen, error) {
	p := s.cfg.Profile
	length := p.Before + k.down + p.After
	s.stepFor(length, "kill %s for %v", k.name, k.down)
	if err := b.ready(ctx); err != nil {
		return nil, err
	}
	row := bench.KillRow{Node: k.name, Nodes: k.nodes, Variant: k.variant,
		Fault: targets.Fault{Kind: k.fault(), Node: k.nodes[0], At: p.Before}}
	books := newBooks(b.system.Topology())
	done := make(chan outage, 1)
	seen, err := b.attack(ctx, order{name: "kill-" + k.name, rate: k.rate, length: length, interval: 100 * time.Millisecond,
		only: k.only, regions: k.regions, books: books, keep: true, began: func(t time.Time) {
			go func() { done <- b.inflict(ctx, k, t.Add(p.Before)) }()
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
	row.Doubt = rowDoubt(seen.measurement)
	if row.Happened {
		s.recovery(ctx, b, &row, seen, what, k)
	} else {
		row.Doubt = "the node was not killed: the row says nothing"
	}
	if err == nil && what.err != nil {
		err = what.err
	}
	if err == nil {
		err = b.caughtUp(ctx)
	}
	if err == nil {
		row.Ledger, row.Photos = b.audits(ctx, books, seen.run)
	}
	s.result.Kills = append(s.result.Kills, row)
	s.killFacts(k.prefix, row)
	s.strain(k.prefix, seen.strain)
	if k.method == bench.MethodLinks {
		s.reignFacts(ctx, b, k.prefix, b.groups())
	}
	return seen, err
}

// rowDoubt says why a row of the kill matrix cannot be trusted. It counts
// requests and times the outage by tenths of a second, so that it bears a load
// that comes late, as long as all of it comes, and well before that.
func rowDoubt(m bench.Measurement) string {
	if p95 := m.Total.Lateness.P95; m.Total.Unsent == 0 && p95 != nil && *p95 < settled/10 {
		return ""
	}
	return m.Generator.Limited
}

// fault is what the strike does to a node.
func (k strike) fault() targets.FaultKind {
	if k.method == bench.MethodLinks {
		return targets.FaultCut
	}
	return targets.FaultKill
}

// ready waits until the site is as it was before any fault, with every user
// logged in.
func (b *bed) ready(ctx context.Context) error {
	for _, wait := range []func(context.Context) error{b.settle, b.caughtUp, b.anew, b.logIn} {
		if err := wait(ctx); err != nil {
			return err
		}
	}
	return nil
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
