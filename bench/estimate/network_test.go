package estimate_test

import (
	"math"
	"testing"
	"time"

	"rung/bench"
	"rung/bench/estimate"
	virtual "rung/bench/simulate"
	"rung/targets"
)

// The simulation of every stage comes to what the closed formulas say at the
// common load, within their tolerances, and knows its whole topology.
func TestEveryStageIsSimulated(t *testing.T) {
	p := ladder(t)
	for _, s := range p.Stages {
		t.Run(s.ID, func(t *testing.T) {
			t.Parallel()
			w, regions := p.Workload.Workload, crowd(s.Topology)
			e, err := estimate.PredictRegions(s.Topology, w, regions, p.Profile.Rate, 0, 250*time.Microsecond)
			if err != nil {
				t.Fatal(err)
			}
			sim, err := estimate.Simulate(t.Context(), s.Topology, w, regions, p.Profile.Rate, 250*time.Microsecond, 1, 200*time.Millisecond)
			if err != nil {
				t.Fatal(err)
			}
			if sim.Outside != "" || sim.Limits == "" || sim.Requests < 20_000 || sim.Virtual <= 0 {
				t.Errorf("%+v", sim)
			}
			for _, fact := range []string{"common.p50_ns", "common.p99_ns"} {
				got, ok := sim.Value(fact)
				want, _ := e.Estimate(fact)
				if !ok || !(got.Low <= got.Value && got.Value <= got.High) || math.Abs(got.Value/want.Value-1) > want.Tolerance {
					t.Errorf("%s is %.4g (%.4g to %.4g), estimated %.4g within %.0f%%", fact, got.Value, got.Low, got.High, want.Value, want.Tolerance*100)
				}
			}
		})
	}
}

// One network queue by queue against the simulation of the group tests, which
// shares no code with it: writes that wait for replicas, reads of two choices.
func TestReplicasArePlayed(t *testing.T) {
	t.Parallel()
	for _, mode := range []targets.Mode{targets.ModeAsynchronous, targets.ModeSemiSynchronous, targets.ModeSynchronous} {
		g := group{replicas: 2, reads: 150, writes: 60, readCPU: 1e-3, writeCPU: 2e-3, disk: 10e-3, oneWay: 0.25e-3, slots: 2, mode: mode, requests: 200_000}
		want := g.simulate(1)
		n := virtual.Network{
			Groups: []virtual.Group{{Name: "primary", Servers: 1}, {Name: "replicas", Servers: 2, Policy: virtual.PolicyRandomTwo}},
			Stations: []virtual.Station{{Name: "cpu", Slots: 2, Queue: -1}, {Name: "disk", Slots: 1, Queue: -1},
				{Name: "replica cpu", Group: 1, Slots: 2, Queue: -1}, {Name: "replica disk", Group: 1, Slots: 1, Queue: -1}},
			Appliers: []virtual.Applier{{Group: 1, Station: 2, Item: fixed(g.writeCPU), Disk: 3, Access: fixed(g.disk)}},
		}
		var replicas []virtual.Branch
		for i := range 2 {
			replicas = append(replicas, virtual.Branch{Chance: 1, Steps: []virtual.Step{
				virtual.HoldServer(1, i), virtual.Delay(500 * time.Microsecond), virtual.Apply(0)}})
		}
		acks := map[targets.Mode]virtual.Step{targets.ModeAsynchronous: virtual.Background(replicas...),
			targets.ModeSemiSynchronous: virtual.Fork(1, replicas...), targets.ModeSynchronous: virtual.Fork(0, replicas...)}[mode]
		n.Routes = []virtual.Route{
			{Operation: "read", Share: g.reads, Steps: []virtual.Step{virtual.Work(2, fixed(g.readCPU))}},
			{Operation: "write", Share: g.writes, Steps: []virtual.Step{virtual.Work(0, fixed(g.writeCPU)), virtual.Work(1, fixed(g.disk)), acks}},
		}
		got, err := virtual.Run(t.Context(), n, virtual.Config{Rate: g.reads + g.writes, Requests: 200_000, Warm: time.Second, Seed: 2})
		if err != nil {
			t.Fatal(err)
		}
		for i, times := range [][]float64{want.reads, want.writes} {
			o := got.Operations[i]
			for _, q := range []float64{0.5, 0.99} {
				if have, other := o.Quantile(q).Value/1e9, at(times, q); math.Abs(have/other-1) > 0.07 {
					t.Errorf("%s: quantile %v of %ss is %.4g ms, want %.4g", mode, q, o.Name, have*1e3, other*1e3)
				}
			}
		}
	}
}

func fixed(seconds float64) targets.Law {
	return targets.Constant(time.Duration(seconds * 1e9))
}

// An attack of some seconds says where one run is to be expected, and one whose
// requests are known says it more closely.
func TestTrialOfAnAttack(t *testing.T) {
	t.Parallel()
	p := ladder(t)
	w, topology := p.Workload.Workload, p.Stages[0].Topology
	x := estimate.Trial{Rate: 150, Length: 7 * time.Second, Warm: time.Second, Seed: 1, Budget: 300 * time.Millisecond}
	width := func(x estimate.Trial) float64 {
		sim, err := estimate.SimulateTrial(t.Context(), topology, w, x)
		if err != nil {
			t.Fatal(err)
		}
		v, ok := sim.Value("common.p99_ns")
		if !ok || !(v.Low <= v.Value && v.Value <= v.High) {
			t.Fatalf("%+v", v)
		}
		return v.High - v.Low
	}
	any := width(x)
	x.Plan = every(time.Second / 150)
	x.Operation = func(n uint64) targets.Operation {
		return w.Mix[int(n)%len(w.Mix)].Operation
	}
	sim, err := estimate.SimulateTrial(t.Context(), topology, w, x)
	if err != nil {
		t.Fatal(err)
	}
	if sim.Outside == "" { // a sixth of all are photos
		t.Errorf("200 ms of CPU for each sixth request have a steady state: %+v", sim.Values)
	}
	x.Operation = func(n uint64) targets.Operation {
		if n%50 == 49 {
			return targets.OpPhoto
		}
		return targets.OpUser
	}
	if known := width(x); known > any/2 {
		t.Errorf("the p99 of known attacks spreads over %.4g ms, that of any over %.4g", known/1e6, any/1e6)
	}
}

// every is a plan with constant gaps for 7 s.
type every time.Duration

func (e every) At(n uint64) time.Duration { return time.Duration(n) * time.Duration(e) }
func (e every) Count() uint64             { return uint64(7 * time.Second / time.Duration(e)) }
func (e every) Duration() time.Duration   { return 7 * time.Second }
func (e every) String() string            { return "constant gaps" }

func TestTrialsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	p := ladder(t)
	w, topology := p.Workload.Workload, p.Stages[0].Topology
	for name, x := range map[string]estimate.Trial{
		"no rate":        {Budget: time.Second},
		"no budget":      {Rate: 10},
		"unknown region": {Rate: 10, Budget: time.Second, Users: estimate.Crowd{Regions: []string{"moon"}}},
		"hot user":       {Rate: 10, Budget: time.Second, Users: estimate.Crowd{Hot: bench.Hot{User: -1, Ratio: 1}}},
	} {
		if s, err := estimate.SimulateTrial(t.Context(), topology, w, x); err == nil {
			t.Errorf("%s: %+v", name, s)
		}
	}
	over, err := estimate.Simulate(t.Context(), topology, w, nil, 600, 0, 1, 100*time.Millisecond)
	if err != nil || over.Outside == "" {
		t.Errorf("three times the capacity: %+v, %v", over, err)
	}
}

// Ten times the site carries ten times the users: its ceiling grows in
// proportion, and latencies stay.
func TestSitesScale(t *testing.T) {
	t.Parallel()
	p := ladder(t)
	topology := p.Stages[len(p.Stages)-1].Topology
	n, outside, err := estimate.Network(topology, p.Workload.Workload, crowd(topology), 0)
	if err != nil || outside != "" {
		t.Fatalf("outside %q, error %v", outside, err)
	}
	big := n.Scale(100)
	if big.Servers() < 1500 || big.Servers() > 100*n.Servers() {
		t.Errorf("%d servers become %d", n.Servers(), big.Servers())
	}
	one, _ := n.Ceiling()
	hundred, _ := big.Ceiling()
	if math.Abs(hundred/one-100) > 1 {
		t.Errorf("the ceiling goes from %.4g/s to %.4g/s", one, hundred)
	}
	var p50 []float64
	for rate, n := range map[float64]virtual.Network{150: n, 15_000: big} {
		r, err := virtual.Run(t.Context(), n, virtual.Config{Rate: rate, Requests: 20_000, Warm: time.Second, Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		p50 = append(p50, r.Operations[0].Quantile(0.5).Value)
	}
	if math.Abs(p50[0]/p50[1]-1) > 0.1 {
		t.Errorf("the medians of the small and the big site are %.4g and %.4g ms", p50[0]/1e6, p50[1]/1e6)
	}
}

// The last stage's median is at the edge of a gap: half of its requests are hits
// near by, and what comes next takes half as long again. A measurement may be on
// either side, and a little slower than the model there.
func TestMedianAtTheEdgeOfAGap(t *testing.T) {
	t.Parallel()
	p := ladder(t)
	topology, w := p.Stages[len(p.Stages)-1].Topology, p.Workload.Workload
	regions, hop := crowd(topology), 280*time.Microsecond
	predicted, err := estimate.PredictRegions(topology, w, regions, p.Profile.Rate, p.Profile.Common, hop)
	if err != nil {
		t.Fatal(err)
	}
	n, _, err := estimate.NetworkOf(topology, w, estimate.Crowd{Regions: regions}, p.Profile.Rate, p.Profile.Common, hop)
	if err != nil {
		t.Fatal(err)
	}
	r, err := virtual.Run(t.Context(), n, virtual.Config{Rate: p.Profile.Rate, Length: p.Profile.Common, Warm: time.Second, Seed: 1, Replications: 60})
	if err != nil {
		t.Fatal(err)
	}
	e, _ := predicted.Estimate("common.p50_ns")
	median := r.Response.Quantile(0.5)
	if median.To < 1.3*median.From {
		t.Fatalf("the medians of 60 runs lie between %.4g and %.4g ms: there is no gap", median.From/1e6, median.To/1e6)
	}
	if low, high := e.Value*(1-e.Tolerance), e.Value*(1+e.Tolerance); low > 0.95*median.From || high < 1.1*median.To {
		t.Errorf("the estimate takes %.4g to %.4g ms for right; runs come to %.4g to %.4g", low/1e6, high/1e6, median.From/1e6, median.To/1e6)
	}
}
