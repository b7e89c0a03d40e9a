package compare_test

import (
	"testing"

	"rung/bench"
	"rung/bench/compare"
)

var latencies = []string{"common.mean_ns", "common.p50_ns", "common.p90_ns", "common.p99_ns"}

// flagged counts, by number, how many of seeded trials find a change.
func flagged(t *testing.T, trials uint64, before, after law, cfg compare.Config) map[string]int {
	t.Helper()
	out := map[string]int{}
	cfg.Resamples = 200
	for seed := range trials {
		a, b, windows := pairOf(seed, before, after)
		cfg.Windows, cfg.Seed = windows, seed
		c := runs(t, a, b, cfg)
		for _, name := range latencies {
			switch d := delta(t, c, name); d.Word {
			case bench.DeltaWorse, bench.DeltaBetter:
				out[name]++
			case bench.DeltaUnknown:
				t.Logf("seed %d: %s: %s", seed, name, d.Why)
				out["unknown"]++
			}
		}
	}
	return out
}

// Where nothing changed, at most about one in twenty trials says that
// something did, however the windows hang together. The trials are seeded, so
// the outcome is the same everywhere. Every change counts here: no noise.
func TestFalseAlarms(t *testing.T) {
	const trials = 80
	for _, c := range []struct {
		name string
		law  law
	}{
		{"few windows", law{windows: 7, perWindow: 60, scale: 1, busy: 0.1}},
		{"independent windows", law{windows: 20, perWindow: 60, scale: 1, busy: 0.1}},
		{"windows that hang together", law{windows: 24, perWindow: 60, scale: 1, busy: 0.1, rho: 0.5}},
	} {
		got := flagged(t, trials, c.law, c.law, compare.Config{Noise: -1})
		if got["unknown"] > 0 {
			t.Errorf("%s: %d numbers are unknown", c.name, got["unknown"])
		}
		for name, n := range got {
			// 5% of 80 is 4; 10 or more has a chance below 1% there.
			if n > 9 {
				t.Errorf("%s: %s seems to change in %d of %d trials", c.name, name, n, trials)
			}
			t.Logf("%s: %s flagged in %d of %d", c.name, name, n, trials)
		}
	}
}

// A service time that is 10% longer is found, as worse, with the default
// noise bound; and the number says so in the right direction.
func TestFindsTenPercent(t *testing.T) {
	const trials = 40
	before := law{windows: 20, perWindow: 100, scale: 1, busy: 0.03, rho: 0.3}
	after := before
	after.scale = 1.1
	got := flagged(t, trials, before, after, compare.Config{})
	t.Logf("found: %v", got)
	for _, name := range []string{"common.mean_ns", "common.p50_ns"} {
		if got[name] < trials*9/10 {
			t.Errorf("%s: found in %d of %d trials", name, got[name], trials)
		}
	}
	a, b, windows := pairOf(1, before, after)
	d := delta(t, runs(t, a, b, compare.Config{Windows: windows}), "common.mean_ns")
	if d.Word != bench.DeltaWorse || d.Ratio < 1.05 || d.Low < 1 || d.Low > d.Ratio || d.High < d.Ratio ||
		d.SamplesBefore != 20 || d.SamplesAfter != 20 || d.Method != compare.MethodWindows {
		t.Errorf("10%% more is %+v", d)
	}
	d = delta(t, runs(t, b, a, compare.Config{Windows: func(s compare.Side, stage string, m bench.Measurement) ([]compare.Window, error) {
		if s == compare.Before {
			return windows(compare.After, stage, m)
		}
		return windows(compare.Before, stage, m)
	}}), "common.mean_ns")
	if d.Word != bench.DeltaBetter {
		t.Errorf("10%% less is %+v", d)
	}
}
