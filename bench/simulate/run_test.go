package simulate_test

import (
	"context"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"rung/bench"
	"rung/bench/plan"
	"rung/bench/simulate"
	"rung/targets"
)

func run(t *testing.T, n simulate.Network, c simulate.Config) simulate.Result {
	t.Helper()
	r, err := simulate.Run(t.Context(), n, c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// digest is the mean in nanoseconds.
const digest = 11302030

func TestSameSeedSameResult(t *testing.T) {
	c := simulate.Config{Rate: 400, Requests: 5000, Seed: 3, Replications: 3}
	a, b := run(t, stage(), c), run(t, stage(), c)
	if !reflect.DeepEqual(a, b) {
		t.Error("two runs with one seed differ")
	}
	c.Seed = 4
	if d := run(t, stage(), c); d.Response.Mean == a.Response.Mean {
		t.Error("another seed gives the same result")
	}
	// A digest of a run: it is the same on every machine.
	if got := int64(a.Response.Mean.Value); got != digest {
		t.Errorf("the mean of the run is %d ns, and was %d", got, digest)
	}
}

// Without load a response takes the sum of its steps, branches side by side.
func TestStepsAddUp(t *testing.T) {
	ms := func(x int) targets.Law { return targets.Constant(time.Duration(x) * time.Millisecond) }
	n := stage()
	n.Routes = []simulate.Route{{Operation: "one", Share: 1, Steps: []simulate.Step{
		simulate.Delay(time.Millisecond), simulate.Delay(2 * time.Millisecond), simulate.Work(0, ms(25)), // in three pieces
		simulate.Background(simulate.Branch{Chance: 1, Steps: []simulate.Step{simulate.Work(1, ms(500))}}),
		simulate.Fork(0, simulate.Branch{Chance: 1, Steps: []simulate.Step{simulate.Delay(4 * time.Millisecond)}},
			simulate.Branch{Chance: 1, Steps: []simulate.Step{simulate.Work(2, ms(9))}}),
		simulate.Fork(1, simulate.Branch{Chance: 1, Steps: []simulate.Step{simulate.Delay(3 * time.Millisecond)}},
			simulate.Branch{Chance: 1, Steps: []simulate.Step{simulate.Delay(time.Second)}}),
		simulate.Fork(0, simulate.Branch{Chance: 0, Steps: []simulate.Step{simulate.Delay(time.Hour)}}),
	}}}
	r := run(t, n, simulate.Config{Rate: 0.1, Arrivals: bench.ArrivalsConstant, Requests: 10})
	if got := r.Response.Mean.Value; got != 40e6 || r.Done != 10 {
		t.Errorf("%d requests take %v ms, want 40", r.Done, got/1e6)
	}
}

// While a batch is applied the next one gathers: three items that come together
// need two batches, the first of one item.
func TestAppliersGatherBatches(t *testing.T) {
	n := simulate.Network{
		Groups:   []simulate.Group{{Name: "replica", Servers: 2}},
		Stations: []simulate.Station{{Name: "cpu", Slots: 1, Queue: 10}, {Name: "disk", Slots: 1, Queue: 10}},
		Appliers: []simulate.Applier{{Station: 0, Item: targets.Constant(time.Millisecond), Disk: 1, Access: targets.Constant(10 * time.Millisecond)}},
		Routes: []simulate.Route{{Share: 1, Steps: []simulate.Step{simulate.Fork(0,
			ship(0), ship(0), ship(0), ship(1))}}},
	}
	r := run(t, n, simulate.Config{Rate: 1, Arrivals: bench.ArrivalsConstant, Requests: 5})
	if got := r.Response.Mean.Value; got != 23e6 { // 1 + 10, then 2 + 10
		t.Errorf("all are applied after %v ms, want 23", got/1e6)
	}
	if got := r.Stations[1].Rate.Value; math.Abs(got-3) > 1e-6 { // two batches here, one there
		t.Errorf("%v batches for a request, want 3", got)
	}
}

func ship(server int) simulate.Branch {
	return simulate.Branch{Chance: 1, Steps: []simulate.Step{simulate.HoldServer(0, server), simulate.Apply(0)}}
}

func TestPlansAndOperations(t *testing.T) {
	p, err := plan.Poisson(200, 3*time.Second, 9)
	if err != nil {
		t.Fatal(err)
	}
	c := simulate.Config{Plan: p, Replications: 40, Seed: 1,
		Operation: func(n uint64) string { return []string{"hit", "hit", "miss"}[n%3] }}
	r := run(t, stage(), c)
	if r.Started != 600*40 || r.Operations[0].Count != 400*40 || r.Operations[1].Name != "miss" || r.Operations[1].Count != 200*40 {
		t.Errorf("started %d; %s %d, %s %d", r.Started, r.Operations[0].Name, r.Operations[0].Count, r.Operations[1].Name, r.Operations[1].Count)
	}
	q := r.Response.Quantile(0.5)
	if !(q.From > 0 && q.From <= q.Value && q.Value <= q.To && q.Low <= q.Value && q.Value <= q.High && q.High-q.Low <= q.To-q.From) {
		t.Errorf("the median is %+v", q)
	}
}

func TestWhatFails(t *testing.T) {
	slow := queue(1, 1, -1, "", constant)
	late := run(t, slow, simulate.Config{Rate: 2000, Requests: 1000, Timeout: 10 * time.Millisecond})
	if late.Done == 0 || late.Late == 0 || late.Done+late.Late != 1000 || late.InFlight != 0 {
		t.Errorf("with a timeout: %+v", late)
	}
	if most := late.Response.Quantile(1).Value; most > 10.1e6 {
		t.Errorf("an answer after %v ms counts as done", most/1e6)
	}
	over := run(t, slow, simulate.Config{Rate: 2000, Requests: 10_000, MaxInFlight: 100})
	if !over.Overloaded || over.InFlight == 0 || over.Started != over.Done+over.InFlight {
		t.Errorf("overloaded: %+v", over)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := simulate.Run(ctx, slow, simulate.Config{Rate: 500, Requests: 200_000}); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that has ended gives %v", err)
	}
}

// A full queue fails a request wherever it is, and what it held is free again.
func TestRefusedBranchesFailTheirRequest(t *testing.T) {
	n := queue(2, 1, 0, simulate.PolicyLeastConnections, constant)
	work := []simulate.Step{simulate.Work(0, constant)}
	n.Routes[0].Steps = []simulate.Step{simulate.Hold(0), simulate.Fork(2, simulate.Branch{Chance: 1, Steps: work}, simulate.Branch{Chance: 1, Steps: work})}
	if r := run(t, n, simulate.Config{Rate: 1, Requests: 20}); r.Refused != 20 {
		t.Errorf("two branches at one slot: %d of 20 are refused", r.Refused)
	}
	n.Routes[0].Steps[1] = simulate.Fork(1, simulate.Branch{Chance: 1, Steps: work}, simulate.Branch{Chance: 1, Steps: work})
	if r := run(t, n, simulate.Config{Rate: 1, Requests: 20}); r.Done != 20 {
		t.Errorf("one of two branches is enough: %d of 20 are done", r.Done)
	}
}

// Twice the site carries twice the load at no longer responses.
func TestScale(t *testing.T) {
	n := wide()
	small, large := n.Scale(0.01), n.Scale(0.02)
	if n.Servers() != 5000 || small.Servers() != 1+30+1+9+9 || large.Servers() != 2*small.Servers() {
		t.Fatalf("%d, %d and %d servers", n.Servers(), small.Servers(), large.Servers())
	}
	one, _ := small.Ceiling()
	two, _ := large.Ceiling()
	if math.Abs(two/one-2) > 1e-9 {
		t.Errorf("ceilings %v and %v", one, two)
	}
	a := run(t, small, simulate.Config{Rate: 0.8 * one, Requests: 40_000, Warm: time.Second, Seed: 1})
	b := run(t, large, simulate.Config{Rate: 0.8 * two, Requests: 40_000, Warm: time.Second, Seed: 1})
	if b.Response.Mean.Value > 1.05*a.Response.Mean.Value || b.Goodput.Value < 1.9*a.Goodput.Value {
		t.Errorf("mean %v ms at %v/s, then %v ms at %v/s", a.Response.Mean.Value/1e6, a.Goodput.Value, b.Response.Mean.Value/1e6, b.Goodput.Value)
	}
}

// The p99 of M/M/1 is ln(100)/(mu-lambda): 20 ms at mu 1000 is reached at
// lambda 769.7.
func TestCapacity(t *testing.T) {
	n := queue(1, 1, -1, "", exponential)
	slo := bench.SLO{Quantile: 0.99, Latency: 20 * time.Millisecond, Failures: 0.01}
	want := 1000 - math.Log(100)/0.020
	for _, around := range []float64{0, want, want / 2, 1.5 * want} {
		b, err := simulate.Capacity(t.Context(), n, simulate.Config{Requests: 100_000, Warm: time.Second, Seed: 5}, slo,
			simulate.Search{Width: 0.01, Probes: 16, Around: around})
		if err != nil {
			t.Fatal(err)
		}
		if !(b.Passed <= 1.03*want && b.Failed >= 0.97*want) || b.Failed > 1.0101*b.Passed {
			t.Errorf("around %v: %+v, want %.4g", around, b, want)
		}
	}
	if _, err := simulate.Capacity(t.Context(), n, simulate.Config{Requests: 100}, slo, simulate.Search{Probes: 3}); err == nil {
		t.Error("100 requests tell a p99")
	}
}

func TestWhatMakesNoSense(t *testing.T) {
	ok := simulate.Config{Rate: 1, Requests: 1}
	for name, c := range map[string]struct {
		change func(*simulate.Network, *simulate.Config)
		want   string
	}{
		"no rate":         {func(_ *simulate.Network, c *simulate.Config) { c.Rate = 0 }, "rate"},
		"NaN":             {func(_ *simulate.Network, c *simulate.Config) { c.Rate = math.NaN() }, "rate"},
		"no end":          {func(_ *simulate.Network, c *simulate.Config) { c.Requests = 0 }, "how many"},
		"negative warm":   {func(_ *simulate.Network, c *simulate.Config) { c.Warm = -1 }, "warm"},
		"law of gaps":     {func(_ *simulate.Network, c *simulate.Config) { c.Arrivals = "often" }, "often"},
		"replications":    {func(_ *simulate.Network, c *simulate.Config) { c.Replications = 1e6 }, "replications"},
		"in flight":       {func(_ *simulate.Network, c *simulate.Config) { c.MaxInFlight = -1 }, "in flight"},
		"no servers":      {func(n *simulate.Network, _ *simulate.Config) { n.Groups[0].Servers = 0 }, "servers"},
		"too many":        {func(n *simulate.Network, _ *simulate.Config) { *n = n.Scale(1e7) }, "servers"},
		"policy":          {func(n *simulate.Network, _ *simulate.Config) { n.Groups[0].Policy = "best" }, "best"},
		"callers":         {func(n *simulate.Network, _ *simulate.Config) { n.Groups[0].Callers = 9 }, "callers"},
		"group":           {func(n *simulate.Network, _ *simulate.Config) { n.Stations[0].Group = 9 }, "no group 9"},
		"slots":           {func(n *simulate.Network, _ *simulate.Config) { n.Stations[0].Slots = 0 }, "slots"},
		"quantum":         {func(n *simulate.Network, _ *simulate.Config) { n.Stations[0].Quantum = -1 }, "quantum"},
		"share":           {func(n *simulate.Network, _ *simulate.Config) { n.Routes[0].Share = math.Inf(1) }, "share"},
		"no routes":       {func(n *simulate.Network, _ *simulate.Config) { n.Routes = nil }, "no route"},
		"station":         {steps(simulate.Work(7, constant)), "number 7"},
		"law":             {steps(simulate.Work(0, targets.Constant(-1))), "mean"},
		"delay":           {steps(simulate.Delay(-1)), "negative"},
		"server":          {steps(simulate.HoldServer(0, 5)), "server 5"},
		"held twice":      {steps(simulate.Hold(0), simulate.Hold(0)), "already"},
		"applier":         {steps(simulate.Apply(0)), "number 0"},
		"needs too many":  {steps(simulate.Fork(2, simulate.Branch{Chance: 1})), "1 branches"},
		"chance":          {steps(simulate.Background(simulate.Branch{Chance: 2})), "chance"},
		"bad in a branch": {steps(simulate.Fork(0, simulate.Branch{Chance: 1, Steps: []simulate.Step{simulate.Leave(3)}})), "number 3"},
		"applier's group": {func(n *simulate.Network, _ *simulate.Config) { n.Appliers = []simulate.Applier{{Group: 3}} }, "no group 3"},
		"applier's place": {func(n *simulate.Network, _ *simulate.Config) { n.Appliers = []simulate.Applier{{Station: 4}} }, "station 4"},
	} {
		t.Run(name, func(t *testing.T) {
			n, config := queue(2, 1, 1, "", constant), ok
			c.change(&n, &config)
			if _, err := simulate.Run(t.Context(), n, config); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}

func steps(s ...simulate.Step) func(*simulate.Network, *simulate.Config) {
	return func(n *simulate.Network, _ *simulate.Config) { n.Routes[0].Steps = s }
}

// Five thousand servers at 1,000,000 requests/s of virtual time, in bounded
// memory: what is in flight is what Little's law says, not what has come.
func TestFiveThousandServers(t *testing.T) {
	r := run(t, wide(), simulate.Config{Rate: 1e6, Length: 200 * time.Millisecond, Warm: 50 * time.Millisecond, Seed: 1, MaxInFlight: 20_000})
	if r.Overloaded || r.Done != r.Started || r.Started < 190_000 {
		t.Errorf("started %d, done %d, overloaded %v", r.Started, r.Done, r.Overloaded)
	}
	if use := r.Stations[1].Use.Value; math.Abs(use-1.0/3) > 0.01 {
		t.Errorf("web servers are used to %v, want a third", use)
	}
}
