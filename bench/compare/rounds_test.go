package compare_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"rung/bench"
	"rung/bench/compare"
)

func bracket(passed, failed float64) *bench.Capacity {
	return &bench.Capacity{Passed: passed, Failed: failed}
}

// rounds makes a result of so many rounds, whose times vary by 1%.
func rounds(r *rand.Rand, id string, n int, scale float64, capacity float64) bench.StageResult {
	out := bench.StageResult{Stage: bench.Stage{ID: id}}
	for round := 1; round <= n; round++ {
		l := law{windows: 6, perWindow: 50, scale: scale * (1 + 0.01*r.NormFloat64()), busy: 0.01}
		m := l.measured(l.draw(r))
		c := capacity * (1 + 0.02*r.Float64())
		if round == 1 {
			out.Common, out.Capacity = m, bracket(c*0.97, c*1.03)
			continue
		}
		out.Repeats = append(out.Repeats, bench.Repeat{Round: round, Common: m, Capacity: bracket(c*0.97, c*1.03)})
	}
	return out
}

func ladder(of ...bench.StageResult) bench.Run { return bench.Run{Schema: bench.Schema, Stages: of} }

func TestRunsByRounds(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	before := ladder(rounds(r, "01-one", 6, 1, 200))
	after := ladder(rounds(r, "01-one", 6, 1.1, 150))
	c := runs(t, before, after, compare.Config{})
	for name, word := range map[string]bench.DeltaWord{
		"common.p50_ns": bench.DeltaWorse, "common.mean_ns": bench.DeltaWorse, "capacity_per_s": bench.DeltaWorse,
		"common.goodput_per_s": bench.DeltaSame, "common.failed_ratio": bench.DeltaSame,
	} {
		d := delta(t, c, name)
		if d.Word != word || d.Method != compare.MethodRounds || d.SamplesBefore != 6 || d.SamplesAfter != 6 {
			t.Errorf("%+v, want %s", d, word)
		}
		if d.Low > d.Ratio || d.High > 0 && d.High < d.Ratio {
			t.Errorf("the ratio lies outside its interval: %+v", d)
		}
	}
	if c.Noise != 0.01 || len(c.Warnings) != 0 && strings.Contains(c.Warnings[0], "round") {
		t.Errorf("noise %v, warnings %q", c.Noise, c.Warnings)
	}
	// The bracket of a round is part of its value: 200 and 198 are not told
	// apart when each is known to 3%.
	near := ladder(rounds(r, "01-one", 6, 1, 198))
	if d := delta(t, runs(t, before, near, compare.Config{}), "capacity_per_s"); d.Word != bench.DeltaSame {
		t.Errorf("capacities inside their brackets: %+v", d)
	}
	few := runs(t, ladder(rounds(r, "01-one", 3, 1, 200)), after, compare.Config{})
	if d := delta(t, few, "capacity_per_s"); d.Method != compare.MethodBrackets {
		t.Errorf("three rounds: %+v", d)
	}
	if !strings.Contains(strings.Join(few.Warnings, "\n"), "3 and 6 rounds are too few") || few.Noise != 0.05 {
		t.Errorf("noise %v, warnings %q", few.Noise, few.Warnings)
	}
}

// Rounds in turn are compared in pairs: what slows a pair down alike, however
// much, does not hide a change.
func TestLadderInTurn(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	one, two := rounds(r, "01-one", 7, 1, 200), rounds(r, "02-two", 7, 1, 260)
	two.Stage.Previous = "00-none"
	two.Stage.Compare = "01-one"
	both := ladder(one, two)
	slower := func(m *bench.Measurement, factor float64) {
		m.Total.Response.Mean = time.Duration(float64(m.Total.Response.Mean) * factor)
	}
	for i := range both.Stages[0].Repeats {
		drift := 1 + 0.3*float64(i)
		slower(both.Stages[0].Repeats[i].Common, drift)
		slower(both.Stages[1].Repeats[i].Common, drift*1.08)
	}
	slower(both.Stages[1].Common, 1.08)
	c, err := compare.Ladder(both, compare.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Stages) != 1 || c.Stages[0].ID != "02-two against 01-one" {
		t.Fatalf("stages are %+v", c.Stages)
	}
	if d := delta(t, c, "common.mean_ns"); d.Word != bench.DeltaWorse || d.Method != compare.MethodTurns || math.Abs(d.Low-1.08) > 0.05 {
		t.Errorf("%+v", d)
	}
	if d := delta(t, c, "capacity_per_s"); d.Word != bench.DeltaBetter || d.Method != compare.MethodTurns {
		t.Errorf("%+v", d)
	}
	// Five pairs cannot reach 95%.
	both.Stages[0].Repeats, both.Stages[1].Repeats = both.Stages[0].Repeats[:4], both.Stages[1].Repeats[:4]
	c, err = compare.Ladder(both, compare.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if d := delta(t, c, "capacity_per_s"); d.Method != compare.MethodBrackets {
		t.Errorf("five pairs: %+v", d)
	}
}

func TestBrackets(t *testing.T) {
	for _, c := range []struct {
		name          string
		before, after *bench.Capacity
		word          bench.DeltaWord
		low, high     float64
		why           string
	}{
		{"better", bracket(100, 110), bracket(150, 160), bench.DeltaBetter, 150. / 110, 1.6, ""},
		{"worse", bracket(100, 110), bracket(50, 60), bench.DeltaWorse, 50. / 110, 0.6, ""},
		{"the same bracket", bracket(100, 110), bracket(100, 110), bench.DeltaSame, 100. / 110, 1.1, ""},
		{"touching", bracket(100, 110), bracket(110, 120), bench.DeltaSame, 1, 1.2, ""},
		{"open above", bracket(100, 110), bracket(150, 0), bench.DeltaBetter, 150. / 110, 0, ""},
		{"open before", bracket(100, 0), bracket(150, 160), bench.DeltaSame, 0, 1.6, ""},
		{"both open", bracket(100, 0), bracket(150, 0), bench.DeltaUnknown, 0, 0, "not known from above"},
		{"nothing passed", bracket(0, 10), bracket(150, 160), bench.DeltaUnknown, 0, 0, "passed at no rate"},
		{"in doubt", bracket(100, 110), &bench.Capacity{Passed: 150, Failed: 160, Doubt: "stopped"}, bench.DeltaUnknown, 0, 0, "after: stopped"},
		{"other objective", bracket(100, 110), &bench.Capacity{Passed: 150, Failed: 160, SLO: bench.SLO{Quantile: 0.5}}, bench.DeltaUnknown, 0, 0, "objectives"},
	} {
		a := ladder(bench.StageResult{Stage: bench.Stage{ID: "01"}, Capacity: c.before})
		b := ladder(bench.StageResult{Stage: bench.Stage{ID: "01"}, Capacity: c.after})
		d := delta(t, runs(t, a, b, compare.Config{}), "capacity_per_s")
		if d.Word != c.word || math.Abs(d.Low-c.low) > 1e-9 || math.Abs(d.High-c.high) > 1e-9 || !strings.Contains(d.Why, c.why) {
			t.Errorf("%s: %+v", c.name, d)
		}
	}
}

func TestRepeats(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	six := rounds(r, "01", 6, 1, 200)
	six.Repeats[0].Capacity.Doubt = "stopped" // leaves five
	got, err := compare.Repeats(six, compare.Config{})
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]compare.Summary{}
	for _, s := range got {
		byName[s.Fact] = s
	}
	p50 := byName["common.p50_ns"]
	if len(p50.Values) != 6 || p50.Low > p50.Median || p50.High < p50.Median || p50.Low == 0 || p50.Why != "" {
		t.Errorf("p50 is %+v", p50)
	}
	for _, v := range p50.Values { // with six the interval is from the least to the most
		if v < p50.Low || v > p50.High {
			t.Errorf("%v lies outside %+v", v, p50)
		}
	}
	if c := byName["capacity_per_s"]; len(c.Values) != 5 || c.Low != 0 || c.High != 0 || !strings.Contains(c.Why, "too few") || c.Median < 180 {
		t.Errorf("capacity is %+v", c)
	}
	six.Repeats[0].Capacity.Doubt = ""
	six.Repeats[1].Capacity.Failed = 0
	got, err = compare.Repeats(six, compare.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if c := got[0]; c.Fact != "capacity_per_s" || c.Low == 0 || c.High != 0 || len(c.Values) != 6 {
		t.Errorf("an open capacity is %+v", c)
	}
	if none, err := compare.Repeats(bench.StageResult{}, compare.Config{}); err != nil || len(none) != 0 {
		t.Errorf("nothing is %v, %v", none, err)
	}
}
