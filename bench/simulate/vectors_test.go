package simulate_test

import (
	"math"
	"testing"
	"time"

	"rung/bench"
	"rung/bench/simulate"
	"rung/targets"
)

const unit = time.Millisecond // mean service time of the vectors

var (
	exponential = targets.Law{Shape: targets.ShapeExponential, Mean: unit}
	constant    = targets.Constant(unit)
)

// queue is one station of some servers with one slot law for all requests.
func queue(servers, slots, room int, policy simulate.Policy, law targets.Law) simulate.Network {
	return simulate.Network{
		Groups:   []simulate.Group{{Name: "g", Servers: servers, Policy: policy}},
		Stations: []simulate.Station{{Name: "s", Slots: slots, Queue: room}},
		Routes:   []simulate.Route{{Share: 1, Steps: []simulate.Step{simulate.Work(0, law)}}},
	}
}

// steady measures the steady state at rho erlangs in all.
func steady(t *testing.T, n simulate.Network, erlangs float64, arrivals bench.Arrivals) simulate.Result {
	t.Helper()
	r, err := simulate.Run(t.Context(), n, simulate.Config{Rate: erlangs * 1000, Arrivals: arrivals, Requests: 20_000,
		Warm: time.Second, Seed: 7, Replications: 10})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// near wants a vector within twice the interval's half width and 1%.
func near(t *testing.T, what string, got simulate.Interval, want float64) {
	t.Helper()
	if margin := (got.High - got.Low) + 0.01*math.Abs(want); !(math.Abs(got.Value-want) <= margin) {
		t.Errorf("%s is %.5g (%.5g to %.5g), want %.5g", what, got.Value, got.Low, got.High, want)
	}
	if !(got.High-got.Low <= 0.8*math.Abs(want)+1e-9) {
		t.Errorf("%s: the interval %.5g to %.5g is too wide to tell", what, got.Low, got.High)
	}
}

// times turns nanoseconds into units.
func times(i simulate.Interval) simulate.Interval {
	u := float64(unit)
	return simulate.Interval{Value: i.Value / u, Low: i.Low / u, High: i.High / u}
}

// The vectors of the reference, sections 4.2 to 4.4: mean, p50 and p99 of the
// response time in service times.
func TestQueuesOfTheTextbook(t *testing.T) {
	bimodal := func(rho float64) simulate.Network {
		n := queue(1, 1, -1, "", targets.Law{})
		n.Routes = []simulate.Route{
			{Operation: "short", Share: 0.95, Steps: []simulate.Step{simulate.Work(0, constant)}},
			{Operation: "long", Share: 0.05, Steps: []simulate.Step{simulate.Work(0, targets.Constant(20*unit))}},
		}
		return n
	}
	for _, c := range []struct {
		name           string
		network        simulate.Network
		erlangs        float64
		arrivals       bench.Arrivals
		mean, p50, p99 float64 // 0 is not known
		wait           float64 // mean number that waits
	}{
		{"M/M/1", queue(1, 1, -1, "", exponential), 0.8, "", 5, 3.465736, 23.025851, 3.2},
		{"M/M/4", queue(1, 4, -1, "", exponential), 3.2, "", 1.745541, 1.346199, 6.893204, 2.385730},
		{"M/M/8", queue(1, 8, -1, "", exponential), 7.2, "", 1.876916, 1.489355, 7.087347, 6.313797},
		{"D/M/1", queue(1, 1, -1, "", exponential), 0.8, bench.ArrivalsConstant, 2.692731, 0, 12.400484, 0},
		{"D/M/1 half", queue(1, 1, -1, "", exponential), 0.5, bench.ArrivalsConstant, 1.255001, 0, 0, 0},
		{"D/M/4", queue(1, 4, -1, "", exponential), 3.2, bench.ArrivalsConstant, 1.277, 0, 0, 0},
		{"M/D/1", queue(1, 1, -1, "", constant), 0.8, "", 3, 0, 11.35589, 1.6},
		{"M/D/1 half", queue(1, 1, -1, "", constant), 0.5, "", 1.5, 0, 4.33626, 0.25},
		{"M/G/1 lognormal", queue(1, 1, -1, "", targets.Law{Shape: targets.ShapeLognormal, Mean: unit, CV: 0.5}), 0.8, "", 3.5, 0, 0, 2},
		{"M/G/1 bimodal", bimodal(0.6), 0.6 / 1.95, "", 1.95 + 8.057692, 0, 0, 0},
		{"four queues", queue(4, 1, -1, simulate.PolicyRandom, exponential), 3.2, "", 5, 3.465736, 23.025851, 4 * 3.2},
		{"four queues by key", queue(4, 1, -1, simulate.PolicyKey, exponential), 3.2, "", 5, 3.465736, 23.025851, 4 * 3.2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := steady(t, c.network, c.erlangs, c.arrivals)
			near(t, "mean", times(r.Response.Mean), c.mean)
			if c.p50 > 0 {
				near(t, "p50", times(r.Response.Quantile(0.5).Interval), c.p50)
			}
			if c.p99 > 0 {
				near(t, "p99", times(r.Response.Quantile(0.99).Interval), c.p99)
			}
			if c.wait > 0 {
				near(t, "queue", r.Stations[0].Queue, c.wait)
			}
		})
	}
}

// Pooling: round-robin and least-connections lie between a queue of its own for
// each server and one queue for all.
func TestPoliciesLieBetweenSeparateAndSharedQueues(t *testing.T) {
	mean := func(p simulate.Policy) float64 {
		return times(steady(t, queue(4, 1, -1, p, exponential), 3.2, "").Response.Mean).Value
	}
	random, two, round, least := mean(simulate.PolicyRandom), mean(simulate.PolicyRandomTwo), mean(simulate.PolicyRoundRobin), mean(simulate.PolicyLeastConnections)
	shared := times(steady(t, queue(1, 4, -1, "", exponential), 3.2, "").Response.Mean).Value
	if !(shared < least && least < two && two < round && round < random) {
		t.Errorf("shared %.4g, least connections %.4g, two choices %.4g, round-robin %.4g, random %.4g", shared, least, two, round, random)
	}
}

// Loss: M/M/1/10 and M/M/4/20, where the number is that of all in the system.
func TestFullQueuesRefuse(t *testing.T) {
	for _, c := range []struct {
		name                  string
		slots, room           int
		erlangs, lost, answer float64
	}{
		{"M/M/1/10", 1, 9, 0.9, 0.0508137, 4.646601},
		{"M/M/1/10 overloaded", 1, 9, 1.2, 0.192586, 0},
		{"M/M/4/20", 4, 16, 3.2, 0.00340332, 1.668628},
		{"M/M/4/20 overloaded", 4, 16, 5, 0.202843, 0},
	} {
		r := steady(t, queue(1, c.slots, c.room, "", exponential), c.erlangs, "")
		near(t, c.name+": failures", r.Failures, c.lost)
		if c.answer > 0 {
			near(t, c.name+": mean", times(r.Response.Mean), c.answer)
		}
		if r.Stations[0].MaxQueue != c.room {
			t.Errorf("%s: the longest queue is %d, want %d", c.name, r.Stations[0].MaxQueue, c.room)
		}
	}
}

// Fork-join of two queues: R = (12-rho)/8 / (1-rho), exact; and the largest of
// n exponentials without queues is H_n.
func TestForkJoin(t *testing.T) {
	n := queue(1, 1, -1, "", targets.Law{})
	n.Stations = append(n.Stations, n.Stations[0])
	n.Routes[0].Steps = []simulate.Step{simulate.Fork(0,
		simulate.Branch{Chance: 1, Steps: []simulate.Step{simulate.Work(0, exponential)}},
		simulate.Branch{Chance: 1, Steps: []simulate.Step{simulate.Work(1, exponential)}})}
	near(t, "rho 0.5", times(steady(t, n, 0.5, "").Response.Mean), 2.875)
	near(t, "rho 0.8", times(steady(t, n, 0.8, "").Response.Mean), 7)

	free := queue(1, 1000, -1, "", targets.Law{})
	var ten []simulate.Branch
	for range 10 {
		ten = append(ten, simulate.Branch{Chance: 1, Steps: []simulate.Step{simulate.Work(0, exponential)}})
	}
	for _, c := range []struct {
		need int
		want float64
	}{{0, 2.928968}, {1, 0.1}, {3, 1.0/10 + 1.0/9 + 1.0/8}} {
		free.Routes[0].Steps = []simulate.Step{simulate.Fork(c.need, ten...)}
		near(t, "of ten exponentials", times(steady(t, free, 1, "").Response.Mean), c.want)
	}
}

// Long work in pieces is processor sharing in the limit: R = E[S]/(1-rho)
// whatever the law (section 4.4), where first-in-first-out would take more.
func TestPiecesShareTheSlot(t *testing.T) {
	n := queue(1, 1, -1, "", targets.Law{Shape: targets.ShapeLognormal, Mean: unit, CV: 2})
	fifo := times(steady(t, n, 0.6, "").Response.Mean).Value
	n.Stations[0].Quantum = unit / 20
	shared := steady(t, n, 0.6, "").Response.Mean
	near(t, "shared", times(shared), 2.5)
	if want := 1 + 0.6*5/(2*0.4); math.Abs(fifo/want-1) > 0.15 {
		t.Errorf("first in, first out takes %.4g, want %.4g", fifo, want)
	}
}
