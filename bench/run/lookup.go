package run

import (
	"context"
	"fmt"
	"time"

	"rung/bench"
	"rung/bench/estimate"
	"rung/targets"
)

// lookups measures what a name costs with cold and with warm caches. It runs
// on every stage that has a resolver, before anything else is asked.
func (s *session) lookups(ctx context.Context, b *bed) error {
	t := s.stage.Topology
	if t.Resolver == "" {
		return nil
	}
	s.step("look up %s", t.Site)
	trips, _ := estimate.RoundTrips(t)
	doubt := ""
	if trips == 0 {
		doubt = "no wire is emulated: the resolver and the nameservers are all next door"
	}
	s.facts.Doubt("lookup.round_trips_ns", float64(trips), "the topology's wires", doubt)
	resolver := func() {}
	for _, round := range []struct {
		state   string
		prepare func()
	}{
		{"cold", resolver},
		{"stub", resolver},
		{"resolver", b.stub.Flush},
	} {
		round.prepare()
		if err := s.lookup(ctx, b, round.state, doubt); err != nil {
			return err
		}
	}
	if !s.wants(bench.ExperimentLookup) {
		return nil
	}
	ttl := s.result.Lookups[0].TTL
	s.stepFor(ttl, "wait until the record's TTL of %v ends", ttl)
	if err := s.clock.Until(ctx, time.Now().Add(ttl+50*time.Millisecond)); err != nil {
		return err
	}
	return s.lookup(ctx, b, "expired", doubt)
}

func (s *session) wants(kind bench.ExperimentKind) bool {
	for _, e := range s.stage.Experiments {
		if e.Kind == kind {
			return true
		}
	}
	return false
}

func (s *session) lookup(ctx context.Context, b *bed, state, doubt string) error {
	before := b.upstream(ctx)
	answer, err := b.stub.Lookup(ctx, b.site)
	if err != nil {
		return fmt.Errorf("look up %s (%s): %w", b.site, state, err)
	}
	asked := b.upstream(ctx) - before
	s.result.Lookups = append(s.result.Lookups, bench.Lookup{Name: b.site, State: state, Took: answer.Took,
		Address: answer.Addresses[0].String(), TTL: answer.TTL, Asked: int(asked)})
	s.facts.Doubt("lookup."+state+"_ns", float64(answer.Took), "one lookup by the client's stub resolver", doubt)
	s.facts.Add("lookup."+state+"_asked_count", asked, "questions that the resolver sent upstream")
	return nil
}

// upstream counts the questions that resolvers have sent.
func (b *bed) upstream(ctx context.Context) float64 {
	total := 0.0
	for _, m := range b.metrics(ctx) {
		for role, counters := range m.Roles {
			if r, _, ok := b.system.Topology().Role(role); ok && r.Kind == targets.KindResolver {
				total += counters["upstream_total"]
			}
		}
	}
	return total
}
