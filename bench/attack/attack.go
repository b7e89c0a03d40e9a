package attack

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"rung/bench"
)

// firstWorkers are started with the attack; vegeta adds more as needed.
const firstWorkers = 64

// ballast is what an attack allocates and never touches. The garbage collector
// runs when the heap has doubled. That of a generator is tiny but for what
// the library allocates per request, 3 kB, so without it the collector would
// run after some thousand requests, and take a sixth of the time. Untouched
// memory is not resident.
const ballast = 32 << 20

// placeholder is the URL that vegeta is given. A host would be parsed and
// copied for each request, and then not be used.
const placeholder = "/"

// progressEvery is how often Progress is called.
const progressEvery = 100 * time.Millisecond

// Run attacks and returns when every request that was sent has ended. Sink
// gets one sample per request sent, in the order of their ends, from the
// goroutine that called Run; the sample is reused after sink returns. The
// source observes each answer just before.
//
// When ctx ends, sending stops, requests in flight get up to Timeout to end,
// and the error wraps ctx's; the Generator and the samples are sound for what
// was sent. Other errors are wrong settings and a closed clock.
func Run(ctx context.Context, cfg Config, source bench.Source, plan bench.Plan, sink func(*bench.Sample)) (bench.Generator, error) {
	base, err := cfg.check()
	if err != nil {
		return bench.Generator{}, fmt.Errorf("attack %q: %w", cfg.Name, err)
	}
	pacing, stop := context.WithCancel(ctx)
	defer stop()
	r := &run{
		cfg: cfg, source: source, plan: plan, sink: sink,
		pacer: &pacer{ctx: pacing, clock: cfg.Clock, plan: plan, began: cfg.Began},
		gauge: newGauge(),
	}
	r.flights = newFlights(&r.dials)
	r.census = startCensus(cfg.Client.Transport)
	ceiling := cfg.ceiling(plan)
	attacker := vegeta.NewAttacker(
		vegeta.Client(&http.Client{Transport: &courier{
			next: cfg.Client.Transport, base: base, route: cfg.Route, source: source,
			timeout: cfg.Timeout, flights: r.flights, dials: &r.dials, census: r.census,
		}}),
		vegeta.Redirects(vegeta.NoFollow),
		vegeta.MaxBody(0),
		vegeta.Workers(uint64(min(firstWorkers, ceiling))),
		vegeta.MaxWorkers(uint64(ceiling)),
	)
	defer runtime.KeepAlive(make([]byte, ballast))
	results := attacker.Attack(func(t *vegeta.Target) error {
		r.enter()
		t.Method, t.URL = http.MethodGet, placeholder
		return nil
	}, r.pacer, 0, "")

	// Stop, too, because the loop may stand waiting for a free worker.
	last := time.AfterFunc(plan.Duration()+cfg.Timeout, func() { stop(); attacker.Stop() })
	defer last.Stop()
	unwatch := context.AfterFunc(ctx, func() { attacker.Stop() })
	defer unwatch()

	for result := range results {
		r.take(result)
	}
	return r.finish(ctx, ceiling)
}

// run is the state of one attack.
type run struct {
	cfg     Config
	source  bench.Source
	plan    bench.Plan
	sink    func(*bench.Sample)
	pacer   *pacer
	flights *flights
	dials   atomic.Int64
	gauge   *gauge
	census  *census

	// busy workers now, and the most there were.
	busy, peak atomic.Int64
	// sample is reused; told is when Progress was last called.
	sample bench.Sample
	told   time.Time
}

// enter is called by a worker that starts a request.
func (r *run) enter() {
	busy := r.busy.Add(1)
	for {
		peak := r.peak.Load()
		if busy <= peak || r.peak.CompareAndSwap(peak, busy) {
			return
		}
	}
}

// take turns a result of vegeta's into a sample.
func (r *run) take(result *vegeta.Result) {
	r.busy.Add(-1)
	one := r.flights.take(result.Seq)
	if one == nil {
		// The request failed before it reached the courier.
		one = &flight{once: true, request: r.source.Request(result.Seq), err: errors.New(result.Error)}
	}
	code := int(result.Code) // 0 also when the body broke off
	s := &r.sample
	*s = bench.Sample{
		Seq:       result.Seq,
		Operation: one.request.Operation,
		Region:    one.request.Region,
		Intended:  r.plan.At(result.Seq),
		Sent:      result.Timestamp.Sub(r.pacer.start),
		Code:      code,
		Outcome:   outcome(code),
		Bytes:     one.bytes,
	}
	s.Done = s.Sent + result.Latency
	if s.Outcome == bench.Failed {
		s.Cause = cause(code, one.err)
	}
	if timing := one.header["Server-Timing"]; len(timing) == 1 {
		s.ServerTiming = timing[0]
	} else if len(timing) > 1 {
		s.ServerTiming = strings.Join(timing, ", ")
	}
	r.source.Observe(result.Seq, one.request, code, one.header)
	r.gauge.observe(s)
	r.sink(s)
	r.flights.end(one)
	if now := result.Timestamp.Add(result.Latency); r.cfg.Progress != nil && now.Sub(r.told) >= progressEvery {
		r.told = now
		r.cfg.Progress(r.gauge.sent)
	}
}

func (r *run) finish(ctx context.Context, ceiling int) (bench.Generator, error) {
	if r.cfg.Progress != nil {
		r.cfg.Progress(r.gauge.sent)
	}
	planned, sent := r.plan.Count(), r.gauge.sent
	gen := bench.Generator{
		// A worker may start its next request a moment before its last
		// result is counted off.
		Workers: min(int(r.peak.Load()), ceiling), Ceiling: ceiling,
		Dials: r.dials.Load(), Precise: r.cfg.Clock.Precise(),
	}
	cut := ctx.Err() != nil && sent < planned
	r.gauge.fill(&gen, planned, cut, r.census.finish(&gen))
	switch {
	case cut:
		return gen, fmt.Errorf("attack %q: ended after %d of %d requests: %w", r.cfg.Name, sent, planned, ctx.Err())
	case r.pacer.err != nil:
		return gen, fmt.Errorf("attack %q: pace after %d of %d requests: %w", r.cfg.Name, sent, planned, r.pacer.err)
	}
	return gen, nil
}
