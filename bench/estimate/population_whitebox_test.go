package estimate

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// crowdOf draws a center with short and long work that keeps up.
func crowdOf(t *rapid.T) (c int, short, long flow, arrivals, work float64) {
	c = rapid.IntRange(1, 16).Draw(t, "slots")
	use := rapid.Float64Range(0.01, 0.95).Draw(t, "use") * float64(c)
	part := rapid.Float64Range(0.01, 0.99).Draw(t, "long part")
	piece := rapid.Float64Range(1e-3, 2e-2).Draw(t, "piece")
	size := rapid.Float64Range(0.01, 1).Draw(t, "short size") * piece // longer work would be cut
	pieces := float64(rapid.IntRange(2, 50).Draw(t, "pieces"))
	work = piece * pieces
	arrivals = use * part / work
	rate := use * (1 - part) / size
	return c, flow{rate, rate * size, rate * size * size}, flow{arrivals * pieces, use * part, arrivals * pieces * piece * piece}, arrivals, work
}

func TestPopulationKeepsTheLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, short, long, arrivals, work := crowdOf(t)
		p := populate(c, short, long, arrivals)
		total, busy := 0.0, 0.0
		for k, share := range p.share {
			total += share
			busy += share * p.speed[k] * float64(k)
			if share < 0 || p.speed[k] < 0 || p.speed[k] > 1+1e-9 || p.speed[k]*float64(k) > float64(c)-short.time+1e-9 {
				t.Fatalf("with %d there: share %v, speed %v", k, share, p.speed[k])
			}
			for _, w := range []Wait{p.wait[k], p.again[k]} {
				if !(w.Busy >= 0 && w.Busy <= 1+1e-9 && w.Mean >= 0 && w.Variance() >= 0) {
					t.Fatalf("with %d there: wait %+v", k, w)
				}
			}
		}
		close(t, "sum of shares", total, 1, 1e-9)
		// Utilization law: what comes is what is done.
		close(t, "busy slots / Erlangs of long work", busy/long.time, 1, 1e-3)
		// Little's law: the second way to the mean stay.
		s := p.stay(work)
		mean, variance := s.mean, s.variance
		for k := range s.means {
			if s.means[k] < work*(1-1e-6) || s.variances[k] < 0 || k > 0 && s.means[k] < s.means[k-1]*(1-1e-6) {
				t.Fatalf("work of %v s that finds %d others stays %v s, variance %v", work, k, s.means[k], s.variances[k])
			}
		}
		close(t, "stay / Little's", mean/(p.present/arrivals), 1, 0.02)
		if mean < work*(1-1e-6) || variance < 0 {
			t.Fatalf("work of %v s stays %v s, variance %v", work, mean, variance)
		}
		// The mean of a stay grows in proportion to the work (processor sharing).
		half := p.stay(work / 2).mean
		close(t, "half the work", half/mean, 0.5, 0.01)
	})
}

// One slot and nothing but long work is processor sharing: geometric, and
// the stay of M/M/1-PS by Coffman, Muntz and Trotter (1970), mean x/(1-rho).
func TestPopulationOfOneSlotIsProcessorSharing(t *testing.T) {
	const rho, work = 0.7, 1.0
	p := populate(1, flow{}, flow{rho * 1000, rho, rho / 1000}, rho)
	for k := range 20 {
		close(t, "share", p.share[k], (1-rho)*math.Pow(rho, float64(k)), 1e-6)
	}
	s := p.stay(work)
	mean, variance := s.mean, s.variance
	close(t, "mean", mean, work/(1-rho), 1e-3)
	free := 1 - rho
	want := 2*rho*work/math.Pow(free, 3) - 2*rho/math.Pow(free, 4)*(1-math.Exp(-free*work))
	close(t, "variance", variance/want, 1, 0.01)
}

// With next to no long work, short work waits as Allen and Cunneen say.
func TestPopulationWithoutLongWork(t *testing.T) {
	for _, c := range []int{1, 2, 5, 30, 1024} {
		a := 0.8 * float64(c)
		short := flow{a / 0.003, a, 1.5 * a * 0.003}
		_, got, _ := crowd(c, 0, short, flow{1, 0.01, 0.0001})
		want := WaitOf(c, a/0.003, 0.003, 0.5)
		close(t, "P(wait)", got.Busy, want.Busy, 1e-9)
		close(t, "mean wait", got.Mean/want.Mean, 1, 1e-9)
	}
}

func TestAllBusy(t *testing.T) {
	for _, row := range []struct {
		c, k int
		a    float64
		want float64
	}{
		{2, 2, 1, 1}, {2, 3, 1, 1}, {2, 0, 0, 0}, {4, 0, 3.2, 0.596432}, // Erlang C
		{2, 1, 1, 0.75}, // n is negative binomial with 2 and 1/2: P(n > 0)
	} {
		close(t, "P(all busy)", allBusy(row.c, row.k, row.a), row.want, 5e-7)
	}
}

func TestPopulationOfManySlots(t *testing.T) {
	for _, use := range []float64{0.01, 0.5, 0.99} {
		a := use * 1024
		p := populate(1024, flow{a * 50, a / 2, a / 2 * 0.01}, flow{a * 50, a / 2, a / 2 * 0.01}, a/2/0.2)
		total := 0.0
		for _, share := range p.share {
			total += share
		}
		close(t, "sum of shares", total, 1, 1e-9)
		close(t, "present / Erlangs", p.present/(a/2), 1, 0.2)
	}
}

func TestForkKeepsTheShare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		routes := []*route{{share: 1, visits: []visit{{}}}}
		for range rapid.IntRange(0, 5).Draw(t, "pages") {
			p := rapid.Float64Range(-0.1, 1).Draw(t, "p")
			for _, r := range routes {
				before := r.share
				branch := r.fork(p)
				if p <= 0 {
					if branch != nil || r.share != before {
						t.Fatal("a branch that is never taken")
					}
					continue
				}
				close(t, "share of the branch", branch.share, before*p, 1e-12)
				branch.visits[0].long = 1
				if r.visits[0].long != 0 {
					t.Fatal("branches share their visits")
				}
				branch.visits[0].long = 0
				routes = append(routes, branch)
			}
		}
		total := 0.0
		for _, r := range routes {
			total += r.share
		}
		close(t, "sum of shares", total, 1, 1e-12)
	})
}

// Every response is the law of a part of all requests.
func TestResponsesShareOutAllRequests(t *testing.T) {
	cpu := &center{node: "a", resource: "cpu", servers: 1, slots: 2, short: flow{1, 0.003, 1e-5}, long: flow{0.4, 0.004, 4e-5}, longs: 0.02}
	m := model{centers: []*center{cpu}, routes: []*route{
		{share: 0.98, floor: 0.003, visits: []visit{{center: cpu}, {center: cpu, again: true}}},
		{share: 0.02, floor: 0.2, visits: []visit{{center: cpu, long: 0.2}, {center: cpu}}},
	}}
	for _, rate := range []float64{0, 1, 100, 200, 280, 300} {
		rs := m.responses(rate)
		total := 0.0
		for _, r := range rs {
			total += r.share
			if r.endless != (rate > 2/0.007) {
				t.Errorf("at %v/s a response is endless: %v", rate, r.endless)
			}
		}
		close(t, "sum of shares", total, 1, 1e-9)
		close(t, "beyond nothing", beyond(rs, -1), 1, 1e-9)
		last := 1.0
		for x := 0.0; x < 2 && rate < 285; x += 0.01 {
			if b := beyond(rs, x); b > last+1e-12 || b < 0 {
				t.Fatalf("at %v/s P(> %v) rises to %v", rate, x, b)
			} else {
				last = b
			}
		}
	}
}

// However few there are, who finds a free slot is not slowed: the population
// is worked out for as many as there are slots.
func TestPopulationOfFewReachesTheSlots(t *testing.T) {
	for _, slots := range []int{1, 3, 8} {
		long := flow{2, 0.002, 0.000002}.times(0.01)
		p := populate(slots, flow{}, long, 0.01)
		if len(p.share) <= slots {
			t.Fatalf("%d slots: known for up to %d", slots, len(p.share)-1)
		}
		s := p.stay(0.002)
		for k := range slots {
			if r := s.means[k] / 0.002; r > 1.01 {
				t.Errorf("%d slots: with %d others it takes %v as long", slots, k, r)
			}
		}
	}
}

// What rounding leaves of a wait is no wait.
func TestTailOfNothing(t *testing.T) {
	for _, mean := range []float64{0, 1e-22} {
		if got := tail(mean, 7e-21, 1e-6); got != 0 {
			t.Errorf("a wait of %v s takes longer than 1 us with probability %v", mean, got)
		}
	}
}
