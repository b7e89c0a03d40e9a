package plan_test

import (
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rung/bench"
	"rung/bench/plan"
)

func must(t testing.TB, p bench.Plan, err error) bench.Plan {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestOffsets(t *testing.T) {
	const s, ms = time.Second, time.Millisecond
	for _, c := range []struct {
		name  string
		plan  func() (bench.Plan, error)
		count uint64
		first []time.Duration
	}{
		{"constant, hit 0 at once", func() (bench.Plan, error) { return plan.Constant(1000, 3*s) },
			3000, []time.Duration{0, ms, 2 * ms, 3 * ms}},
		{"constant, rate that does not divide a second", func() (bench.Plan, error) { return plan.Constant(3, s) },
			3, []time.Duration{0, 333333333, 666666666}},
		{"constant, a part of a request counts", func() (bench.Plan, error) { return plan.Constant(0.25, 10*s) },
			3, []time.Duration{0, 4 * s, 8 * s}},
		{"constant, less than one", func() (bench.Plan, error) { return plan.Constant(1e-9, s) },
			1, []time.Duration{0}},
		// t^2 * 100/2/10 = n, so t = sqrt(n/5) s
		{"ramp from 0", func() (bench.Plan, error) { return plan.Ramp(0, 100, 10*s) },
			500, []time.Duration{0, 447213595, 632455532}},
		// r falls 2 -> 0 in 2 s: t - t^2/4 = n/2, n = 1: t = 2 - sqrt(2)
		{"ramp to 0", func() (bench.Plan, error) { return plan.Ramp(2, 0, 2*s) },
			2, []time.Duration{0, 585786437}},
		{"steps with a pause", func() (bench.Plan, error) {
			return plan.Steps([]plan.Step{{2, s}, {0, 3 * s}, {4, 500 * ms}})
		}, 4, []time.Duration{0, 500 * ms, 4 * s, 4250 * ms}},
		{"steps from a pause", func() (bench.Plan, error) { return plan.Steps([]plan.Step{{0, s}, {1, 2 * s}}) },
			2, []time.Duration{s, 2 * s}},
		// the mean of a day is halfway, and so is half of it at half the time
		{"day", func() (bench.Plan, error) { return plan.Day(2, 100, 4*s) }, 204, []time.Duration{0}},
		{"day without change", func() (bench.Plan, error) { return plan.Day(4, 4, s) }, 4, []time.Duration{0, 250 * ms, 500 * ms}},
		// a whole period has its mean
		{"sine of one period", func() (bench.Plan, error) { return plan.Sine(100, 100, 2*s, 2*s) },
			200, []time.Duration{0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := c.plan()
			must(t, p, err)
			if p.Count() != c.count {
				t.Errorf("Count() = %d, want %d", p.Count(), c.count)
			}
			for n, want := range c.first {
				if got := p.At(uint64(n)); got != want {
					t.Errorf("At(%d) = %v, want %v", n, got, want)
				}
			}
		})
	}
}

func TestStringStatesUnits(t *testing.T) {
	for _, c := range []struct {
		plan func() (bench.Plan, error)
		want string
	}{
		{func() (bench.Plan, error) { return plan.Constant(150, 4*time.Second) }, "constant 150/s for 4s"},
		{func() (bench.Plan, error) { return plan.Poisson(150.5, 4*time.Second, 1) }, "Poisson 150.5/s for 4s"},
		{func() (bench.Plan, error) { return plan.Ramp(0, 10, time.Minute) }, "ramp from 0/s to 10/s over 1m0s"},
		{func() (bench.Plan, error) { return plan.Steps([]plan.Step{{1, time.Second}, {2, time.Second}}) },
			"steps of 1/s for 1s, 2/s for 1s"},
		{func() (bench.Plan, error) { return plan.Sine(10, 5, time.Second, time.Minute) },
			"sine of 10/s +- 5/s with period 1s for 1m0s"},
	} {
		p, err := c.plan()
		if got := must(t, p, err).String(); got != c.want {
			t.Errorf("String() = %q, want %q", got, c.want)
		}
	}
}

func TestRefused(t *testing.T) {
	const s = time.Second
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"rate 0", second(plan.Constant(0, s)), "no request"},
		{"rate below 0", second(plan.Constant(-1, s)), "rate"},
		{"rate not a number", second(plan.Constant(nan, s)), "rate"},
		{"rate infinite", second(plan.Constant(inf, s)), "rate"},
		{"rate over one per ns", second(plan.Constant(2e9, s)), "rate"},
		{"duration 0", second(plan.Constant(1, 0)), "duration"},
		{"duration below 0", second(plan.Constant(1, -s)), "duration"},
		{"duration too long", second(plan.Constant(1, plan.MaxDuration+1)), "duration"},
		{"count too large", second(plan.Constant(1e9, time.Hour)), "requests"},
		{"ramp 0 to 0", second(plan.Ramp(0, 0, s)), "no request"},
		{"ramp to a negative rate", second(plan.Ramp(1, -1, s)), "to"},
		{"no steps", second(plan.Steps(nil)), "steps"},
		{"steps of pauses", second(plan.Steps([]plan.Step{{0, s}})), "no request"},
		{"step of no length", second(plan.Steps([]plan.Step{{1, s}, {1, 0}})), "step 2"},
		{"steps too long", second(plan.Steps([]plan.Step{{1, plan.MaxDuration}, {1, 1}})), "total duration"},
		{"sine below 0", second(plan.Sine(1, 2, s, s)), "amplitude"},
		{"sine without period", second(plan.Sine(1, 1, 0, s)), "period"},
		{"poisson of none", second(plan.Poisson(0.1, s, 1)), "requests"},
		{"poisson of too many", second(plan.Poisson(1e9, s, 1)), "requests"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("%s: error is %v, want one about %q", c.name, c.err, c.want)
		}
	}
}

func second(_ bench.Plan, err error) error { return err }

// drawPlan draws a plan of any kind, of 1 to some 100 000 requests, and the
// area under its rate.
func drawPlan(t *rapid.T) (bench.Plan, func(time.Duration) float64) {
	d := time.Duration(rapid.Int64Range(1e6, 1e11).Draw(t, "duration"))
	top := math.Min(1e5/d.Seconds(), 1e9)
	rate := rapid.Float64Range(1.5/d.Seconds(), top)
	if 1.5/d.Seconds() > top {
		rate = rapid.Just(top)
	}
	r := rate.Draw(t, "rate")
	var p bench.Plan
	var err error
	var area func(time.Duration) float64
	switch rapid.SampledFrom([]string{"constant", "ramp", "steps", "sine"}).Draw(t, "kind") {
	case "constant":
		p, err = plan.Constant(r, d)
		area = func(x time.Duration) float64 { return r * x.Seconds() }
	case "ramp":
		p, err = plan.Ramp(0, r, d)
		area = func(x time.Duration) float64 { return r * x.Seconds() * x.Seconds() / d.Seconds() / 2 }
	case "steps":
		half := d / 2
		p, err = plan.Steps([]plan.Step{{r, half}, {0, half}, {r, half}})
		area = func(x time.Duration) float64 {
			return r * (min(x, half).Seconds() + max(0, x-2*half).Seconds())
		}
	case "sine":
		period := time.Duration(rapid.Int64Range(int64(d/10), int64(d)).Draw(t, "period"))
		p, err = plan.Sine(r, r/2, period, d)
		area = func(x time.Duration) float64 {
			w := 2 * math.Pi / period.Seconds()
			return r*x.Seconds() + r/2/w*(1-math.Cos(w*x.Seconds()))
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return p, area
}

// At never falls, and every offset is within the plan.
func TestOffsetsNeverFall(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, _ := drawPlan(t)
		n := rapid.Uint64Range(0, p.Count()-1).Draw(t, "n")
		a, b := p.At(n), p.At(n+1)
		if a < 0 || a >= p.Duration() || b < a {
			t.Fatalf("At(%d) = %v, At(%d) = %v, duration %v", n, a, n+1, b, p.Duration())
		}
	})
}

// The number of requests in any window from the start is the area under the
// rate, but for a part of a request.
func TestCountIsArea(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, area := drawPlan(t)
		n := rapid.Uint64Range(0, p.Count()-1).Draw(t, "n")
		at := p.At(n)
		// n requests are due before it, to the nanosecond. The highest rate
		// of the plans drawn is at most three times their mean.
		mean := float64(p.Count()) / float64(p.Duration())
		if off := math.Abs(area(at) - float64(n)); off > 3*mean+1e-5 {
			t.Fatalf("At(%d) = %v, where the area is %v", n, at, area(at))
		}
		if all := area(p.Duration()); math.Abs(float64(p.Count())-all) > 1+1e-5 {
			t.Fatalf("Count() = %d, area %v", p.Count(), all)
		}
	})
}

// A plan asked at random from many goroutines answers as it does in order.
func TestPure(t *testing.T) {
	poisson, err := plan.Poisson(5000, time.Second, 3)
	must(t, poisson, err)
	sine, err := plan.Sine(5000, 5000, time.Second/3, time.Second)
	must(t, sine, err)
	for _, p := range []bench.Plan{poisson, sine} {
		want := make([]time.Duration, p.Count())
		for n := range want {
			want[n] = p.At(uint64(n))
		}
		var group sync.WaitGroup
		for g := range uint64(4) {
			group.Go(func() {
				for i := range p.Count() {
					n := (i*2654435761 + g*977) % p.Count()
					if got := p.At(n); got != want[n] {
						t.Errorf("%v: At(%d) = %v, in order it was %v", p, n, got, want[n])
						return
					}
				}
			})
		}
		group.Wait()
	}
}

func BenchmarkAt(b *testing.B) {
	for _, c := range []struct {
		name string
		make func() (bench.Plan, error)
	}{
		{"plan=constant", func() (bench.Plan, error) { return plan.Constant(5000, time.Minute) }},
		{"plan=poisson", func() (bench.Plan, error) { return plan.Poisson(5000, time.Minute, 1) }},
		{"plan=ramp", func() (bench.Plan, error) { return plan.Ramp(0, 5000, time.Minute) }},
		{"plan=sine", func() (bench.Plan, error) { return plan.Sine(5000, 100, time.Second, time.Minute) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			p, err := c.make()
			must(b, p, err)
			b.ReportAllocs()
			for n := uint64(0); b.Loop(); n++ {
				p.At(n * 7919 % p.Count())
			}
		})
	}
}
