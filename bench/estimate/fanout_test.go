package estimate_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"rung/bench"
	"rung/bench/estimate"
	"rung/targets"
)

// shardedTier is a topology whose web server takes no time, so that shards with
// two CPU slots and a disk each are all there is.
func shardedTier(n, follows int, copied bool) targets.Topology {
	t := allInMemory(shopTopology(1, 2, false))
	for i := range t.Links {
		t.Links[i].OneWay = 0
	}
	shards(&t, n, targets.ShardModulo, follows)
	for i := range t.Links {
		t.Links[i].OneWay = 0
	}
	change(&t, func(r *targets.Role) {
		if r.Web != nil {
			r.Web.Demand, r.Web.Denormalised = nil, copied
		}
	})
	return t
}

// alike is users who are all asked for as often.
func alike(op targets.Operation) bench.Workload {
	w := only(op)
	w.Exponent = 0
	return w
}

// scatter is the simulation of shards that a request asks: the user's own, and
// then those of some others, or all but no more than once each, at once.
type scatter struct {
	shards, others, slots int
	own, each             []float64 // CPU, and disk, at the own shard and at the others
	everywhere            bool
}

func (s scatter) simulate(rate float64, n int, seed uint64) []float64 {
	tl, dice := &timeline{}, rand.New(rand.NewPCG(seed, 6))
	var cpus, disks []*resource
	for range s.shards {
		cpus, disks = append(cpus, &resource{t: tl, free: s.slots}), append(disks, &resource{t: tl, free: 1})
	}
	work := func(shard int, times []float64, done func()) {
		cpus[shard].serve(times[0], func() {
			if len(times) == 1 {
				done()
				return
			}
			disks[shard].serve(times[1], done)
		})
	}
	var took []float64
	var arrive func()
	arrive = func() {
		began := tl.now
		asked := map[int]bool{}
		for i := range s.shards {
			asked[i] = s.everywhere
		}
		for range s.others {
			asked[dice.IntN(s.shards)] = true
		}
		work(dice.IntN(s.shards), s.own, func() {
			left := 0
			for _, yes := range asked {
				left += boolean(yes)
			}
			for shard := range s.shards {
				if asked[shard] {
					work(shard, s.each, func() {
						if left--; left == 0 {
							took = append(took, tl.now-began)
						}
					})
				}
			}
		})
		tl.after(dice.ExpFloat64()/rate, arrive)
	}
	tl.after(0, arrive)
	for len(took) < n {
		next := popAgendum(tl)
		tl.now = next.at
		next.do()
	}
	slices.Sort(took)
	return took
}

func TestShards(t *testing.T) {
	for _, row := range []struct {
		n, users int
		want     float64
	}{{1, 8, 1}, {4, 1, 1}, {4, 8, 4 * (1 - 0.1001129150390625)}, {2, 2, 1.5}, {0, 3, 0}, {3, 0, 0}} {
		near(t, fmt.Sprintf("shards of %d users on %d", row.users, row.n), estimate.Shards(row.n, row.users), row.want, 1e-12)
	}
	dice, total := rand.New(rand.NewPCG(4, 4)), 0.0
	const draws = 20_000
	for range draws {
		seen := map[int]bool{}
		for range 8 {
			seen[dice.IntN(5)] = true
		}
		total += float64(len(seen)) / draws
	}
	near(t, "drawn shards", estimate.Shards(5, 8)/total, 1, 0.01)
}

// Whom a user follows: 1 ms at the user's own shard, and then 1 ms at each
// shard that one of them is on, of which the last is waited for. With copies
// it is the first alone.
func TestFanOutAgainstSimulation(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		shards, follows int
	}{{2, 1}, {4, 8}, {8, 3}} {
		s, w := shardedTier(row.shards, row.follows, false), alike(targets.OpFollowing)
		near(t, "without load, in ms", median(t, regional(t, s, w, 0)), 2, 1e-3)
		copied := shardedTier(row.shards, row.follows, true)
		near(t, "with copies, in ms", median(t, regional(t, copied, w, 0)), 1, 1e-3)
		visits := 1 + estimate.Shards(row.shards, row.follows)
		for _, use := range []float64{0.3, 0.6, 0.8} {
			rate := use * float64(row.shards) * 2 / (visits * ms)
			p := regional(t, s, w, rate)
			took := scatter{row.shards, row.follows, 2, []float64{1 * ms}, []float64{1 * ms}, false}.simulate(rate, 20_000, 2)
			compareQuantiles(t, fmt.Sprintf("%d shards, %d followees, %.0f%%", row.shards, row.follows, use*100), p, took, slackAt(use))
		}
	}
}

// slackAt is what the model says that it may be off by: the shards that a
// request asks at once count as independent of each other and of its own.
func slackAt(use float64) float64 {
	if use > 0.6 {
		return 0.4
	}
	return 0.2
}

func compareQuantiles(t *testing.T, what string, p bench.Prediction, took []float64, within float64) {
	t.Helper()
	for fact, q := range map[string]float64{"common.p50_ns": 0.5, "common.p99_ns": 0.99} {
		e, _ := p.Estimate(fact)
		ratio := e.Value / 1e9 / at(took, q)
		t.Logf("%s: %s %.4g ms, simulated %.4g ms, ratio %.3f", what, fact, e.Value/1e6, at(took, q)*1e3, ratio)
		if e.Outside != "" || ratio < 1-within || ratio > 1+within {
			t.Errorf("%s: %s is off by %.3g, outside %q", what, fact, ratio, e.Outside)
		}
	}
}

// An edit with copies of names is 2 ms and a commit of 10 ms at the user's own
// shard, and then the same at every shard.
func TestCopiesAgainstSimulation(t *testing.T) {
	t.Parallel()
	s, w := shardedTier(4, 8, true), alike(targets.OpEdit)
	near(t, "an edit, in ms", median(t, regional(t, shardedTier(4, 8, false), w, 0)), 12, 1e-3)
	near(t, "an edit with copies, in ms", median(t, regional(t, s, w, 0)), 24, 1e-3)
	for _, use := range []float64{0.3, 0.6, 0.8} {
		rate := use * 4 / (5 * 10 * ms) // five commits on four disks
		took := scatter{4, 0, 2, []float64{2 * ms, 10 * ms}, []float64{2 * ms, 10 * ms}, true}.simulate(rate, 20_000, 2)
		compareQuantiles(t, fmt.Sprintf("%.0f%%", use*100), regional(t, s, w, rate), took, slackAt(use))
	}
}

// Shards have a disk each: with users who are all alike, n of them commit n
// times as many posts, by every law of placing.
func TestShardsShareWrites(t *testing.T) {
	t.Parallel()
	for _, method := range targets.ShardMethods() {
		for _, n := range []int{1, 2, 4} {
			s := allInMemory(shopTopology(1, 2, false))
			shards(&s, n, method, 0)
			p := regional(t, s, alike(targets.OpPost), 1)
			lowest := 0.0
			for _, d := range p.Demands {
				if d.Resource == "disk" && (lowest == 0 || d.Ceiling < lowest) {
					lowest = d.Ceiling
				}
			}
			want := 100 * float64(n)
			if lowest < 0.75*want || lowest > want*1.001 || (method == targets.ShardModulo && lowest < 0.999*want) {
				t.Errorf("%s over %d shards commits %.4g posts/s", method, n, lowest)
			}
			if c, _ := p.Estimate("capacity_per_s"); c.Outside != "" || !(c.Value > 0) {
				t.Errorf("%s over %d shards: %+v", method, n, c)
			}
		}
	}
}

// Two shards, of which one has the celebrity: users and posts against the
// simulation of the site, with the shares of the shards counted.
func TestHotShardAgainstSimulation(t *testing.T) {
	t.Parallel()
	s, w := allInMemory(shopTopology(1, 2, false)), shopWorkload()
	shards(&s, 2, targets.ShardModulo, 0)
	w.Mix, w.Exponent = mixOf(targets.OpUser, 0.8, targets.OpPost, 0.2), 0
	for i := range s.Nodes {
		if s.Nodes[i].Name == "web-1" {
			s.Nodes[i].Machine.CPU.Slots = 8
		}
	}
	crowd := estimate.Crowd{Hot: bench.Hot{User: 2, Ratio: 0.5}}
	wire := step{delay: 0.5 * ms}
	work := func(station int, time float64) step { return step{station: station, delay: time, quantum: 10 * ms} }
	var ways []way
	for shard, share := range []float64{0.75, 0.25} { // stations 2 and 3 are CPUs, 4 and 5 disks
		ways = append(ways, way{0.8 * share, []step{wire, work(1, 3*ms), wire, work(2+shard, 1*ms)}},
			way{0.2 * share, []step{wire, work(1, 5*ms), wire, work(2+shard, 2*ms), {station: 4 + shard, delay: 10 * ms}}})
	}
	for _, use := range []float64{0.4, 0.7, 0.8} {
		rate := use / (0.2 * 0.75 * 10 * ms)
		p, err := estimate.PredictCrowd(s, w, crowd, rate, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		took := simulate(site{ways, []int{8, 2, 2, 1, 1}, 1, ""}, rate, 60_000, 7)
		compareQuantiles(t, fmt.Sprintf("%.0f%%", use*100), p, took, 0.2)
		if p.Bottleneck.Resource != "disk" {
			t.Errorf("the bottleneck is %s", p.Bottleneck)
		}
	}
}
