package estimate

import (
	"context"
	"fmt"
	"math"
	"time"

	"rung/bench"
	"rung/bench/simulate"
	"rung/targets"
)

// Trial is what is simulated of a topology and its workload.
type Trial struct {
	// Users of the load whose latencies are wanted, at Rate requests per
	// second. With a Length it is played as often as the budget allows as an
	// attack that long, after Warm: Low and High then hold the middle 95% of
	// those runs, which is where one measured run is to be expected. Without, it
	// is the steady state, with a confidence interval.
	Users        Crowd
	Rate         float64
	Length, Warm time.Duration
	// Plan of an attack, when it is known: each run then is this very attack,
	// without Warm, and only what the users find differs. Operation says, when
	// that is known too, which one each request is; not with a nil Plan.
	Plan      bench.Plan
	Operation func(n uint64) targets.Operation
	// Near are the users of the search for the capacity. Nil means Users.
	Near *Crowd
	// Hop is the real time of one hop's software.
	Hop  time.Duration
	Seed uint64
	// Budget is the time that it may take on a slow machine of the present
	// day. It decides how many requests are simulated, and not by a clock: the
	// same budget gives the same result everywhere.
	Budget time.Duration
}

// Simulate simulates the common load of a topology: quantiles of the response
// time and, when the budget allows, the capacity with its bracket as Low and
// High. Users are spread alike over the regions.
func Simulate(ctx context.Context, t targets.Topology, w bench.Workload, regions []string, rate float64, hop time.Duration, seed uint64, budget time.Duration) (*bench.Simulation, error) {
	return SimulateTrial(ctx, t, w, Trial{Users: Crowd{Regions: regions}, Rate: rate, Hop: hop, Seed: seed, Budget: budget})
}

const (
	// stepsPerSecond are simulated at least, by the wall clock.
	stepsPerSecond = 4_000_000
	// fewest requests of which something is said, and most that make it better.
	fewestRequests, mostRequests = 20_000, 4_000_000
	trialReplications            = 10
	fewestRuns, mostRuns         = 40, 400
	// capacityPart of the budget is for the capacity; below the least number of
	// requests for each probe it is left out.
	capacityPart           = 0.5
	capacityProbes         = 10
	leastProbe, mostProbe  = 20_000, 400_000
	capacityWidth          = 0.01
	warmTime               = 5 * time.Second
	capacityFact           = "capacity_per_s"
	commonMedian, commonHi = "common.p50_ns", "common.p99_ns"
)

// SimulateTrial is Simulate for a Trial. An error is a topology or rate that
// makes no sense, a budget too small for 20,000 requests, or the end of ctx.
func SimulateTrial(ctx context.Context, t targets.Topology, w bench.Workload, x Trial) (*bench.Simulation, error) {
	if !(x.Rate > 0) {
		return nil, fmt.Errorf("simulate %s: rate %v: it must be positive", t.Name, x.Rate)
	}
	start := time.Now()
	net, outside, err := NetworkOf(t, w, x.Users, x.Rate, x.Length, x.Hop)
	if err != nil {
		return nil, fmt.Errorf("simulate: %w", err)
	}
	out := &bench.Simulation{Seed: x.Seed, Limits: simulationLimits, Outside: outside}
	requests := affordable(net, float64(x.Budget)*(1-capacityPart))
	if requests < fewestRequests {
		return nil, fmt.Errorf("simulate %s: %v is enough for %d requests: at least %d are needed", t.Name, x.Budget, requests, fewestRequests)
	}
	r, err := simulate.Run(ctx, net, x.config(w, requests))
	if err != nil {
		return nil, fmt.Errorf("simulate %s: %w", t.Name, err)
	}
	out.Requests, out.Virtual = r.Started, r.Virtual
	if r.Overloaded || r.Failures.Value > w.SLO.Failures {
		out.Outside = fmt.Sprintf("at %.4g/s %.3g%% of the requests fail: there is no steady state", x.Rate, r.Failures.Value*100)
	}
	for _, row := range []struct {
		fact string
		q    float64
	}{{commonMedian, 0.5}, {commonHi, 0.99}} {
		v := r.Response.Quantile(row.q)
		if math.IsNaN(v.Value) {
			continue
		}
		s := bench.Simulated{Fact: row.fact, Value: v.Value, Low: v.Low, High: v.High}
		if r.Replications >= fewestRuns {
			s.Low, s.High = v.From, v.To
		}
		out.Values = append(out.Values, s)
	}
	if err := x.capacity(ctx, t, w, out); err != nil {
		return nil, fmt.Errorf("simulate %s: %w", t.Name, err)
	}
	out.Wall = time.Since(start)
	return out, nil
}

// config is how the common load is run, when some requests are affordable.
func (x Trial) config(w bench.Workload, requests uint64) simulate.Config {
	c := simulate.Config{Rate: x.Rate, Arrivals: w.Arrivals, Timeout: w.Timeout, Seed: x.Seed, Warm: warmTime, Replications: trialReplications}
	one := x.Rate * x.Length.Seconds()
	switch {
	case x.Plan != nil:
		c.Plan, c.Warm, one = x.Plan, 0, float64(x.Plan.Count())
		if x.Operation != nil {
			c.Operation = func(n uint64) string { return string(x.Operation(n)) }
		}
	case x.Length > 0:
		c.Length, c.Warm = x.Length, x.Warm
	default:
		c.Requests = min(requests, mostRequests) / trialReplications
		return c
	}
	c.Replications = int(max(fewestRuns, min(float64(requests)/max(one, 1), mostRuns)))
	return c
}

// affordable is how many requests fit into some nanoseconds.
func affordable(net simulate.Network, budget float64) uint64 {
	return uint64(max(0, budget/1e9*stepsPerSecond/max(net.Steps(), 1)))
}

// capacity searches the capacity with the rest of the budget.
func (x Trial) capacity(ctx context.Context, t targets.Topology, w bench.Workload, out *bench.Simulation) error {
	users := x.Users
	if x.Near != nil {
		users = *x.Near
	}
	c, err := users.conditions(w)
	if err != nil {
		return err
	}
	c.rate, c.length, c.hop = x.Rate, max(x.Length, 0), x.Hop
	m, err := newModel(t, w, c)
	if err != nil {
		return err
	}
	m.conditions.audience = m.audience
	if m.bottleneck() == nil {
		return nil
	}
	full, guess, err := m.atCapacity()
	if err != nil {
		return err
	}
	net := full.network()
	requests := affordable(net, float64(x.Budget)*capacityPart/capacityProbes)
	if requests < leastProbe || guess <= 0 {
		return nil
	}
	b, err := simulate.Capacity(ctx, net, simulate.Config{Arrivals: w.Arrivals, Requests: min(requests, mostProbe), Warm: warmTime,
		Timeout: w.Timeout, Seed: x.Seed}, w.SLO, simulate.Search{Width: capacityWidth, Probes: capacityProbes, Around: guess})
	if err != nil {
		return err
	}
	out.Requests += b.Requests
	if b.Passed > 0 && !math.IsInf(b.Failed, 1) {
		out.Values = append(out.Values, bench.Simulated{Fact: capacityFact, Value: (b.Passed + b.Failed) / 2, Low: b.Passed, High: b.Failed})
	}
	return nil
}
