package run

import (
	"context"
	"fmt"
	"math"
	"time"

	"rung/bench"
	"rung/bench/traffic"
	"rung/targets"
)

// cacheDraws of pages warm a cache tier: some times more than any stage's
// holds, so that what it evicts has settled.
const cacheDraws = 40_000

// enoughReads for a hit ratio: its standard deviation is then below 2.3 points.
const enoughReads = 500

// hits attacks a warm cache tier with reads and counts how many it answers.
func (s *session) hits(ctx context.Context, b *bed, e bench.Experiment) error {
	only := e.Operations
	if len(only) == 0 {
		only = []targets.Operation{targets.OpUser}
	}
	if err := b.emptyCaches(ctx); err != nil {
		return err
	}
	if err := b.warmCache(ctx, only); err != nil {
		return err
	}
	length := max(e.Length, 2*time.Second)
	s.stepFor(length, "%s: %.4g/s against a warm cache", e.Name, e.Rate)
	before := b.read(ctx)
	seen, err := b.attack(ctx, order{name: e.Name, rate: e.Rate, length: length, only: only, keep: true})
	if seen == nil {
		return err
	}
	s.measured(e.Name, seen)
	s.hitFacts(e.Name, before, b.read(context.WithoutCancel(ctx)), seen)
	p, predictErr := s.predictOnly(b.system.Topology(), only)
	if err == nil {
		err = predictErr
	}
	if h, ok := p.Estimate("common.cache.hit_ratio"); ok {
		s.facts.Doubt(e.Name+".estimate.hit_ratio", h.Value, h.Model, h.Outside)
		if f, ok := s.facts[e.Name+".hit_ratio"]; ok {
			doubt := f.Doubt
			if doubt == "" {
				doubt = h.Outside
			}
			s.facts.Doubt(e.Name+".hit_ratio_error_ratio", math.Abs(f.Value-h.Value), "measured less estimated hit ratio, as a share of all reads", doubt)
		}
	}
	return err
}

// hitFacts states how often a cache tier answered between two readings, and
// how long hits and misses took.
func (s *session) hitFacts(prefix string, before, after reading, o *seen) {
	hits, misses := count(before, after, "store_cache_hits_total"), count(before, after, "store_cache_misses_total")
	total := hits + misses
	if total == 0 {
		return
	}
	from := fmt.Sprintf("counters of the web tier: %.0f reads through the cache", total)
	doubt := ""
	if total < enoughReads {
		doubt = fmt.Sprintf("%.0f reads are too few: at least %d", total, enoughReads)
	}
	s.facts.Doubt(prefix+".hit_ratio", hits/total, from, doubt)
	loads := count(before, after, "store_cache_loads_total")
	s.facts.Doubt(prefix+".database_reads_saved_ratio", 1-loads/total, from, doubt)
	for outcome, sum := range o.byOutcome {
		s.facts.Add(fmt.Sprintf("%s.%s_mean_ns", prefix, outcome), float64(sum.mean()), fmt.Sprintf("response time of %d requests", sum.count))
	}
}

// stampede empties the cache tier in the middle of an attack on few keys,
// with the wires from the web tier to the store slowed.
func (s *session) stampede(ctx context.Context, b *bed, e bench.Experiment) error {
	only := e.Operations
	if len(only) == 0 {
		only = []targets.Operation{targets.OpUser}
	}
	const length = 2 * time.Second
	s.stepFor(length, "%s: empty the cache under %.4g/s", e.Name, e.Rate)
	if err := b.slowStore(ctx, targets.Impairment{Extra: e.Slow}); err != nil {
		return err
	}
	emptied := make(chan emptying, 1)
	seen, err := b.attack(ctx, order{name: e.Name, rate: e.Rate, length: length, only: only, exponent: e.Exponent, keep: true,
		interval: 100 * time.Millisecond, began: func(t time.Time) {
			go func() { emptied <- b.empty(ctx, t.Add(length/2), length/4) }()
		}})
	if healErr := b.slowStore(context.WithoutCancel(ctx), targets.Impairment{}); err == nil {
		err = healErr
	}
	if seen == nil {
		return err
	}
	if !seen.began.IsZero() {
		what := <-emptied
		if err == nil {
			err = what.err
		}
		s.stampedeFacts(b, e, seen, what)
	}
	return err
}

// slowStore changes the wires from the web tier to the store.
func (b *bed) slowStore(ctx context.Context, i targets.Impairment) error {
	for _, r := range b.system.Topology().RolesOf(targets.KindWeb) {
		_, web, _ := b.system.Topology().Role(r.Name)
		stores := r.Web.Members
		if len(stores) == 0 {
			stores = []string{r.Web.Store}
		}
		for _, name := range stores {
			_, node, _ := b.system.Topology().Role(name)
			if err := b.system.Impair(ctx, web.Name, node.Name, i); err != nil {
				return err
			}
		}
	}
	return nil
}

// emptyCaches drops everything that the cache tier holds.
func (b *bed) emptyCaches(ctx context.Context) error {
	for _, r := range b.system.Topology().RolesOf(targets.KindCache) {
		if err := b.system.Command(ctx, r.Name, targets.Command{Do: targets.DoFlush}); err != nil {
			return err
		}
	}
	return nil
}

// emptying is the readings around the emptying of a cache tier.
type emptying struct {
	at            time.Time
	before, after reading
	err           error
}

func (b *bed) empty(ctx context.Context, at time.Time, settle time.Duration) (e emptying) {
	c := b.session.clock
	if e.err = c.Until(ctx, at); e.err != nil {
		return e
	}
	e.before = b.read(ctx)
	if e.err = b.emptyCaches(ctx); e.err != nil {
		return e
	}
	e.at = time.Now()
	if e.err = c.Until(ctx, e.at.Add(settle)); e.err == nil {
		e.after = b.read(ctx)
	}
	return e
}

// stampedeFacts compares the reads of the store after the cache was emptied
// with the keys that were asked for: each key needs one read.
func (s *session) stampedeFacts(b *bed, e bench.Experiment, o *seen, what emptying) {
	if what.err != nil {
		return
	}
	loads := count(what.before, what.after, "store_cache_loads_total")
	from, to := what.at.Sub(o.began), what.after.at.Sub(o.began)
	keys := map[string]bool{}
	shop, err := b.again(e, o)
	if err != nil {
		return
	}
	for n := uint64(0); n < o.plan.Count(); n++ {
		if at := o.plan.At(n); at >= from && at < to {
			keys[shop.Request(n).Path] = true
		}
	}
	text := fmt.Sprintf("reads of the store in the %v after the cache was emptied, %d keys asked for", (to - from).Round(time.Millisecond), len(keys))
	s.facts.Add(e.Name+".store_reads_count", loads, text)
	s.facts.Add(e.Name+".keys_count", float64(len(keys)), text)
	if len(keys) > 0 {
		s.facts.Add(e.Name+".reads_per_key_count", loads/float64(len(keys)), text)
	}
}

// again is the source of an experiment's attack.
func (b *bed) again(e bench.Experiment, o *seen) (*traffic.Shop, error) {
	w := b.session.workload(b.system.Topology())
	if e.Exponent > 0 {
		w.Exponent = e.Exponent
	}
	shop, err := traffic.New(w, b.session.cfg.Seed, "again")
	if err != nil {
		return nil, err
	}
	again, err := shop.Again(o.run, o.seed)
	if err != nil {
		return nil, err
	}
	only := e.Operations
	if len(only) == 0 {
		only = []targets.Operation{targets.OpUser}
	}
	return again.Only(only...), nil
}
