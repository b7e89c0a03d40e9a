package estimate_test

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"testing"
	"time"

	"rung/bench"
	"rung/bench/estimate"
	"rung/targets"
)

// replicate makes the store of a topology a group with some replicas, db-2
// and up; wires between members take oneWay.
func replicate(t *targets.Topology, replicas int, mode targets.Mode, reads targets.Reads, oneWay time.Duration) {
	members := []string{"db"}
	for i := range replicas {
		members = append(members, fmt.Sprintf("db-%d", i+2))
	}
	group := &targets.Replication{Members: members, Primary: "db", Mode: mode, Lease: 1500 * time.Millisecond, Heartbeat: 100 * time.Millisecond}
	var first targets.Node
	for _, n := range t.Nodes {
		if n.Name == "db" {
			first = n
		}
	}
	change(t, func(r *targets.Role) {
		switch {
		case r.Web != nil:
			r.Web.Members, r.Web.Reads = members, reads
		case r.Database != nil:
			r.Database.Replication = group
		}
	})
	var callers []targets.Link
	for _, l := range t.Links {
		if l.To == "db" {
			callers = append(callers, l)
		}
	}
	for _, name := range members[1:] {
		settings := *first.Roles[0].Database
		t.Nodes = append(t.Nodes, targets.Node{Name: name, Machine: first.Machine,
			Roles: []targets.Role{{Name: name, Kind: targets.KindDatabase, Database: &settings}}})
		t.Links = append(t.Links, targets.Link{From: "db", To: name, OneWay: oneWay})
		for _, l := range callers {
			l.To = name
			t.Links = append(t.Links, l)
		}
	}
}

// tier is a topology whose web server takes no time, so that the database
// tier is all there is; access in ms.
func tier(replicas int, mode targets.Mode, reads targets.Reads, access float64) targets.Topology {
	return farTier(replicas, mode, reads, access, 250*time.Microsecond)
}

// farTier is a tier whose members have wires of that length between them.
func farTier(replicas int, mode targets.Mode, reads targets.Reads, access float64, oneWay time.Duration) targets.Topology {
	t := shopTopology(1, 2, false)
	for i := range t.Links {
		t.Links[i].OneWay = 0
	}
	change(&t, func(r *targets.Role) {
		if r.Web != nil {
			r.Web.Demand = nil
		}
		if r.Database != nil {
			r.Database.Access = constant(access)
		}
	})
	replicate(&t, replicas, mode, reads, oneWay)
	return t
}

func readsAndPosts(write float64) bench.Workload {
	w := shopWorkload()
	w.Mix = mixOf(targets.OpUser, 1-write, targets.OpPost, write)
	return w
}

// poolMiss is the miss ratio that the model itself gives a tier: TestMissesOfAPool
// is about that.
func poolMiss(t *testing.T, s targets.Topology, w bench.Workload) float64 {
	t.Helper()
	e, ok := predict(t, s, w, 1, 0).Estimate("pool_miss_ratio")
	if !ok {
		t.Fatal("no estimate of the pool")
	}
	return e.Value
}

func TestTierAgainstSimulation(t *testing.T) {
	const requests = 30_000
	for _, row := range []struct {
		name     string
		replicas int
		mode     targets.Mode
		write    float64
		access   float64 // ms
		rate     float64
		far      bool // a wide-area wire of 75 ms
	}{
		{"few writes", 2, targets.ModeAsynchronous, 0.1, 10, 200, false},
		{"many writes", 2, targets.ModeAsynchronous, 0.15, 10, 500, false},
		{"a fast disk", 2, targets.ModeAsynchronous, 0.3, 1, 900, false},
		{"semi-synchronous", 2, targets.ModeSemiSynchronous, 0.15, 10, 400, false},
		{"synchronous", 2, targets.ModeSynchronous, 0.15, 10, 400, false},
		{"four, synchronous", 4, targets.ModeSynchronous, 0.1, 10, 600, false},
		{"the disk is full of batches", 1, targets.ModeAsynchronous, 0.5, 10, 150, false},
		{"asynchronous, far", 2, targets.ModeAsynchronous, 0.15, 10, 400, true},
		{"synchronous, far", 2, targets.ModeSynchronous, 0.15, 10, 400, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := readsAndPosts(row.write)
			oneWay := 250 * time.Microsecond
			if row.far {
				oneWay = 75 * time.Millisecond
			}
			s := farTier(row.replicas, row.mode, targets.ReadsReplicas, row.access, oneWay)
			miss := poolMiss(t, s, w)
			got := group{replicas: row.replicas, reads: row.rate * (1 - row.write), writes: row.rate * row.write, readCPU: 1 * ms, writeCPU: 2 * ms,
				disk: row.access * ms, miss: miss, oneWay: oneWay.Seconds(), slots: 2, mode: row.mode, requests: requests}.simulate(5)
			lag, err := estimate.ReplicationLag(s, w, row.rate, 0)
			if err != nil {
				t.Fatal(err)
			}
			latency, _, err := estimate.WriteLatency(s, w, row.mode, row.rate, 0)
			if err != nil {
				t.Fatal(err)
			}
			all := append(append([]float64(nil), got.reads...), got.writes...)
			slices.Sort(all)
			p := predict(t, s, w, row.rate, 0)
			p99, _ := p.Estimate("common.p99_ns")
			compare := func(what string, model, simulated, within float64) {
				t.Logf("%s %.4g, simulated %.4g, ratio %.3f", what, model, simulated, model/simulated)
				if r := model / simulated; !(r > 1-within && r < 1+within) {
					t.Errorf("%s is off by more than %.0f%%", what, within*100)
				}
			}
			compare("batches/s", lag.Batches, got.batches, 0.15)
			compare("lag p50 ms", lag.Quantile(0.5).Seconds()*1e3, at(got.lags, 0.5)*1e3, 0.2)
			compare("mean write ms", latency.Seconds()*1e3, mean(got.writes)*1e3, 0.15)
			compare("p99 ms", p99.Value/1e6, at(all, 0.99)*1e3, 0.25)
			for _, q := range []float64{0.5, 0.9} {
				after := at(got.lags, q) * 1.02 // beside a step of the law
				simulated := 1 - float64(sort.SearchFloat64s(got.lags, after))/float64(len(got.lags))
				stale := lag.Stale(time.Duration(after * float64(time.Second)))
				t.Logf("stale after %.3g ms: %.3f, simulated %.3f", after*1e3, stale, simulated)
				if math.Abs(stale-simulated) > 0.15 {
					t.Errorf("stale after %.3g ms: %.3f, simulated %.3f", after*1e3, stale, simulated)
				}
			}
		})
	}
}

func mean(v []float64) float64 {
	total := 0.0
	for _, x := range v {
		total += x
	}
	return total / math.Max(1, float64(len(v)))
}

// By hand: a user's read is 1 ms of CPU on 2 slots, a post 2 ms and a commit
// of 10 ms at the primary, and 2 ms more on every replica.
func TestReadCapacity(t *testing.T) {
	s := allInMemory(tier(2, targets.ModeAsynchronous, targets.ReadsReplicas, 10))
	reads := shopWorkload()
	reads.Mix = []bench.Share{{Operation: targets.OpUser, Ratio: 1}}
	for _, row := range []struct {
		w        bench.Workload
		replicas int
		want     float64
	}{
		{reads, 1, 2000}, {reads, 2, 4000}, {reads, 4, 8000},
		{readsAndPosts(0.02), 1, 2 / (0.98*ms + 0.02*2*ms)},
		{readsAndPosts(0.02), 2, 2 / (0.98/2*ms + 0.02*2*ms)},
		{readsAndPosts(0.02), 8, 1 / (0.02 * 10 * ms)}, // the primary's disk
	} {
		got, lines, err := estimate.ReadCapacity(s, row.w, row.replicas)
		if err != nil || len(lines) == 0 {
			t.Fatalf("%v, %q", err, lines)
		}
		near(t, fmt.Sprintf("capacity with %d replicas", row.replicas), got, row.want, 1e-6*row.want)
	}
	if _, _, err := estimate.ReadCapacity(s, reads, 0); err == nil {
		t.Error("no replicas have a capacity")
	}
	if _, _, err := estimate.ReadCapacity(shopTopology(1, 2, false), reads, 1); err == nil {
		t.Error("a store that stands alone has replicas")
	}
}

// Without load a write takes its work, and by the mode that of a replica.
func TestWriteLatencyAtRest(t *testing.T) {
	s := allInMemory(tier(2, targets.ModeAsynchronous, targets.ReadsReplicas, 10))
	for mode, want := range map[targets.Mode]float64{targets.ModeAsynchronous: 12, targets.ModeSemiSynchronous: 24.5, targets.ModeSynchronous: 24.5} {
		got, lines, err := estimate.WriteLatency(s, readsAndPosts(0.1), mode, 0, 0)
		if err != nil || len(lines) == 0 {
			t.Fatalf("%v, %q", err, lines)
		}
		near(t, string(mode)+" in ms", got.Seconds()*1e3, want, 1e-6)
	}
	if _, _, err := estimate.WriteLatency(s, readsAndPosts(0.1), "fast", 0, 0); err == nil {
		t.Error("an unknown mode has a latency")
	}
	if _, _, err := estimate.WriteLatency(s, readsAndPosts(0), targets.ModeSynchronous, 0, 0); err == nil {
		t.Error("a workload without writes waits for replicas")
	}
}

// Of two replicas the first has a write sooner than the last.
func TestModesAreInOrder(t *testing.T) {
	t.Parallel()
	s, w := tier(3, targets.ModeAsynchronous, targets.ReadsReplicas, 10), readsAndPosts(0.15)
	last := time.Duration(0)
	for _, mode := range targets.Modes() {
		got, _, err := estimate.WriteLatency(s, w, mode, 300, 0)
		if err != nil || got <= last {
			t.Errorf("%s takes %v, the mode before %v (%v)", mode, got, last, err)
		}
		last = got
	}
}

func TestLagAtRest(t *testing.T) {
	s := tier(2, targets.ModeAsynchronous, targets.ReadsAll, 10)
	l, err := estimate.ReplicationLag(s, readsAndPosts(0.1), 0, 100*time.Microsecond)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "least lag in ms", l.Least.Seconds()*1e3, 0.25+0.05+2+10, 1e-6)
	near(t, "median in ms", l.Quantile(0.5).Seconds()*1e3, 12.3, 1e-6)
	near(t, "share of replicas", l.ReplicaReads, 2.0/3, 1e-12)
	near(t, "stale at once", l.Stale(0), 2.0/3, 1e-12)
	near(t, "stale later", l.Stale(13*time.Millisecond), 0, 1e-12)
	if l, err := estimate.ReplicationLag(s, readsAndPosts(0), 100, 0); err != nil || l.Quantile(0.99) != 0 || l.Stale(time.Second) != 0 {
		t.Errorf("without writes the lag is %+v (%v)", l, err)
	}
	if _, err := estimate.ReplicationLag(shopTopology(1, 2, false), shopWorkload(), 1, 0); err == nil {
		t.Error("a store that stands alone has a lag")
	}
	if l, err := estimate.ReplicationLag(s, readsAndPosts(0.1), 1e6, 0); err != nil || l.Outside == "" {
		t.Errorf("beyond saturation the lag is %+v (%v)", l, err)
	}
}

func TestFailover(t *testing.T) {
	r := targets.Replication{Members: []string{"a", "b", "c"}, Lease: 1500 * time.Millisecond, Heartbeat: 100 * time.Millisecond}
	got := estimate.Failover(r, estimate.FailoverCosts{RoundTrip: time.Millisecond, Commit: 10 * time.Millisecond, Probe: 100 * time.Millisecond})
	for _, row := range []struct {
		what      string
		got       estimate.Range
		low, high time.Duration
	}{
		{"detection", got.Detection, 1400 * time.Millisecond, 1500 * time.Millisecond},
		{"decision", got.Decision, 12 * time.Millisecond, 122 * time.Millisecond},
		{"promotion", got.Promotion, 0, 21 * time.Millisecond},
		{"convergence", got.Convergence, 0, 101 * time.Millisecond},
		{"total", got.Total(), 1412 * time.Millisecond, 1744 * time.Millisecond},
	} {
		if row.got != (estimate.Range{Low: row.low, High: row.high}) {
			t.Errorf("%s is %v, want %v to %v", row.what, row.got, row.low, row.high)
		}
	}
	if got.Outside != "" || len(got.Derivation) < 5 || got.Detection.Middle() != 1450*time.Millisecond {
		t.Errorf("recovery is %+v", got)
	}
	r.Members = r.Members[:2]
	if got := estimate.Failover(r, estimate.FailoverCosts{}); got.Outside == "" || got.Total() != (estimate.Range{}) {
		t.Errorf("a group of two recovers: %+v", got)
	}
}
