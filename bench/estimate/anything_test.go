package estimate_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rung/bench"
	"rung/bench/estimate"
	"rung/targets"
)

// drawn is a stage-like system of any size.
type drawn struct {
	topology targets.Topology
	workload bench.Workload
}

func anyLaw(t *rapid.T, name string, most time.Duration, cv float64) targets.Law {
	return targets.Law{Mean: time.Duration(rapid.Int64Range(0, int64(most)).Draw(t, name)),
		Shape: rapid.SampledFrom([]targets.Shape{"", targets.ShapeConstant, targets.ShapeExponential, targets.ShapeLognormal}).Draw(t, name+" shape"),
		CV:    rapid.Float64Range(0, cv).Draw(t, name+" cv")}
}

// anySystem draws a system whose work varies by at most cv.
func anySystem(cv float64) *rapid.Generator[drawn] {
	return rapid.Custom(func(t *rapid.T) drawn {
		webs := rapid.IntRange(1, 4).Draw(t, "webs")
		s := shopTopology(webs, rapid.IntRange(0, 9).Draw(t, "slots"), webs == 1 && rapid.Bool().Draw(t, "one machine"))
		quantum := rapid.SampledFrom([]time.Duration{0, time.Millisecond, 10 * time.Millisecond}).Draw(t, "quantum")
		for i := range s.Nodes {
			s.Nodes[i].Machine.Quantum = quantum
		}
		for i := range s.Links {
			s.Links[i].Bandwidth = rapid.Int64Range(0, 1e8).Draw(t, "bandwidth")
		}
		w := shopWorkload()
		w.Data.Users, w.Exponent = rapid.IntRange(1, 200).Draw(t, "users"), rapid.Float64Range(0, 5).Draw(t, "exponent")
		w.SLO.Quantile = rapid.SampledFrom([]float64{0.5, 0.9, 0.99, 0.999}).Draw(t, "quantile")
		w.SLO.Latency = time.Duration(rapid.IntRange(1, 2000).Draw(t, "latency ms")) * time.Millisecond
		demand := map[targets.Operation]targets.Law{}
		w.Mix = nil
		total := 0.0
		for _, op := range targets.Operations() {
			demand[op] = anyLaw(t, string(op), 300*time.Millisecond, cv)
			ratio := rapid.Float64Range(0, 1).Draw(t, "share")
			w.Mix = append(w.Mix, bench.Share{Operation: op, Ratio: ratio})
			total += ratio
		}
		for i := range w.Mix {
			if w.Mix[i].Ratio /= max(total, 1e-300); total == 0 {
				w.Mix[i].Ratio = 1 / float64(len(w.Mix))
			}
		}
		change(&s, func(r *targets.Role) {
			switch {
			case r.Web != nil:
				r.Web.Demand = demand
			case r.Balancer != nil:
				r.Balancer.Demand = anyLaw(t, "balance", time.Millisecond, cv)
				r.Balancer.Policy = rapid.SampledFrom(targets.Policies()).Draw(t, "policy")
				r.Balancer.Static = rapid.Bool().Draw(t, "static")
			case r.Database != nil:
				r.Database.PoolPages = rapid.IntRange(0, 500).Draw(t, "pool")
				r.Database.Access = anyLaw(t, "access", 20*time.Millisecond, cv)
				for class := range r.Database.Demand {
					r.Database.Demand[class] = targets.Constant(r.Database.Demand[class].Mean)
				}
			}
		})
		return drawn{s, w}
	})
}

func must(t *rapid.T, d drawn, rate float64) bench.Prediction {
	p, err := estimate.Predict(d.topology, d.workload, rate, 50*time.Microsecond)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func value(t *rapid.T, p bench.Prediction, fact string) float64 {
	e, ok := p.Estimate(fact)
	switch {
	case !ok && fact == "capacity_per_s":
		return math.Inf(1) // nothing limits it
	case !ok:
		t.Fatalf("no estimate of %s", fact)
	case e.Value == 0 && e.Outside != "":
		if fact == "capacity_per_s" {
			return 0
		}
		return math.Inf(1) // no steady state
	}
	return e.Value
}

func TestEstimatesAreNumbers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		numbers(t, must(t, anySystem(20).Draw(t, "system"), rapid.Float64Range(0, 3000).Draw(t, "rate")))
	})
}

// numbers checks what must hold of any prediction.
func numbers(t *rapid.T, p bench.Prediction) {
	number := func(what string, x float64) {
		if math.IsNaN(x) || math.IsInf(x, 0) || x < 0 {
			t.Fatalf("%s is %v", what, x)
		}
	}
	number("use", p.Bottleneck.Use)
	if p.Bottleneck.Use > 1+1e-9 {
		t.Fatalf("the bottleneck is used %v at capacity", p.Bottleneck.Use)
	}
	for _, d := range p.Demands {
		number("time of "+d.Node, d.TimeNs)
		number("ceiling of "+d.Node, d.Ceiling)
	}
	for _, e := range p.Estimates {
		number(e.Fact, e.Value)
		number("tolerance of "+e.Fact, e.Tolerance)
		if e.Value == 0 && e.Outside == "" && e.Fact != "pool_miss_ratio" && e.Fact != "common.p50_ns" && !strings.HasPrefix(e.Fact, "common.cache.") {
			t.Fatalf("%s is zero without a reason", e.Fact)
		}
		if e.Model == "" || e.Limits == "" || len(e.Derivation) == 0 || e.Tolerance == 0 {
			t.Fatalf("%+v does not say where it comes from", e)
		}
	}
}

// anyWideSystem draws a system of the data rungs.
func anyWideSystem() *rapid.Generator[drawn] {
	return rapid.Custom(func(t *rapid.T) drawn {
		d := anySystem(3).Draw(t, "base")
		s := &d.topology
		if len(s.Nodes) == 1 { // one machine for all has none of it
			return d
		}
		if rapid.Bool().Draw(t, "group") {
			replicate(s, rapid.IntRange(1, 4).Draw(t, "replicas"), rapid.SampledFrom(targets.Modes()).Draw(t, "mode"),
				rapid.SampledFrom(targets.ReadPolicies()).Draw(t, "reads"), time.Duration(rapid.IntRange(0, 5).Draw(t, "wire ms"))*time.Millisecond)
		}
		if rapid.Bool().Draw(t, "cached") {
			cacheTier(s, rapid.IntRange(1, 3).Draw(t, "caches"), rapid.Int64Range(1, 1<<18).Draw(t, "bytes"),
				rapid.SampledFrom(targets.Evictions()).Draw(t, "eviction"), time.Duration(rapid.IntRange(0, 100).Draw(t, "TTL s"))*time.Second)
		}
		if rapid.Bool().Draw(t, "edges") {
			edges(s, time.Duration(rapid.IntRange(0, 5000).Draw(t, "max-age ms"))*time.Millisecond)
		}
		keepSessions(s, rapid.SampledFrom(targets.SessionStores()).Draw(t, "sessions"), rapid.IntRange(0, 100).Draw(t, "files"))
		return d
	})
}

func TestWideEstimatesAreNumbers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d, rate := anyWideSystem().Draw(t, "system"), rapid.Float64Range(0, 3000).Draw(t, "rate")
		p, err := estimate.PredictAttack(d.topology, d.workload, rate, time.Duration(rapid.IntRange(0, 60).Draw(t, "length s"))*time.Second, 50*time.Microsecond)
		if err != nil {
			t.Fatal(err)
		}
		numbers(t, p)
	})
}

// anyFarSystem draws a system of the last rungs: shards, a queue, two data
// centres.
func anyFarSystem() *rapid.Generator[drawn] {
	return rapid.Custom(func(t *rapid.T) drawn {
		d := anySystem(3).Draw(t, "base")
		s := &d.topology
		if len(s.Nodes) == 1 {
			return d
		}
		follows := rapid.IntRange(0, min(5, d.workload.Data.Users-1)).Draw(t, "follows")
		if rapid.Bool().Draw(t, "centres") {
			demand := s.RolesOf(targets.KindWeb)[0].Web.Demand
			*s = twoCentres(rapid.IntRange(1, 3).Draw(t, "webs"), rapid.SampledFrom(targets.Modes()).Draw(t, "mode"))
			change(s, func(r *targets.Role) {
				if r.Web != nil {
					r.Web.Demand = demand
				}
			})
			return d
		}
		if rapid.Bool().Draw(t, "queue") {
			enqueue(s, rapid.IntRange(0, 3).Draw(t, "workers"), rapid.SampledFrom(targets.Syncs()).Draw(t, "sync"))
		}
		if rapid.Bool().Draw(t, "sharded") {
			sharding := shards(s, rapid.IntRange(1, 5).Draw(t, "shards"), rapid.SampledFrom(targets.ShardMethods()).Draw(t, "method"), follows)
			change(s, func(r *targets.Role) {
				switch {
				case r.Web != nil:
					r.Web.Denormalised = follows > 0 && rapid.Bool().Draw(t, "denormalised")
				case r.Worker != nil:
					r.Worker.Data = targets.DataTier{Sharding: &sharding, Connections: 1}
				}
			})
		}
		if rapid.Bool().Draw(t, "cached") {
			cacheTier(s, rapid.IntRange(1, 3).Draw(t, "caches"), rapid.Int64Range(1, 1<<18).Draw(t, "bytes"),
				rapid.SampledFrom(targets.Evictions()).Draw(t, "eviction"), time.Duration(rapid.IntRange(0, 100).Draw(t, "TTL s"))*time.Second)
		}
		return d
	})
}

func TestFarEstimatesAreNumbers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d, rate := anyFarSystem().Draw(t, "system"), rapid.Float64Range(0, 3000).Draw(t, "rate")
		var crowd estimate.Crowd
		if len(d.topology.Regions) > 0 {
			crowd.Regions = rapid.SampledFrom([][]string{nil, {"eu"}, {"na", "eu"}}).Draw(t, "regions")
		}
		if rapid.Bool().Draw(t, "hot") {
			crowd.Hot = bench.Hot{User: rapid.Int64Range(1, int64(d.workload.Data.Users)).Draw(t, "user"), Ratio: rapid.Float64Range(0, 1).Draw(t, "ratio")}
		}
		length := time.Duration(rapid.IntRange(0, 60).Draw(t, "length s")) * time.Second
		p, err := estimate.PredictCrowd(d.topology, d.workload, crowd, rate, length, 50*time.Microsecond)
		if err != nil {
			t.Fatal(err)
		}
		numbers(t, p)
		for _, e := range p.Estimates {
			seen := map[string]bool{}
			for _, l := range e.Derivation {
				if strings.HasPrefix(l, "  ") && seen[l] {
					t.Fatalf("%s says twice %q", e.Fact, l)
				}
				if seen[l] = true; !strings.HasPrefix(l, "  ") {
					seen = map[string]bool{}
				}
			}
		}
	})
}

// slack is what a law of two moments may miss where it only compares, and
// grain what its probabilities may: a median that lies in a gap between two
// kinds of requests jumps over it for less than that. Work that is cut into
// two or three pieces is the least known.
const (
	slack  = 0.05
	grain  = 1e-4
	coarse = 0.15
)

// More requests never make answers faster, and a higher quantile is never
// lower.
func TestQuantilesOnlyRise(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := anySystem(1).Draw(t, "system")
		d.workload.SLO.Latency = 1 // no capacity to search: only the quantiles matter here
		last50, last99 := 0.0, 0.0
		rate, step := 0.0, rapid.Float64Range(0.1, 100).Draw(t, "step")
		for range 5 {
			p := must(t, d, rate)
			p50, p99 := value(t, p, "common.p50_ns"), value(t, p, "common.p99_ns")
			if p50 > p99*(1+1e-9) {
				t.Fatalf("at %v/s p50 is %v and p99 %v", rate, p50, p99)
			}
			if fell(t, d, rate, p50, last50, 0.5) || fell(t, d, rate, p99, last99, 0.99) {
				t.Fatalf("at %v/s p50 fell from %v to %v, or p99 from %v to %v", rate, last50, p50, last99, p99)
			}
			last50, last99, rate = p50, p99, rate+step
		}
	})
}

// fell says that a quantile is lower than it was, and not for next to no
// requests.
func fell(t *rapid.T, d drawn, rate, now, before, q float64) bool {
	if now >= before*(1-slack) {
		return false
	}
	if math.IsInf(before, 1) {
		return true
	}
	beyond, err := estimate.Beyond(d.topology, d.workload, rate, before*(1-slack)/1e9, 50*time.Microsecond)
	if err != nil {
		t.Fatal(err)
	}
	return beyond < 1-q-grain
}

// A larger machine and less work never lower the capacity.
func TestCapacityDoesNotFall(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := anySystem(1).Draw(t, "system")
		for i := range d.topology.Nodes { // something must be emulated on both sides
			d.topology.Nodes[i].Machine.CPU.Slots = max(1, d.topology.Nodes[i].Machine.CPU.Slots)
			d.topology.Nodes[i].Machine.CPU.Slots = d.topology.Nodes[0].Machine.CPU.Slots
		}
		before := value(t, must(t, d, 0), "capacity_per_s")
		what := rapid.SampledFrom([]string{"slots", "web", "access"}).Draw(t, "what")
		factor := rapid.Float64Range(0.3, 1).Draw(t, "factor")
		for i := range d.topology.Nodes {
			if what == "slots" {
				d.topology.Nodes[i].Machine.CPU.Slots++
			}
		}
		done := false
		change(&d.topology, func(r *targets.Role) {
			switch {
			case what == "web" && r.Web != nil && !done: // the servers share one table
				done = true
				for op, law := range r.Web.Demand {
					law.Mean = time.Duration(float64(law.Mean) * factor)
					r.Web.Demand[op] = law
				}
			case what == "access" && r.Database != nil:
				r.Database.Access.Mean = time.Duration(float64(r.Database.Access.Mean) * factor)
			}
		})
		after := value(t, must(t, d, 0), "capacity_per_s")
		if after < before*(1-coarse) {
			t.Fatalf("capacity fell from %v to %v with better %s (%v)", before, after, what, factor)
		}
	})
}
