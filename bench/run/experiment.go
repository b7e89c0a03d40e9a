package run

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"rung/bench"
	"rung/targets"
)

// experiment carries out one experiment on a running system and says where the
// real machine was a strain on it.
func (s *session) experiment(ctx context.Context, b *bed, e bench.Experiment, variant *bench.VariantResult) error {
	s.strained = ""
	err := s.conduct(ctx, b, e, variant)
	s.strain(e.Name+".", s.strained)
	return err
}

// conduct carries out one experiment on a running system. Variant is where
// its measurements go when the system is a variant's.
func (s *session) conduct(ctx context.Context, b *bed, e bench.Experiment, variant *bench.VariantResult) error {
	switch e.Kind {
	case bench.ExperimentLookup:
		return nil // done at the start, while all caches are cold
	case bench.ExperimentCapacity:
		return s.variantCapacity(ctx, b, e, variant)
	case bench.ExperimentLatency:
		return s.latency(ctx, b, e, variant)
	case bench.ExperimentLoad:
		return s.load(ctx, b, e, variant)
	case bench.ExperimentDirect:
		return s.direct(ctx, b, e)
	case bench.ExperimentLimit:
		return s.limit(ctx, b, e, variant)
	case bench.ExperimentKill:
		return s.outage(ctx, b, e)
	case bench.ExperimentFailover:
		return s.failover(ctx, b, e)
	case bench.ExperimentFreshness:
		return s.freshness(ctx, b, e)
	case bench.ExperimentHits:
		return s.hits(ctx, b, e)
	case bench.ExperimentStampede:
		return s.stampede(ctx, b, e)
	case bench.ExperimentPublish:
		return s.publish(ctx, b, e)
	case bench.ExperimentTamper:
		return s.tamper(ctx, b, e)
	case bench.ExperimentAutoscale:
		return s.autoscale(ctx, b, e)
	case bench.ExperimentDrain:
		return s.drain(ctx, b, e)
	case bench.ExperimentHeal:
		return s.heal(ctx, b, e)
	case bench.ExperimentDeploy:
		return s.deploy(ctx, b, e)
	case bench.ExperimentTrace:
		return s.trace(ctx, b, e)
	case bench.ExperimentReshard:
		return s.reshard(ctx, b, e)
	case bench.ExperimentPlacement:
		return s.placement(e, b.system.Topology())
	}
	return fmt.Errorf("kind %q is not one that can be run", e.Kind)
}

// predictOnly predicts a topology under a part of the workload.
func (s *session) predictOnly(t targets.Topology, only []targets.Operation) (bench.Prediction, error) {
	return s.predictFor(t, s.part(only))
}

// part is the workload with some of its operations only.
func (s *session) part(only []targets.Operation) bench.Workload {
	w := s.cfg.Workload
	w.Mix = nil
	sum := 0.0
	for _, share := range s.cfg.Workload.Mix {
		if slices.Contains(only, share.Operation) {
			w.Mix = append(w.Mix, share)
			sum += share.Ratio
		}
	}
	for i := range w.Mix {
		w.Mix[i].Ratio /= sum
	}
	return w
}

func (s *session) variantCapacity(ctx context.Context, b *bed, e bench.Experiment, variant *bench.VariantResult) error {
	prediction := s.result.Prediction
	if variant != nil {
		prediction = variant.Prediction
	}
	if len(e.Operations) > 0 {
		topology := b.system.Topology()
		var err error
		if prediction, err = s.predictOnly(topology, e.Operations); err != nil {
			return err
		}
	}
	if p, ok := prediction.Estimate("capacity_per_s"); ok {
		s.facts.Doubt(e.Name+".estimate.capacity_per_s", p.Value, p.Model, p.Outside)
	}
	// A coarser bracket will do: a variant is only compared with the stage.
	c, err := s.capacity(ctx, b, prediction, max(2, s.cfg.Profile.Probes-1), e.Operations...)
	if c != nil && len(c.Probes) > 0 {
		s.capacityFacts(e.Name+".", *c)
		if variant != nil {
			variant.Capacity = c
		}
	}
	return err
}

// latency attacks with one operation after another, so that what each costs
// the store can be told apart.
func (s *session) latency(ctx context.Context, b *bed, e bench.Experiment, variant *bench.VariantResult) error {
	operations := e.Operations
	if len(operations) == 0 {
		for _, share := range s.cfg.Workload.Mix {
			operations = append(operations, share.Operation)
		}
	}
	length := max(s.cfg.Profile.Common/4, time.Second, e.Length)
	for _, op := range operations {
		s.stepFor(length, "%s: %s at %.4g/s", e.Name, op, e.Rate)
		before := b.read(ctx)
		seen, err := b.attack(ctx, order{name: e.Name + "-" + string(op), rate: e.Rate, length: length,
			only: []targets.Operation{op}, regions: e.Regions, hot: e.Hot, keep: true})
		if seen != nil {
			s.measured(e.Name, seen)
			after := b.read(context.WithoutCancel(ctx))
			s.statements(e.Name+"."+string(op), before, after, seen)
			s.edgeFacts(b, e.Name+"."+string(op), before, after)
			if variant != nil {
				variant.Latency = &seen.measurement
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// load attacks with all operations at once, and says what the estimate gave
// for the capacity under them.
func (s *session) load(ctx context.Context, b *bed, e bench.Experiment, variant *bench.VariantResult) error {
	only := e.Operations
	if len(only) > 0 {
		p, err := s.predictCrowd(b.system.Topology(), s.part(only), s.crowd(e.Regions, e.Hot))
		if err != nil {
			return err
		}
		if c, ok := ceiling(p); ok {
			s.facts.Add(e.Name+".estimate.ceiling_per_s", c.Ceiling, "the lowest ceiling of a resource")
		}
	}
	length := max(s.cfg.Profile.Common/4, time.Second, e.Length)
	s.stepFor(length, "%s: %.4g/s", e.Name, e.Rate)
	if err := b.settle(ctx); err != nil {
		return err
	}
	before := b.read(ctx)
	seen, err := b.attack(ctx, order{name: e.Name, rate: e.Rate, length: length, only: only, regions: e.Regions, hot: e.Hot, keep: true})
	if seen != nil {
		s.measured(e.Name, seen)
		after := b.read(context.WithoutCancel(ctx))
		s.hitFacts(e.Name, before, after, seen)
		s.edgeFacts(b, e.Name, before, after)
		s.streamFacts(e.Name, before, after)
		s.lagFacts(e, before, after)
		s.loadCosts(e, seen, variant)
		s.shardFacts(b, e.Name, before, after)
		if variant != nil {
			variant.Latency = &seen.measurement
		}
	}
	return err
}

// loadCosts states what a load cost: real CPU time of each request, and the
// price of a million at this goodput.
func (s *session) loadCosts(e bench.Experiment, o *seen, variant *bench.VariantResult) {
	if n := o.measurement.Total.Sent; n > 0 {
		s.facts.Doubt(e.Name+".cpu_per_request_ns", float64(o.processCPU)/float64(n), "real CPU time of all nodes", o.crowded)
	}
	price := s.stage.PricePerHour
	for _, v := range s.stage.Variants {
		if variant != nil && v.Name == variant.Name {
			price = v.PricePerHour
		}
	}
	if o.measurement.Goodput > 0 && price > 0 {
		s.facts.Doubt(e.Name+".cost_per_million_usd", price/3600/o.measurement.Goodput*1e6, "price per hour over answers per hour", o.crowded)
	}
}

// statements counts what the store was asked for each request.
func (s *session) statements(prefix string, before, after reading, o *seen) {
	total := 0.0
	for _, class := range targets.Statements() {
		total += count(before, after, "statements_"+string(class)+"_total")
	}
	if n := o.measurement.Total.Sent; n > 0 {
		s.facts.Add(prefix+".statements_per_request_count", total/float64(n), "counters of the store")
	}
}

// direct connects to a private role as a client from outside would.
func (s *session) direct(ctx context.Context, b *bed, e bench.Experiment) error {
	s.step("connect to %s directly", e.Role)
	const tries = 5
	address := b.system.Endpoints()[e.Role].Address
	client := &http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	answered := 0
	for range tries {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/healthz", nil)
		if err != nil {
			return err
		}
		res, err := client.Do(req)
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			continue // refused, which is the point
		}
		discard(res)
		answered++
	}
	s.facts.Add(e.Name+".tried_count", tries, "plain connections from a client's address to "+e.Role)
	s.facts.Add(e.Name+".answered_count", float64(answered), "plain connections from a client's address to "+e.Role)
	return nil
}

// limit sends more than the rate limit from one address.
func (s *session) limit(ctx context.Context, b *bed, e bench.Experiment, variant *bench.VariantResult) error {
	length := max(s.cfg.Profile.Common/3, 2*time.Second)
	s.stepFor(length, "%s: %.4g/s", e.Name, e.Rate)
	seen, err := b.attack(ctx, order{name: e.Name, rate: e.Rate, length: length, only: e.Operations, keep: true})
	if seen != nil {
		s.measured(e.Name, seen)
		if variant != nil {
			variant.Latency = &seen.measurement
		}
	}
	return err
}
