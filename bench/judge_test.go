package bench_test

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rung/bench"
)

func facts() bench.Facts {
	f := bench.Facts{}
	f.Add("capacity_per_s", 400, "probe")
	f.Add("previous.capacity_per_s", 200, "probe")
	f.Add("lookup.cached_ns", 2_000, "lookup")
	f.Add("kill.app.availability_ratio", 0.5, "kill")
	f.Add("bad_ratio", math.NaN(), "0/0")
	f.Doubt("unsure_per_s", 1, "probe", "the generator was the limit")
	return f
}

func TestCheckJudgesFacts(t *testing.T) {
	for _, row := range []struct {
		name, check string
		want        bench.Word
		evidence    string
	}{
		{"a fact against a number", "capacity_per_s >= 300", bench.Pass, "400/s"},
		{"a fact against another", "capacity_per_s >= 1.5 * previous.capacity_per_s", bench.Pass, "300/s"},
		{"not enough", "capacity_per_s >= 2.5 * previous.capacity_per_s", bench.Fail, "is not >="},
		{"units are nanoseconds", "lookup.cached_ns <= 2us", bench.Pass, "2 µs"},
		{"units are nanoseconds, missed", "lookup.cached_ns < 2us", bench.Fail, ""},
		{"percent is a ratio", "kill.app.availability_ratio == 50%", bench.Pass, "50%"},
		{"a fact that was not measured", "nothing_ns <= 1s", bench.Unknown, "not measured"},
		{"a doubtful fact", "unsure_per_s >= 0", bench.Unknown, "the generator was the limit"},
		{"not a number", "bad_ratio <= 1", bench.Unknown, "finite"},
		{"number on the left", "2 * lookup.cached_ns <= lookup.cached_ns", bench.Fail, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			c, err := bench.ParseCheck(row.check)
			if err != nil {
				t.Fatal(err)
			}
			got, evidence := c.Judge(facts())
			if got != row.want || !strings.Contains(evidence, row.evidence) {
				t.Errorf("got %s (%s), want %s (…%s…)", got, evidence, row.want, row.evidence)
			}
		})
	}
}

func TestParseCheckRefuses(t *testing.T) {
	for _, text := range []string{"", "capacity_per_s", "a_ns <=", "a_ns => 1", "Capacity >= 1", "a_ns <= 1 parsec",
		"a_ns * b_ns <= 1", "a_ns <= 1ms * 2", "a..b <= 1", "a_ns <= 1e999999"} {
		if c, err := bench.ParseCheck(text); err == nil {
			t.Errorf("%q was read as %+v", text, c)
		}
	}
}

func FuzzParseCheck(f *testing.F) {
	f.Add("capacity_per_s >= 1.5 * previous.capacity_per_s")
	f.Add("a_ns <= 3ms")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := bench.ParseCheck(text)
		if err != nil {
			return
		}
		again, err := bench.ParseCheck(c.String())
		if err != nil || again != c {
			t.Fatalf("%q reads as %+v, and again as %+v, %v", text, c, again, err)
		}
		c.Judge(facts())
	})
}

func TestClaimIsAsGoodAsItsWorstCheck(t *testing.T) {
	for _, row := range []struct {
		name   string
		checks []string
		want   bench.Word
	}{
		{"all hold", []string{"capacity_per_s >= 1", "capacity_per_s >= 2"}, bench.Pass},
		{"one fails", []string{"capacity_per_s >= 1", "capacity_per_s >= 1000", "nothing_ns <= 1s"}, bench.Fail},
		{"one unknown", []string{"capacity_per_s >= 1", "nothing_ns <= 1s"}, bench.Unknown},
		{"no check", nil, bench.Unknown},
		{"not a check", []string{"bigger is better"}, bench.Unknown},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := bench.Judge([]bench.Claim{{ID: "c", Checks: row.checks}}, bench.Prediction{}, facts())
			if len(got) != 1 || got[0].Word != row.want {
				t.Errorf("got %+v, want %s", got, row.want)
			}
		})
	}
}

func TestEstimateIsJudgedByItsTolerance(t *testing.T) {
	for _, row := range []struct {
		name string
		e    bench.Estimate
		want bench.Word
	}{
		{"right", bench.Estimate{Fact: "capacity_per_s", Value: 410, Tolerance: 0.15}, bench.Pass},
		{"off", bench.Estimate{Fact: "capacity_per_s", Value: 500, Tolerance: 0.15}, bench.Fail},
		{"outside its model", bench.Estimate{Fact: "capacity_per_s", Value: 410, Tolerance: 0.15, Outside: "too busy"}, bench.Unknown},
		{"doubtful fact", bench.Estimate{Fact: "unsure_per_s", Value: 1, Tolerance: 1}, bench.Unknown},
		{"no fact", bench.Estimate{Fact: "nothing_ns", Value: 1, Tolerance: 1}, bench.Unknown},
		{"NaN fact", bench.Estimate{Fact: "bad_ratio", Value: 1, Tolerance: 1}, bench.Unknown},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := bench.Judge(nil, bench.Prediction{Estimates: []bench.Estimate{row.e}}, facts())
			if len(got) != 1 || got[0].Word != row.want {
				t.Errorf("got %+v, want %s", got, row.want)
			}
		})
	}
}

func TestLimitIsJudgedByItsName(t *testing.T) {
	predicted := bench.Prediction{Bottleneck: bench.Bottleneck{Node: "db", Resource: "disk", Use: 0.9}}
	for _, row := range []struct {
		name string
		c    bench.Capacity
		want bench.Word
	}{
		{"the same", bench.Capacity{Bottleneck: bench.Bottleneck{Node: "db", Resource: "disk", Use: 0.97}}, bench.Pass},
		{"another", bench.Capacity{Bottleneck: bench.Bottleneck{Node: "web", Resource: "cpu", Use: 0.97}}, bench.Fail},
		{"in doubt", bench.Capacity{Bottleneck: bench.Bottleneck{Node: "db", Resource: "disk"}, Doubt: "late"}, bench.Unknown},
		{"no metrics", bench.Capacity{}, bench.Unknown},
	} {
		if got := bench.JudgeLimit(predicted, row.c); got.Word != row.want {
			t.Errorf("%s: got %+v, want %s", row.name, got, row.want)
		}
	}
}

func TestWorstNeverPassesOnNothing(t *testing.T) {
	if got := bench.Worst(nil); got != bench.Unknown {
		t.Errorf("no verdicts give %s, want unknown", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.SampledFrom([]bench.Word{bench.Pass, bench.Fail, bench.Unknown}), 1, 8).Draw(t, "words")
		var vs []bench.Verdict
		want := bench.Pass
		for _, w := range words {
			vs = append(vs, bench.Verdict{Word: w})
			if w == bench.Fail || (w == bench.Unknown && want == bench.Pass) {
				want = w
			}
		}
		if got := bench.Worst(vs); got != want {
			t.Fatalf("%v gives %s, want %s", words, got, want)
		}
	})
}

func TestStrainSparesWhatIsMissed(t *testing.T) {
	f := bench.Facts{}
	f.Add("kill.db.availability_ratio", 0.9, "an attack")
	f.Add("kill.db.lost_count", 3, "the ledger")
	f.Doubt("kill.db.recovery_ns", 1, "an attack", "no end")
	f.Add("kill.web.availability_ratio", 0.9, "another attack")
	f.Strain("kill.db.", "the generator was late", func(name string) bool { return strings.HasSuffix(name, "lost_count") })
	for check, want := range map[string]bench.Word{
		"kill.db.availability_ratio >= 80%":                              bench.Pass,
		"kill.db.availability_ratio >= 99%":                              bench.Unknown,
		"0.5 * kill.web.availability_ratio > kill.db.availability_ratio": bench.Unknown,
		"kill.db.lost_count == 0":                                        bench.Fail,
		"kill.web.availability_ratio >= 99%":                             bench.Fail,
	} {
		c, err := bench.ParseCheck(check)
		if err != nil {
			t.Fatal(err)
		}
		if got, evidence := c.Judge(f); got != want {
			t.Errorf("%s: %s (%s), want %s", check, got, evidence, want)
		}
	}
	if got := f["kill.db.recovery_ns"]; got.Strain != "" || got.Doubt != "no end" {
		t.Errorf("a fact in doubt is strained: %+v", got)
	}
	p := bench.Prediction{Estimates: []bench.Estimate{{Fact: "kill.db.availability_ratio", Value: 0.99, Tolerance: 0.01},
		{Fact: "kill.web.availability_ratio", Value: 0.99, Tolerance: 0.01}}}
	got := bench.Judge(nil, p, f)
	if got[0].Word != bench.Unknown || got[1].Word != bench.Fail {
		t.Errorf("estimates are %s and %s", got[0].Word, got[1].Word)
	}
}

func TestALowerBoundDecidesWhatAsksForNoMore(t *testing.T) {
	f := bench.Facts{}
	f.AtLeast("capacity_per_s", 200, "a search", "every rate that was tried met the SLO")
	f.Add("other_per_s", 90, "another")
	for check, want := range map[string]bench.Word{
		"capacity_per_s >= 150":               bench.Pass,
		"capacity_per_s > 2 * other_per_s":    bench.Pass,
		"capacity_per_s >= 250":               bench.Unknown,
		"capacity_per_s <= 150":               bench.Unknown,
		"capacity_per_s == 200":               bench.Unknown,
		"other_per_s <= capacity_per_s":       bench.Pass,
		"other_per_s <= 0.5 * capacity_per_s": bench.Pass,
		"other_per_s < 0.4 * capacity_per_s":  bench.Unknown,
		"other_per_s >= capacity_per_s":       bench.Unknown,
		"capacity_per_s <= missing_per_s":     bench.Unknown,
		"capacity_per_s >= missing_per_s":     bench.Unknown,
		"0.5 * capacity_per_s >= 100":         bench.Pass,
		"-1 * capacity_per_s >= -300":         bench.Unknown,
	} {
		c, err := bench.ParseCheck(check)
		if err != nil {
			t.Fatal(err)
		}
		if got, evidence := c.Judge(f); got != want {
			t.Errorf("%s: %s (%s), want %s", check, got, evidence, want)
		}
	}
}
