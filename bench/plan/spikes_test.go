package plan_test

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rung/bench"
	"rung/bench/plan"
)

func TestSpikesStandInTheMiddle(t *testing.T) {
	p, err := plan.Spikes(100, 1000, 10*time.Second, 2*time.Second, 20*time.Second)
	must(t, p, err)
	// 8 s at 100/s and 2 s at 1000/s, twice
	if p.Count() != 5600 {
		t.Errorf("Count() = %d, want 5600", p.Count())
	}
	for _, w := range []struct {
		from, to time.Duration
		want     uint64
	}{{0, 4, 400}, {4, 6, 2000}, {6, 14, 800}, {14, 16, 2000}, {16, 20, 400}} {
		got := plan.Before(p, w.to*time.Second) - plan.Before(p, w.from*time.Second)
		if got != w.want {
			t.Errorf("%d requests from %d to %d s, want %d", got, w.from, w.to, w.want)
		}
	}
	if want := "spikes of 1000/s for 2s every 10s over 100/s, for 20s"; p.String() != want {
		t.Errorf("String() = %q, want %q", p, want)
	}
}

func TestSpikesAreCheckedAndMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.Float64Range(0, 1e5)
		base, peak := rate.Draw(t, "base"), rate.Draw(t, "peak")
		every := time.Duration(rapid.Int64Range(2, int64(time.Minute)).Draw(t, "every"))
		length := time.Duration(rapid.Int64Range(1, int64(every)-1).Draw(t, "length"))
		d := time.Duration(rapid.Int64Range(1, int64(time.Minute)).Draw(t, "duration"))
		p, err := plan.Spikes(base, peak, every, length, d)
		if err != nil {
			if base+peak > 0.001 && d > time.Second && (base > 1 || d > every) {
				t.Fatal(err)
			}
			return
		}
		last := time.Duration(0)
		for i := range uint64(64) {
			at := p.At(i * (p.Count() - 1) / 63)
			if at < last || at >= p.Duration() {
				t.Fatalf("offset %v after %v, of %v", at, last, p.Duration())
			}
			last = at
		}
	})
}

func TestSpikesRefused(t *testing.T) {
	const s = time.Second
	for name, err := range map[string]error{
		"as long as the period": second(plan.Spikes(1, 2, s, s, s)),
		"no period":             second(plan.Spikes(1, 2, 0, s, s)),
		"no length":             second(plan.Spikes(1, 2, s, 0, s)),
		"negative rate":         second(plan.Spikes(-1, 2, 2*s, s, s)),
		"no number":             second(plan.Spikes(1, math.NaN(), 2*s, s, s)),
		"nothing":               second(plan.Spikes(0, 0, 2*s, s, s)),
	} {
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestPeakIsTheHighestRate(t *testing.T) {
	const s = time.Second
	for _, row := range []struct {
		name  string
		plan  func() (bench.Plan, error)
		want  float64
		close float64 // ratio
	}{
		{"constant", func() (bench.Plan, error) { return plan.Constant(1000, 10*s) }, 1000, 0.01},
		{"shorter than a window", func() (bench.Plan, error) { return plan.Constant(1000, 10*time.Millisecond) }, 1000, 0.01},
		{"ramp", func() (bench.Plan, error) { return plan.Ramp(0, 1000, 10*s) }, 1000, 0.02},
		{"spikes", func() (bench.Plan, error) { return plan.Spikes(100, 2000, 10*s, s, 30*s) }, 2000, 0.01},
		{"sine", func() (bench.Plan, error) { return plan.Sine(500, 400, 5*s, 20*s) }, 900, 0.02},
		{"poisson", func() (bench.Plan, error) { return plan.Poisson(1e5, 2*s, 1) }, 1e5, 0.05},
	} {
		p, err := row.plan()
		if got := plan.Peak(must(t, p, err)); math.Abs(got/row.want-1) > row.close {
			t.Errorf("%s: peak is %v/s, want %v/s", row.name, got, row.want)
		}
	}
}

func TestArrivalsOfPlans(t *testing.T) {
	poisson, err := plan.Poisson(100, time.Second, 1)
	must(t, poisson, err)
	constant, err := plan.Constant(100, time.Second)
	must(t, constant, err)
	for p, want := range map[bench.Plan]bench.Arrivals{
		poisson: bench.ArrivalsPoisson, plan.Until(poisson, 5, time.Second): bench.ArrivalsPoisson, constant: bench.ArrivalsConstant,
	} {
		if got := plan.Arrivals(p); got != want {
			t.Errorf("%v: arrivals %q, want %q", p, got, want)
		}
	}
}
