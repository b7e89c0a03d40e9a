package compare_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"rung/bench"
	"rung/bench/compare"
)

var calm = law{windows: 12, perWindow: 100, scale: 1, busy: 0.02}

func TestSameRunIsTheSame(t *testing.T) {
	a, _, windows := pairOf(3, calm, calm)
	c := runs(t, a, a, compare.Config{Windows: func(_ compare.Side, s string, m bench.Measurement) ([]compare.Window, error) {
		return windows(compare.Before, s, m)
	}})
	for _, d := range c.Stages[0].Rows {
		if d.Method == compare.MethodReading {
			continue
		}
		if d.Word != bench.DeltaSame || d.Before != d.After {
			t.Errorf("%+v", d)
		}
	}
	if delta(t, c, "common.p50_ns").Method != compare.MethodPaired {
		t.Error("windows of the same plan are not compared in pairs")
	}
	if len(c.Warnings) == 0 || !strings.Contains(c.Warnings[0], "same run") {
		t.Errorf("warnings are %q", c.Warnings)
	}
}

// What the requests of both have in common cancels out in pairs: a change of
// 3% is found under windows that differ by a fifth.
func TestPairs(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	l := law{windows: 20, perWindow: 200, scale: 1, busy: 0.2}
	was := l.draw(r)
	is := make([]compare.Window, len(was))
	for i, w := range was {
		is[i] = w
		is[i].Bins = slices.Clone(w.Bins)
		for j := range is[i].Bins {
			is[i].Bins[j].From = is[i].Bins[j].From * 103 / 100
			is[i].Bins[j].To = is[i].Bins[j].To * 103 / 100
		}
	}
	a, b := runOf(1, l.measured(was)), runOf(1, l.measured(is))
	cfg := compare.Config{Noise: -1, Windows: func(s compare.Side, _ string, _ bench.Measurement) ([]compare.Window, error) {
		if s == compare.Before {
			return was, nil
		}
		return is, nil
	}}
	if d := delta(t, runs(t, a, b, cfg), "common.mean_ns"); d.Word != bench.DeltaWorse || d.Method != compare.MethodPaired {
		t.Errorf("in pairs: %+v", d)
	}
	b.Seed = 2 // other requests
	if d := delta(t, runs(t, a, b, cfg), "common.mean_ns"); d.Word != bench.DeltaSame || d.Method != compare.MethodWindows {
		t.Errorf("not in pairs: %+v", d)
	}
	cfg.Noise = 0.1
	b.Seed = 1
	if d := delta(t, runs(t, a, b, cfg), "common.mean_ns"); d.Word != bench.DeltaNoise {
		t.Errorf("below the noise bound: %+v", d)
	}
}

func TestDeterministicAndFinite(t *testing.T) {
	slow := calm
	slow.scale, slow.failed = 1.3, 2
	a, b, windows := pairOf(4, calm, slow)
	cfg := compare.Config{Windows: windows, Seed: 9}
	one, two := runs(t, a, b, cfg), runs(t, a, b, cfg)
	if !reflect.DeepEqual(one, two) {
		t.Error("the same seed gives another comparison")
	}
	if _, err := json.Marshal(one); err != nil {
		t.Error(err)
	}
	cfg.Seed = 10
	if d, e := delta(t, one, "common.mean_ns"), delta(t, runs(t, a, b, cfg), "common.mean_ns"); d.Low == e.Low {
		t.Error("another seed resamples alike")
	}
}

func TestFailures(t *testing.T) {
	broken := calm
	broken.failed = 3
	for _, c := range []struct {
		name          string
		before, after law
		word          bench.DeltaWord
		why           string
	}{
		{"none and none", calm, calm, bench.DeltaSame, "none of 1200"},
		{"none and some", calm, broken, bench.DeltaWorse, "+2.91 points"},
		{"some and none", broken, calm, bench.DeltaBetter, "-2.91 points"},
		{"some and some", broken, broken, bench.DeltaSame, "+0 points"},
	} {
		a, b, windows := pairOf(5, c.before, c.after)
		d := delta(t, runs(t, a, b, compare.Config{Windows: windows}), "common.failed_ratio")
		if d.Word != c.word || !strings.Contains(d.Why, c.why) {
			t.Errorf("%s: %+v", c.name, d)
		}
	}
	// One bad window out of twelve is no evidence.
	a, b, windows := pairOf(5, calm, calm)
	b.Stages[0].Common.Total.Failed, b.Stages[0].Common.Total.Planned = 20, 1220
	b.Stages[0].Common.Intervals[4].Failed, b.Stages[0].Common.Intervals[4].Planned = 20, 120
	if d := delta(t, runs(t, a, b, compare.Config{Windows: windows}), "common.failed_ratio"); d.Word != bench.DeltaSame {
		t.Errorf("one burst: %+v", d)
	}
}

func TestUnknown(t *testing.T) {
	short := calm
	short.windows = 5
	for _, c := range []struct {
		name  string
		law   law
		spoil func(a, b *bench.Run, cfg *compare.Config)
		why   string
	}{
		{"too few windows", short, func(_, _ *bench.Run, _ *compare.Config) {}, "5 and 5 windows are too few: at least 6"},
		{"a fact in doubt", calm, func(_, b *bench.Run, _ *compare.Config) {
			b.Stages[0].Facts = []bench.Fact{{Name: "common.p50_ns", Doubt: "the disk was slow"}}
		}, "after: the disk was slow"},
		{"a generator at its limit", calm, func(a, _ *bench.Run, _ *compare.Config) {
			a.Stages[0].Common.Generator.Limited = "workers"
		}, "before: the generator was the limit: workers"},
		{"a log of another attack", calm, func(_, b *bench.Run, _ *compare.Config) {
			b.Stages[0].Common.Total.Response.Count++
		}, "holds 1200 answers, the run 1201"},
		{"no log", calm, func(_, _ *bench.Run, cfg *compare.Config) {
			cfg.Windows = func(compare.Side, string, bench.Measurement) ([]compare.Window, error) {
				return nil, fmt.Errorf("open log: %w", os.ErrNotExist)
			}
		}, "there is no interval log"},
		{"a broken log", calm, func(_, _ *bench.Run, cfg *compare.Config) {
			cfg.Windows = func(compare.Side, string, bench.Measurement) ([]compare.Window, error) {
				return nil, errors.New("line 7 is broken")
			}
		}, "cannot be read"},
		{"no tail", calm, func(a, _ *bench.Run, _ *compare.Config) {
			a.Stages[0].Common.Total.Response.P50 = nil
		}, "fewer than ten"},
	} {
		a, b, windows := pairOf(6, c.law, c.law)
		cfg := compare.Config{Windows: windows}
		c.spoil(&a, &b, &cfg)
		got := runs(t, a, b, cfg)
		d := delta(t, got, "common.p50_ns")
		if d.Word != bench.DeltaUnknown || !strings.Contains(d.Why, c.why) {
			t.Errorf("%s: %+v", c.name, d)
		}
		if c.name == "a broken log" && !strings.Contains(strings.Join(got.Warnings, "\n"), "line 7") {
			t.Errorf("warnings are %q", got.Warnings)
		}
		own := slices.ContainsFunc(got.Stages[0].Rows, func(d bench.Delta) bool { return strings.HasPrefix(d.Fact, "common.window_") })
		if want := strings.Contains(c.name, "log"); own != want {
			t.Errorf("%s: the windows' own quantiles are compared: %v, want %v", c.name, own, want)
		}
	}
}

// Without a log the windows' own quantiles are compared, under their own name.
func TestWithoutLogs(t *testing.T) {
	slow := calm
	slow.scale = 1.5
	a, b, _ := pairOf(8, calm, slow)
	d := delta(t, runs(t, a, b, compare.Config{}), "common.window_p50_ns")
	if d.Word != bench.DeltaWorse || math.Abs(d.Ratio-1.5) > 0.1 || d.SamplesBefore != 12 {
		t.Errorf("%+v", d)
	}
}

func TestErrors(t *testing.T) {
	a, b, _ := pairOf(1, calm, calm)
	other := b
	other.Stages = []bench.StageResult{{Stage: bench.Stage{ID: "02-two"}}}
	newer := b
	newer.Schema++
	for name, try := range map[string]func() error{
		"level":     func() error { _, err := compare.Runs(a, b, compare.Config{Level: 1}); return err },
		"nan":       func() error { _, err := compare.Runs(a, b, compare.Config{Level: math.NaN()}); return err },
		"noise":     func() error { _, err := compare.Runs(a, b, compare.Config{Noise: 1}); return err },
		"resamples": func() error { _, err := compare.Ladder(a, compare.Config{Resamples: 3}); return err },
		"rounds":    func() error { _, err := compare.Repeats(a.Stages[0], compare.Config{Level: -1}); return err },
		"schema":    func() error { _, err := compare.Runs(a, newer, compare.Config{}); return err },
	} {
		if try() == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := compare.Runs(a, other, compare.Config{}); !errors.Is(err, compare.ErrNothing) || !strings.Contains(err.Error(), "after has ") {
		t.Errorf("no stage in common: %v", err)
	}
}

func TestWarnings(t *testing.T) {
	a, b, windows := pairOf(1, calm, calm)
	b.Host.CPU, b.Host.Go = "other", "go2"
	b.Profile.Name, b.Hardware.Name, b.Partial, b.Kind = "full", "bare", "interrupted", bench.KindAttack
	b.Workload.Sessions = 7
	b.Endpoint = &bench.Endpoint{Plan: "x"}
	a.Calibration.LoopbackP50, b.Calibration.LoopbackP50 = time.Millisecond, 2*time.Millisecond
	a.Calibration.Ceiling, b.Calibration.Ceiling = 5000, 3000
	b.Stages[0].Common.Rate = 50
	b.Stages[0].Failed = "a crash"
	b.Stages[0].Stage.Topology.Name = "changed"
	b.Stages = append(b.Stages, bench.StageResult{Stage: bench.Stage{ID: "02-two"}})
	c := runs(t, a, b, compare.Config{Windows: windows})
	text := strings.Join(c.Warnings, "\n")
	for _, want := range []string{"machines differ", "Go versions", "profiles differ", "hardware sets", "ended early: interrupted",
		"kinds of run", "seeds differ", "workloads differ", "what was attacked", "round trip", "generator reached",
		"loads differ", "not finished: a crash", "topologies differ", "one round each"} {
		if !strings.Contains(text, want) {
			t.Errorf("no warning says %q: %s", want, text)
		}
	}
	// Beyond what every generator is tried at, the rates asked for decide.
	a.Calibration.Ceiling, b.Calibration.Ceiling = 16_000, 64_000
	if text := strings.Join(runs(t, a, b, compare.Config{Windows: windows}).Warnings, "\n"); strings.Contains(text, "generator reached") {
		t.Errorf("warned of ceilings that need not differ: %s", text)
	}
	if !slices.Equal(c.OnlyAfter, []string{"02-two"}) || c.OnlyBefore != nil {
		t.Errorf("only in one: %v, %v", c.OnlyBefore, c.OnlyAfter)
	}
}

func TestHolm(t *testing.T) {
	// One clear change, and one number that is just past its own level.
	a, b, windows := pairOf(11, calm, calm)
	clear := law{windows: 12, perWindow: 100, scale: 2, busy: 0.02}
	_, slow, slowWindows := pairOf(11, calm, clear)
	a.Stages = append(a.Stages, a.Stages[0])
	a.Stages[1].Stage.ID, slow.Stages[0].Stage.ID = "02-two", "02-two"
	b.Stages = append(b.Stages, slow.Stages[0])
	c := runs(t, a, b, compare.Config{Noise: -1, Windows: func(s compare.Side, stage string, m bench.Measurement) ([]compare.Window, error) {
		if stage == "02-two" {
			return slowWindows(s, stage, m)
		}
		return windows(s, stage, m)
	}})
	for _, s := range c.Stages {
		for _, d := range s.Rows {
			changed := d.Word == bench.DeltaWorse || d.Word == bench.DeltaBetter
			marked := strings.Contains(d.Why, compare.Chance)
			if marked && !changed {
				t.Errorf("%s: no change is marked: %+v", s.ID, d)
			}
			if s.ID == "02-two" && d.Fact == "common.p50_ns" && (!changed || marked) {
				t.Errorf("a doubled time is %+v", d)
			}
		}
	}
}
