package compare

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rung/bench/record"
)

// Tabulated quantiles of Student's t (Abramowitz and Stegun 26.10), and the
// closed form for two degrees of freedom.
func TestStudent(t *testing.T) {
	for _, c := range []struct{ p, df, want float64 }{
		{0.975, 1, 12.7062}, {0.975, 2, 4.30265}, {0.975, 5, 2.57058}, {0.975, 10, 2.22814},
		{0.975, 120, 1.97993}, {0.995, 5, 4.03214}, {0.95, 30, 1.69726}, {0.975, 1e7, 1.95996},
	} {
		if got := studentQuantile(c.p, c.df); math.Abs(got/c.want-1) > 1e-5 {
			t.Errorf("quantile %v of %v degrees is %v, want %v", c.p, c.df, got, c.want)
		}
	}
	for _, x := range []float64{-30, -2, -0.5, 0, 0.1, 1, 7} {
		if got, want := studentCDF(x, 2), 0.5+x/(2*math.Sqrt(2+x*x)); math.Abs(got-want) > 1e-12 {
			t.Errorf("CDF at %v of 2 degrees is %v, want %v", x, got, want)
		}
	}
	if studentCDF(math.Inf(1), 3) != 1 || studentCDF(math.Inf(-1), 3) != 0 || studentTails(math.Inf(1), 3) != 0 {
		t.Error("the ends are not 0 and 1")
	}
}

func TestNullLaws(t *testing.T) {
	for _, c := range []struct {
		name string
		law  []float64
		want []float64 // the first chances
	}{
		{"U of 4 and 4", rankSums(4, 4), []float64{1. / 70, 1. / 70, 2. / 70, 3. / 70, 5. / 70}},
		{"U of 1 and 3", rankSums(1, 3), []float64{0.25, 0.25, 0.25, 0.25}},
		{"W of 6", signedSums(6), []float64{1. / 64, 1. / 64, 1. / 64, 2. / 64, 2. / 64, 3. / 64}},
	} {
		for i, want := range c.want {
			if math.Abs(c.law[i]-want) > 1e-12 || math.Abs(c.law[len(c.law)-1-i]-want) > 1e-12 {
				t.Errorf("%s: chance of %d is %v, want %v", c.name, i, c.law[i], want)
			}
		}
	}
	// The published critical value: U = 5 for 6 and 6, two-sided at 5%.
	sum := 0.0
	for _, v := range rankSums(6, 6)[:6] {
		sum += v
	}
	if math.Abs(2*sum-0.0411) > 1e-4 {
		t.Errorf("P(U <= 5) for 6 and 6 is %v, want 0.0411 two-sided", 2*sum)
	}
}

func TestMedianInterval(t *testing.T) {
	for _, c := range []struct {
		n, at int
		ok    bool
	}{{0, -1, false}, {1, -1, false}, {5, -1, false}, {6, 0, true}, {8, 0, true}, {9, 1, true}, {20, 5, true}} {
		if at, ok := medianInterval(c.n, 0.95); ok != c.ok || at != c.at {
			t.Errorf("%d values: %d, %v; want %d, %v", c.n, at, ok, c.at, c.ok)
		}
	}
}

// An interval leaves zero out exactly when its p-value is at most alpha, and
// moves with the data.
func TestRankIntervals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(n int, name string) []span {
			out := make([]span, n)
			for i := range out {
				v := float64(rapid.IntRange(-5, 5).Draw(t, name))
				out[i] = span{v, v + float64(rapid.IntRange(0, 1).Draw(t, "width"))}
			}
			return out
		}
		n := rapid.IntRange(1, 9).Draw(t, "n")
		a, b := draw(n, "a"), draw(rapid.IntRange(1, 9).Draw(t, "m"), "b")
		tests := []ranked{mannWhitney(a, b, 0.95)}
		if len(a) == len(b) {
			tests = append(tests, signedRank(a, b, 0.95))
		}
		for _, r := range tests {
			if !r.known {
				continue
			}
			out := r.low > 0 || r.high < 0
			if out != (r.p <= 0.05) || r.low > r.high || r.p < 0 || r.p > 1 {
				t.Fatalf("interval %v to %v with p %v", r.low, r.high, r.p)
			}
		}
	})
	six := []span{{1, 1}, {2, 2}, {3, 3}, {4, 4}, {5, 5}, {6, 6}}
	if r := signedRank(make([]span, 6), six, 0.95); !r.known || r.low != 1 || r.high != 6 || math.Abs(r.p-2./64) > 1e-12 {
		t.Errorf("six rises give %+v", r)
	}
	if r := signedRank(make([]span, 5), six[:5], 0.95); r.known {
		t.Errorf("five pairs give %+v", r)
	}
	if r := mannWhitney(make([]span, 3), six[:3], 0.95); r.known {
		t.Errorf("three and three give %+v", r)
	}
}

// The sum over windows gives the same mean and quantiles as all values sorted,
// with each window taken as often as its weight says.
func TestHistogramMeasures(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 5).Draw(t, "windows")
		windows := make([]Window, n)
		weights := make([]int, n)
		var all []float64
		for i := range windows {
			weights[i] = rapid.IntRange(0, 3).Draw(t, "weight")
			var bins []record.Bin
			for _, v := range rapid.SliceOfN(rapid.IntRange(1, 50), 0, 30).Draw(t, "values") {
				at := time.Duration(v)
				bins = append(bins, record.Bin{From: at, To: at, Count: 1})
				for range weights[i] {
					all = append(all, float64(v))
				}
			}
			windows[i] = Window{Start: time.Duration(i) * time.Second, Length: time.Second, Bins: record.MergeBins(bins)}
		}
		out := make([]float64, latencyStats)
		newHistogram(windows).measure(weights, out)
		if len(all) == 0 {
			if !math.IsNaN(out[statMean]) || !math.IsNaN(out[statP99]) {
				t.Fatalf("nothing measures %v", out)
			}
			return
		}
		slices.Sort(all)
		sum := 0.0
		for _, v := range all {
			sum += v
		}
		at := func(q float64) float64 { return all[int(math.Ceil(q*float64(len(all))-1e-9))-1] }
		for i, want := range []float64{sum / float64(len(all)), at(0.5), at(0.9), at(0.99)} {
			if math.Abs(math.Exp(out[i])/want-1) > 1e-9 {
				t.Fatalf("statistic %d is %v, want %v", i, math.Exp(out[i]), want)
			}
		}
	})
}

// Many windows become few, and none of the answers is lost.
func TestJoined(t *testing.T) {
	for _, n := range []int{0, 1, 119, 120, 121, 250, 3600} {
		windows := make([]Window, n)
		for i := range windows {
			windows[i] = Window{Start: time.Duration(i) * time.Second, Length: time.Second,
				Bins: []record.Bin{{From: 5, To: 5, Count: 2}}}
		}
		if n > 1 {
			windows[n-1].Length = time.Second / 2
		}
		got := joined(windows)
		if len(got) > windowsMost || answers(got) != uint64(2*n) {
			t.Errorf("%d windows become %d with %d answers", n, len(got), answers(got))
		}
		for i, w := range got {
			if w.Length < got[0].Length || i > 0 && w.Start != got[i-1].Start+got[i-1].Length {
				t.Errorf("%d windows: window %d is at %v for %v", n, i, w.Start, w.Length)
			}
		}
	}
}

func TestCorrelation(t *testing.T) {
	rising, turning := make([]float64, 40), make([]float64, 40)
	for i := range rising {
		rising[i], turning[i] = float64(i), float64(i%2)
	}
	if r := correlation(rising); r < 0.8 || r > 0.95 {
		t.Errorf("a rising series has %v", r)
	}
	if r := correlation(turning); r > -0.8 {
		t.Errorf("a turning series has %v", r)
	}
	for _, bad := range [][]float64{make([]float64, 9), {1, math.NaN(), 2}, {1, math.Inf(1)}} {
		if r := correlation(bad); r != 0 {
			t.Errorf("%v has %v", bad, r)
		}
	}
	if b := blockingOf(time.Second, rising); b.size != 13 || b.count < blocksLeast {
		t.Errorf("blocks of a trend are %+v", b)
	}
	if b := blockingOf(100*time.Millisecond, make([]float64, 60)); b.size != 10 {
		t.Errorf("blocks of short windows are %+v", b)
	}
}
