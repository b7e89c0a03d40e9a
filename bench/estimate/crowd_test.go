package estimate_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"rung/bench"
	"rung/bench/estimate"
	"rung/targets"
	"rung/targets/shard"
)

func only(op targets.Operation) bench.Workload {
	w := shopWorkload()
	w.Mix = []bench.Share{{Operation: op, Ratio: 1}}
	return w
}

// regional is a prediction for users in some regions, of the steady state.
func regional(t *testing.T, topology targets.Topology, w bench.Workload, rate float64, regions ...string) bench.Prediction {
	t.Helper()
	p, err := estimate.PredictRegions(topology, w, regions, rate, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// median of an idle site in milliseconds, and why it may not hold.
func median(t *testing.T, p bench.Prediction) float64 {
	t.Helper()
	e, ok := p.Estimate("common.p50_ns")
	if !ok || e.Outside != "" {
		t.Fatalf("p50 is %+v", e)
	}
	return e.Value / 1e6
}

// By hand: users are 0.25 ms from their balancer, and that from its servers.
// A session takes 2 ms there, a user 3 ms and 1 ms in the nearest database, a
// post 5 ms, 2 ms and a commit of 10 ms at the primary in us, 40 ms away from
// eu. Replicas are 40 ms away from it too.
func TestRegionsByHand(t *testing.T) {
	near, far := 0.5, 80.0 // round trips
	for _, row := range []struct {
		op     targets.Operation
		region string
		mode   targets.Mode
		want   float64
	}{
		{targets.OpMe, "na", targets.ModeAsynchronous, 2*near + 2},
		{targets.OpMe, "eu", targets.ModeAsynchronous, 2*near + 2},
		{targets.OpMe, "", targets.ModeAsynchronous, 2*near + 2},
		{targets.OpUser, "na", targets.ModeAsynchronous, 3*near + 4},
		{targets.OpUser, "eu", targets.ModeAsynchronous, 3*near + 4},
		{targets.OpPost, "na", targets.ModeAsynchronous, 3*near + 17},
		{targets.OpPost, "eu", targets.ModeAsynchronous, 2*near + far + 17},
		{targets.OpPost, "na", targets.ModeSemiSynchronous, 3*near + 17 + far + 12},
		{targets.OpPost, "na", targets.ModeSynchronous, 3*near + 17 + far + 12},
		{targets.OpPost, "eu", targets.ModeSynchronous, 2*near + far + 17 + far + 12},
	} {
		s := allInMemory(twoCentres(2, row.mode))
		regions := []string{row.region}
		if row.region == "" {
			regions = nil
		}
		what := fmt.Sprintf("%s of %q, %s", row.op, row.region, row.mode)
		if got := median(t, regional(t, s, only(row.op), 0, regions...)); got < row.want-1e-3 || got > row.want+1e-3 {
			t.Errorf("%s takes %.4g ms, want %.4g", what, got, row.want)
		}
	}
}

// Each region has its own balancer and web servers: alike, they double the
// capacity. The one primary stays.
func TestCapacityOfTwoDataCentres(t *testing.T) {
	s := allInMemory(twoCentres(2, targets.ModeAsynchronous))
	for _, row := range []struct {
		op     targets.Operation
		factor float64
		node   string
	}{{targets.OpMe, 2, "web-us/cpu"}, {targets.OpUser, 2, "web-us/cpu"}, {targets.OpPost, 1, "db-us/disk"}} {
		one, both := regional(t, s, only(row.op), 1, "na"), regional(t, s, only(row.op), 1, "na", "eu")
		a, _ := one.Estimate("capacity_per_s")
		b, _ := both.Estimate("capacity_per_s")
		if a.Outside != "" || b.Outside != "" || !(a.Value > 0) {
			t.Fatalf("%s: %+v and %+v", row.op, a, b)
		}
		near(t, string(row.op)+": capacity of two regions to one", b.Value/a.Value, row.factor, 0.02)
		if one.Bottleneck.String() != row.node {
			t.Errorf("%s: the bottleneck is %s, want %s", row.op, one.Bottleneck, row.node)
		}
	}
	if none, err := estimate.PredictAttack(s, only(targets.OpMe), 1, 0, 0); err != nil || none.Bottleneck.String() != "web-us/cpu" {
		t.Errorf("users without a region: %+v, %v", none.Bottleneck, err)
	}
}

// Two data centres with reads only, against the simulation: each region is a
// site of its own.
func TestTwoDataCentresAgainstSimulation(t *testing.T) {
	t.Parallel()
	s, w := allInMemory(twoCentres(1, targets.ModeAsynchronous)), shopWorkload()
	w.Mix = mixOf(targets.OpUser, 0.7, targets.OpOrders, 0.3)
	wire := step{delay: 0.5 * ms}
	var ways []way
	for i := range 2 { // stations 1 and 2 are web, 3 and 4 databases
		read := func(web, db float64) []step {
			return []step{wire, wire, {station: 1 + i, delay: web, quantum: 10 * ms}, wire, {station: 3 + i, delay: db, quantum: 10 * ms}}
		}
		ways = append(ways, way{0.35, read(3*ms, 1*ms)}, way{0.15, read(6*ms, 4*ms)})
	}
	for _, use := range []float64{0.4, 0.7, 0.8} {
		rate := use * 2 * 2 / (0.7*3*ms + 0.3*6*ms)
		p := regional(t, s, w, rate, "na", "eu")
		took := simulate(site{ways, []int{2, 2, 2, 2}, 1, ""}, rate, 60_000, 3)
		for fact, q := range map[string]float64{"common.p50_ns": 0.5, "common.p99_ns": 0.99} {
			e, _ := p.Estimate(fact)
			ratio := e.Value / 1e9 / at(took, q)
			t.Logf("%.0f%% use, %s %.3g ms, ratio %.3f", use*100, fact, e.Value/1e6, ratio)
			near(t, fact, ratio, 1, 0.1)
		}
	}
}

func TestCrowdMistakes(t *testing.T) {
	s, w := twoCentres(1, targets.ModeAsynchronous), shopWorkload()
	for _, row := range []struct {
		crowd estimate.Crowd
		want  string
	}{
		{estimate.Crowd{Regions: []string{"na", "mars"}}, `no region "mars"`},
		{estimate.Crowd{Hot: bench.Hot{User: 1, Ratio: 1.1}}, "0 to 1"},
		{estimate.Crowd{Hot: bench.Hot{User: 0, Ratio: 0.1}}, "allowed is 1 to 10000"},
		{estimate.Crowd{Hot: bench.Hot{User: 10_001, Ratio: 0.1}}, "allowed is 1 to 10000"},
	} {
		if _, err := estimate.PredictCrowd(s, w, row.crowd, 1, time.Second, 0); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%+v: %v, want %q", row.crowd, err, row.want)
		}
	}
}

// The share of each shard by the users who are known to be popular, and by a
// celebrity, is that of counting them.
func TestHottestShardIsCounted(t *testing.T) {
	s := allInMemory(shopTopology(1, 2, false))
	sharding := shard4(&s)
	rule, err := shard.New(sharding)
	if err != nil {
		t.Fatal(err)
	}
	w := only(targets.OpPost)
	userOf := func(rank int) int64 { return int64((rank*7919)%w.Data.Users) + 1 } // 7919 is prime: each user once
	for _, hot := range []bench.Hot{{}, {User: 4242, Ratio: 0.5}} {
		shares := map[string]float64{}
		popularity := estimate.Zipf(w.Data.Users, w.Exponent)
		rest := 0.0
		for k := range popularity {
			if id := userOf(k); id != hot.User {
				shares[rule.Home(id)] += popularity[k]
				rest += popularity[k]
			}
		}
		most := 0.0
		for name, share := range shares {
			share *= (1 - hot.Ratio) / rest
			if hot.Ratio > 0 && rule.Home(hot.User) == name {
				share += hot.Ratio
			}
			most = max(most, share)
		}
		p, err := estimate.PredictCrowd(s, w, estimate.Crowd{Hot: hot, UserOf: userOf}, 1, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		// A post is one commit of 10 ms on the shard's one disk.
		got := 0.0
		for _, d := range p.Demands {
			if d.Resource == "disk" && (got == 0 || d.Ceiling < got) {
				got = d.Ceiling
			}
		}
		near(t, fmt.Sprintf("ceiling with %+v", hot), got*10*ms*most, 1, 0.01)
	}
}

func shard4(t *targets.Topology) targets.Sharding { return shards(t, 4, targets.ShardModulo, 0) }
