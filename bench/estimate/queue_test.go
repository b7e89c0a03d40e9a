package estimate_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"rung/bench"
	"rung/bench/estimate"
	"rung/targets"
)

// By hand: 5 ms of a web server as for a post, a round trip of 0.5 ms, 0.05 ms
// of the queue's CPU, and 10 ms of its disk if it syncs each message. Nothing
// of the 200 ms, and no commit of the row, is waited for.
func TestPhotoIsEnqueued(t *testing.T) {
	for _, row := range []struct {
		sync targets.Sync
		want float64
	}{{targets.SyncAlways, 0.5 + 5 + 0.5 + 0.05 + 10}, {targets.SyncInterval, 0.5 + 5 + 0.5 + 0.05}} {
		s := allInMemory(shopTopology(1, 2, false))
		enqueue(&s, 1, row.sync)
		near(t, "photo in ms, sync "+string(row.sync), median(t, regional(t, s, only(targets.OpPhoto), 0)), row.want, 1e-3)
	}
}

// The rows that workers store are work of the database all the same; without
// workers nobody stores them.
func TestStoreOfPhotos(t *testing.T) {
	for workers, want := range map[int]float64{0: 0, 2: 10e6} {
		s := allInMemory(shopTopology(1, 2, false))
		enqueue(&s, workers, targets.SyncAlways)
		got := 0.0
		for _, d := range regional(t, s, only(targets.OpPhoto), 1).Demands {
			if d.Node == "db" && d.Resource == "disk" {
				got = d.TimeNs
			}
		}
		near(t, "disk time of the store", got, want, 1)
	}
}

// With a queue the web tier is free of photos: what limits the site is another
// resource, and workers that are too few are a line of the derivation only.
func TestWorkersAreNoBottleneck(t *testing.T) {
	s := allInMemory(shopTopology(2, 2, false))
	alone, _ := regional(t, s, shopWorkload(), 1).Estimate("capacity_per_s")
	enqueue(&s, 1, targets.SyncAlways)
	p := regional(t, s, shopWorkload(), 1)
	c, _ := p.Estimate("capacity_per_s")
	if c.Outside != "" || c.Value < 1.5*alone.Value || p.Bottleneck.Node == "worker" || p.Bottleneck.Node == "queue" {
		t.Errorf("%.4g/s at %s with a queue, %.4g/s without; outside %q", c.Value, p.Bottleneck, alone.Value, c.Outside)
	}
	text := strings.Join(c.Derivation, "\n")
	if !strings.Contains(text, "the backlog grows") || !strings.Contains(text, "they keep up until") {
		t.Errorf("one worker keeps up with %.4g requests/s: %s", c.Value, text)
	}
}

// jobs is workers that take jobs of a queue: each in one of its places, for a
// wire there and back, CPU slots of its own, and a wire and a commit at the one
// store.
type jobs struct {
	workers, places, slots int
	wire, cpu, commit      float64
	cv                     float64 // of the CPU time
}

// simulate is how long each job was there, and how many were done per second,
// when they come at a rate; at none they never lack.
func (j jobs) simulate(rate float64, n int, seed uint64) (took []float64, perS float64) {
	tl, dice := &timeline{}, rand.New(rand.NewPCG(seed, 3))
	disk := &resource{t: tl, free: 1}
	var waiting []float64
	var idle []func()
	cpus := make([]*resource, j.workers)
	for i := range cpus {
		cpus[i] = &resource{t: tl, free: j.slots}
	}
	demand := func() float64 {
		if j.cv == 0 {
			return j.cpu
		}
		return j.cpu * dice.ExpFloat64()
	}
	var work func(cpu *resource)
	work = func(cpu *resource) {
		if rate > 0 && len(waiting) == 0 {
			idle = append(idle, func() { work(cpu) })
			return
		}
		came := tl.now
		if rate > 0 {
			came, waiting = waiting[0], waiting[1:]
		}
		tl.after(2*j.wire, func() {
			cpu.serve(demand(), func() {
				tl.after(2*j.wire, func() {
					disk.serve(j.commit, func() {
						took = append(took, tl.now-came)
						tl.after(2*j.wire, func() { work(cpu) })
					})
				})
			})
		})
	}
	for _, cpu := range cpus {
		for range j.places {
			work(cpu)
		}
	}
	if rate > 0 {
		var arrive func()
		arrive = func() {
			waiting = append(waiting, tl.now)
			if len(idle) > 0 {
				next := idle[0]
				idle = idle[1:]
				next()
			}
			tl.after(dice.ExpFloat64()/rate, arrive)
		}
		tl.after(0, arrive)
	}
	for len(took) < n {
		next := popAgendum(tl)
		tl.now = next.at
		next.do()
	}
	return took, float64(n) / tl.now
}

// hired is a topology with such workers, in memory.
func (j jobs) hired() targets.Topology {
	s := allInMemory(shopTopology(1, 2, false))
	enqueue(&s, j.workers, targets.SyncAlways)
	shape := targets.ShapeConstant
	if j.cv > 0 {
		shape = targets.ShapeExponential
	}
	for i := range s.Links {
		s.Links[i].OneWay = time.Duration(j.wire * float64(time.Second))
	}
	for i := range s.Nodes {
		if s.Nodes[i].Roles[0].Worker != nil {
			s.Nodes[i].Machine.CPU.Slots = j.slots
		}
	}
	change(&s, func(r *targets.Role) {
		switch {
		case r.Worker != nil:
			r.Worker.Concurrency = j.places
			r.Worker.Demand = targets.Law{Shape: shape, Mean: time.Duration(j.cpu * float64(time.Second))}
		case r.Database != nil:
			r.Database.Demand, r.Database.Access = nil, targets.Constant(time.Duration(j.commit*float64(time.Second)))
		}
	})
	return s
}

func TestWorkersAgainstSimulation(t *testing.T) {
	for name, j := range map[string]jobs{
		"one":                   {1, 2, 2, 0.25 * ms, 200 * ms, 10 * ms, 0},
		"four":                  {4, 2, 2, 0.25 * ms, 200 * ms, 10 * ms, 0},
		"more places than CPUs": {3, 6, 2, 0.25 * ms, 50 * ms, 2 * ms, 0},
		"far from the queue":    {2, 4, 2, 40 * ms, 20 * ms, 1 * ms, 0},
		"the store is full":     {4, 8, 8, 0.25 * ms, 20 * ms, 10 * ms, 0},
	} {
		got, lines := estimate.Workers(j.hired(), shopWorkload())
		_, perS := j.simulate(0, 4000, 5)
		t.Logf("%s: %.4g jobs/s, simulated %.4g", name, got, perS)
		near(t, name+": jobs/s to simulated", got/perS, 1, 0.05)
		if len(lines) < j.workers {
			t.Errorf("%s: the derivation is %q", name, lines)
		}
	}
}

func TestPhotoDelayAgainstSimulation(t *testing.T) {
	t.Parallel()
	for name, j := range map[string]jobs{
		"one":         {1, 2, 2, 0.25 * ms, 200 * ms, 1 * ms, 0},
		"four":        {4, 2, 2, 0.25 * ms, 200 * ms, 1 * ms, 0},
		"exponential": {2, 2, 2, 0.25 * ms, 200 * ms, 1 * ms, 1},
	} {
		s := j.hired()
		most, _ := estimate.Workers(s, shopWorkload())
		for _, use := range []float64{0.3, 0.6, 0.85} {
			d, err := estimate.PhotoDelay(s, shopWorkload(), use*most)
			if err != nil || d.Outside != "" {
				t.Fatalf("%+v, %v", d, err)
			}
			took, _ := j.simulate(use*most, 15_000, 11)
			simulated := mean(took)
			t.Logf("%s at %.0f%%: %.4g ms, simulated %.4g ms", name, use*100, d.Mean().Seconds()*1e3, simulated*1e3)
			near(t, name+": delay to simulated", d.Mean().Seconds()/simulated, 1, 0.1)
			near(t, name+": use", d.Use, use, 0.01)
		}
	}
}

func TestWorkersByHand(t *testing.T) {
	if got, _ := estimate.Workers(shopTopology(1, 2, false), shopWorkload()); got != 0 {
		t.Errorf("no workers do %v jobs/s", got)
	}
	s := jobs{2, 2, 2, 0, 200 * ms, 0, 0}.hired()
	got, _ := estimate.Workers(s, shopWorkload())
	near(t, "two workers on two slots", got, 20, 1e-9)
	for i := range s.Nodes {
		s.Nodes[i].Standby = s.Nodes[i].Name == "worker-2"
	}
	got, _ = estimate.Workers(s, shopWorkload())
	near(t, "one of them on standby", got, 10, 1e-9)
	if d, err := estimate.PhotoDelay(s, shopWorkload(), 11); err != nil || d.Outside == "" || d.Use != 1 {
		t.Errorf("more photos than workers: %+v, %v", d, err)
	}
	for _, rate := range []float64{-1, math.NaN()} {
		if _, err := estimate.PhotoDelay(s, shopWorkload(), rate); err == nil {
			t.Errorf("a delay at %v/s", rate)
		}
	}
	if _, err := estimate.PhotoDelay(shopTopology(1, 2, false), shopWorkload(), 1); err == nil {
		t.Error("no workers have a delay")
	}
}

func TestBacklogAndDrain(t *testing.T) {
	near(t, "backlog", estimate.Backlog(1500, 1000, time.Minute), 30_000, 1e-9)
	near(t, "no backlog", estimate.Backlog(900, 1000, time.Minute), 0, 0)
	near(t, "before it begins", estimate.Backlog(900, 0, -time.Minute), 0, 0)
	for _, row := range []struct {
		backlog, arrivals, perS float64
		want                    time.Duration
		ok                      bool
	}{
		{30_000, 1000, 1200, 150 * time.Second, true}, {0, 5, 1, 0, true}, {100, 0, 50, 2 * time.Second, true}, {100, 0, math.Inf(1), 0, true},
		{1, 5, 5, 0, false}, {-1, 0, 1, 0, false}, {1, -1, 1, 0, false}, {1, 0, math.NaN(), 0, false}, {math.Inf(1), 0, 1, 0, false}, {1e18, 0, 1e-3, 0, false},
	} {
		got, err := estimate.Drain(row.backlog, row.arrivals, row.perS)
		if got != row.want || (err == nil) != row.ok {
			t.Errorf("drain of %v at %v/s and %v/s: %v, %v", row.backlog, row.arrivals, row.perS, got, err)
		}
	}
}

func TestLagAt(t *testing.T) {
	s := tier(2, targets.ModeAsynchronous, targets.ReadsReplicas, 10)
	mix, _ := estimate.ReplicationLag(s, readsAndPosts(0.1), 200, 0)
	same, err := estimate.LagAt(s, shopWorkload(), map[targets.Operation]float64{targets.OpUser: 180, targets.OpPost: 20}, 0)
	if err != nil || math.Abs(same.Writes-mix.Writes) > 1e-9 || same.Quantile(0.5) != mix.Quantile(0.5) {
		t.Errorf("%v and %v (%v)", same.Quantile(0.5), mix.Quantile(0.5), err)
	}
	more, err := estimate.LagAt(s, shopWorkload(), map[targets.Operation]float64{targets.OpUser: 180, targets.OpPost: 20, targets.OpEdit: 40}, 0)
	if err != nil || math.Abs(more.Writes-60) > 1e-9 || more.Quantile(0.5) <= same.Quantile(0.5) {
		t.Errorf("with edits there are %v writes/s and a lag of %v, without %v (%v)", more.Writes, more.Quantile(0.5), same.Quantile(0.5), err)
	}
	if _, err := estimate.LagAt(s, shopWorkload(), map[targets.Operation]float64{targets.OpUser: -1}, 0); err == nil {
		t.Error("a negative rate has a lag")
	}
	w, rate, err := estimate.Mixed(shopWorkload(), nil)
	if err != nil || rate != 0 || len(w.Mix) != len(shopWorkload().Mix) {
		t.Errorf("no rates make %+v at %v (%v)", w.Mix, rate, err)
	}
	w, rate, _ = estimate.Mixed(bench.Workload{}, map[targets.Operation]float64{targets.OpMe: 3, targets.OpPost: 1})
	if rate != 4 || len(w.Mix) != 2 || w.Mix[0] != (bench.Share{Operation: targets.OpPost, Ratio: 0.25}) {
		t.Errorf("%+v at %v", w.Mix, rate)
	}
}
