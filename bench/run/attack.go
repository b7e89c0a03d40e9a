package run

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"time"

	"rung/bench"
	"rung/bench/attack"
	"rung/bench/plan"
	"rung/bench/record"
	"rung/bench/traffic"
	"rung/targets"
)

// order is one attack that is wanted.
type order struct {
	name   string
	rate   float64
	length time.Duration
	// only these operations; empty means the whole mix.
	only []targets.Operation
	// regions that users are in, in equal shares; empty means the one place
	// that has no name.
	regions []string
	// exponent of the Zipf law in place of the workload's, if above 0.
	exponent float64
	// plan in place of rate and length, if set.
	plan bench.Plan
	// interval of the time series; zero means 1 s.
	interval time.Duration
	// hot is a celebrity among the users.
	hot bench.Hot
	// books that writes are noted in, if any.
	books *books
	// began is told the zero of the attack.
	began func(time.Time)
	// keep writes the histogram log.
	keep bool
	// open says that the attack is over when its context ends: what is
	// planned after that was never meant to be sent.
	open bool
}

// seen is what an attack found beside its measurement.
type seen struct {
	measurement bench.Measurement
	began       time.Time
	plan        bench.Plan
	// run is the prefix of the keys that the attack wrote.
	run string
	// seed of its source.
	seed uint64
	// failed are the planned offsets of the requests that failed or were
	// never sent, in no order.
	failed []time.Duration
	// failedIn are those of each region.
	failedIn map[string][]time.Duration
	// writes are the posts that were acknowledged: when, in order of the
	// answers.
	writes []time.Duration
	// byOutcome sums the response times of reads by what the cache said.
	byOutcome map[string]sum
	// slowAt are the planned offsets of the requests that were answered, but
	// later than the SLO's latency.
	slowAt []time.Duration
	// slow counts requests that failed or took longer than the SLO.
	slow uint64
	// served counts those of them that were slow from the send on: the others
	// were sent late.
	served uint64
	// emulated counts those that their time on emulated machines alone made
	// slow.
	emulated uint64
	// parts are the summed Server-Timing parts by operation.
	parts map[string]map[string]time.Duration
	ok    map[string]uint64
	uses  []bench.Use
	// crowded says that the real machine, not the emulated one, may have been
	// the limit; empty when it was not.
	crowded string
	// strain is that, or what limited the generator; empty when nothing did.
	strain string
	// processCPU is the real CPU time of all the system's nodes meanwhile.
	processCPU time.Duration
}

// attack carries out an order. On an error that is not the harness's own
// (ctx ended) what was measured comes back with it.
func (b *bed) attack(ctx context.Context, o order) (*seen, error) {
	s := b.session
	s.attacks++
	out := &seen{run: b.runName(o.name, s.attacks),
		parts: map[string]map[string]time.Duration{}, ok: map[string]uint64{}, failedIn: map[string][]time.Duration{}}
	var err error
	if out.plan, err = s.plan(o); err != nil {
		return nil, err
	}
	users := b.shop
	if o.exponent > 0 {
		w := s.workload(b.system.Topology())
		w.Exponent = o.exponent
		if users, err = traffic.New(w, s.cfg.Seed, "other"); err != nil {
			return nil, err
		}
	}
	out.seed = s.cfg.Seed + uint64(s.attacks)*7919
	shop, err := users.Again(out.run, out.seed)
	if err != nil {
		return nil, err
	}
	shop = shop.Only(o.only...).In(o.regions...).Hot(o.hot)
	var source bench.Source = shop
	if o.books != nil {
		source = o.books.watch(source)
	}
	recorder, closeLog, err := b.recorder(o, shop, out.plan)
	if err != nil {
		return nil, err
	}
	sent := uint64(0)
	watch := b.watch(ctx)
	generator, attackErr := attack.Run(ctx, attack.Config{Client: b.client, BaseURL: b.url(), Route: b.route, Clock: s.clock,
		Timeout: s.cfg.Workload.Timeout, Name: o.name,
		Began: func(t time.Time) {
			out.began = t
			if o.began != nil {
				o.began(t)
			}
		}}, source, out.plan, func(x *bench.Sample) {
		sent++
		recorder.Record(x)
		out.note(x, source.Operations(), s.cfg.Workload.SLO.Latency)
	})
	if o.open && ctx.Err() != nil && !out.began.IsZero() {
		out.plan = plan.Until(out.plan, sent, time.Since(out.began))
		recorder.EndAt(out.plan)
	}
	nodes := watch()
	out.uses, out.crowded = nodes.uses, crowded(nodes, generator, runtime.NumCPU())
	out.processCPU = nodes.own
	if out.strain = cmp.Or(generator.Limited, out.crowded); out.strain != "" {
		s.strained = out.strain
	}
	out.measurement = recorder.Finish(generator)
	for n := out.measurement.Total.Sent; n < out.plan.Count(); n++ {
		out.failed = append(out.failed, out.plan.At(n)) // the unsent are the tail of the plan
	}
	if o.keep {
		out.measurement.Log = fmt.Sprintf("%s/%s.hlog", b.folder, o.name)
	}
	if err := closeLog(); err != nil {
		return out, fmt.Errorf("histogram log of %s: %w", o.name, err)
	}
	return out, attackErr
}

// runName is the prefix of everything that the n-th attack writes.
func (b *bed) runName(name string, n int) string {
	return fmt.Sprintf("%s-%s-%d", b.folder[:min(2, len(b.folder))], name, n)
}

// share of the real machine that a stage may need. Beyond it, processes wait
// for each other in ways that nothing emulates.
const share = 0.5

// shareOfAll of it is what a stage and those that stand beside it may need.
const shareOfAll = 0.75

// shareOfComputer of it is what everything that runs may use, the kernel and
// programs that have nothing to do with the run among it. It is more than
// shareOfAll, because what the kernel does for the stages is no process's.
const shareOfComputer = 0.85

// crowded says why the real machine may have been the limit.
func crowded(nodes watched, g bench.Generator, cpus int) string {
	if nodes.wall <= 0 || g.Wall <= 0 {
		return ""
	}
	harness := g.CPU.Seconds() / g.Wall.Seconds()
	for _, part := range []struct {
		who   string
		cores float64
		most  float64
	}{
		{"the stage and the harness", nodes.own.Seconds()/nodes.wall.Seconds() + harness, share},
		{"all stages that ran at once", nodes.processCPU.Seconds()/nodes.wall.Seconds() + harness, shareOfAll},
		{"all programs of this computer", nodes.computer.Seconds() / nodes.wall.Seconds(), shareOfComputer},
	} {
		if part.cores > part.most*float64(cpus) {
			return fmt.Sprintf("the real machine was the limit: %s used %.3g of %d cores, at most %.3g may be",
				part.who, part.cores, cpus, part.most*float64(cpus))
		}
	}
	return ""
}

// plan is when the requests of an order are due.
func (s *session) plan(o order) (bench.Plan, error) {
	if o.plan != nil {
		return o.plan, nil
	}
	if s.cfg.Workload.Arrivals == bench.ArrivalsConstant {
		return plan.Constant(o.rate, o.length)
	}
	return plan.Poisson(o.rate, o.length, s.cfg.Seed+uint64(s.attacks))
}

func (b *bed) recorder(o order, shop *traffic.Shop, p bench.Plan) (*record.Recorder, func() error, error) {
	cfg := record.Config{Name: o.name, Operations: shop.Operations(), Operation: shop.Operation, Plan: p,
		Timeout: b.session.cfg.Workload.Timeout, Interval: o.interval, Started: time.Now().UTC(), Heat: o.keep}
	if !o.keep {
		return record.New(cfg), func() error { return nil }, nil
	}
	log, err := b.session.cfg.Files.Log(b.folder, o.name)
	if err != nil {
		return nil, nil, err
	}
	cfg.Log = log
	return record.New(cfg), log.Close, nil
}

// note keeps what facts need of a sample.
func (o *seen) note(x *bench.Sample, operations []string, limit time.Duration) {
	if x.Outcome == bench.Failed || x.Done-x.Intended > limit {
		o.slow++
		if x.Outcome == bench.Failed || x.Done-x.Sent > limit {
			o.served++
		}
		if x.Outcome != bench.Failed && emulated(x.ServerTiming) > limit {
			o.emulated++
		}
	}
	if x.Outcome == bench.Failed {
		o.failed = append(o.failed, x.Intended)
		if x.Region != "" {
			o.failedIn[x.Region] = append(o.failedIn[x.Region], x.Intended)
		}
		return
	}
	if x.Done-x.Intended > limit {
		o.slowAt = append(o.slowAt, x.Intended)
	}
	if x.Outcome != bench.OK {
		return
	}
	name := operations[x.Operation]
	o.ok[name]++
	if name == string(targets.OpPost) {
		o.writes = append(o.writes, x.Done)
	}
	if outcome := cacheOutcome(x.ServerTiming); outcome != "" {
		if o.byOutcome == nil {
			o.byOutcome = map[string]sum{}
		}
		o.byOutcome[outcome] = o.byOutcome[outcome].plus(x.Done - x.Intended)
	}
	parts := o.parts[name]
	if parts == nil {
		parts = map[string]time.Duration{}
		o.parts[name] = parts
	}
	for _, p := range record.ParseServerTiming(x.ServerTiming) {
		parts[p.Name] += p.Time
	}
}
