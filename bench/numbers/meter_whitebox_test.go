package numbers

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rung/bench"
)

// fake is a meter whose time passes only in its work.
type fake struct {
	*meter
	now time.Duration
}

func newFake(budget time.Duration) *fake {
	f := &fake{}
	f.meter = newMeter(func() time.Duration { return f.now }, Config{Budget: budget}, families(""))
	return f
}

// takes is work whose i-th operation takes a known time.
func (f *fake) takes(each func(i int) time.Duration) work {
	i := 0
	return op(func(n int) {
		for range n {
			f.now += each(i)
			i++
		}
	})
}

func constant(d time.Duration) func(int) time.Duration { return func(int) time.Duration { return d } }

func TestTimeCountsTrueTime(t *testing.T) {
	for _, row := range []struct {
		name       string
		each       func(int) time.Duration
		resolution time.Duration
		value, p99 float64
		flags      string
	}{
		{"short ones in batches", constant(100 * time.Nanosecond), 0, 100, 100, "batch means: percentiles are of the means of 512 operations each"},
		{"just above the border alone", constant(5 * time.Microsecond), 0, 5000, 5000, ""},
		{"just below the border in batches", constant(4999 * time.Nanosecond), 0, 4999, 4999, "batch means: percentiles are of the means of 16 operations each"},
		{"a coarse clock", constant(5 * time.Microsecond), time.Microsecond, 5000, 5000, "timer resolution: a sample takes 5µs, a step of the clock 1µs"},
		{"few", constant(20 * time.Millisecond), 0, 20e6, 0, "few samples: 49, too few for a p99"},
		{"a p99 of few", constant(2500 * time.Microsecond), 0, 2.5e6, 2.5e6, "few samples: p99 rests on the slowest 4 of 358"},
		{"a slow tail", func(i int) time.Duration {
			if i%50 == 0 {
				return 60 * time.Microsecond
			}
			return 10 * time.Microsecond
		}, 0, 10e3, 60e3, "noisy: p99 is 6.0 times p50"},
		{"cold at first", func(i int) time.Duration {
			if i < 1000 {
				return 100 * time.Nanosecond
			}
			return 50 * time.Nanosecond
		}, 0, 50, 50, "batch means: percentiles are of the means of 1024 operations each"},
	} {
		t.Run(row.name, func(t *testing.T) {
			f := newFake(time.Second)
			f.done = f.total - 1 // the last row has all the time
			f.facts.resolution = row.resolution
			if err := f.time(t.Context(), "syscall", f.takes(row.each)); err != nil {
				t.Fatal(err)
			}
			got := f.rows[0]
			flags := strings.Join(got.Flags, "; ")
			if strings.HasPrefix(row.flags, "few samples") {
				flags = numbersAway(flags)
				row.flags = numbersAway(row.flags)
			}
			if got.Value != row.value || got.P99 != row.p99 || flags != row.flags {
				t.Errorf("got %v, p99 %v, %q; want %v, %v, %q", got.Value, got.P99, got.Flags, row.value, row.p99, row.flags)
			}
			if f.now > 2*time.Second {
				t.Errorf("took %v of a second", f.now)
			}
		})
	}
}

// numbersAway leaves the words of a flag.
func numbersAway(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return -1
		}
		return r
	}, text)
}

func TestHalvesCountTwice(t *testing.T) {
	f := newFake(time.Second)
	if err := f.halves(t.Context(), "ctx_switch", f.takes(constant(8*time.Microsecond))); err != nil {
		t.Fatal(err)
	}
	if got := f.rows[0]; got.Value != 4000 || !slices.Contains(got.Flags, "batch means: percentiles are of the means of 2 operations each") {
		t.Errorf("got %+v", got)
	}
}

func TestPreparationIsNotTimed(t *testing.T) {
	f := newFake(time.Second)
	w := f.takes(constant(10 * time.Microsecond))
	w.prepare = func() error { f.now += time.Millisecond; return nil }
	if err := f.time(t.Context(), "syscall", w); err != nil {
		t.Fatal(err)
	}
	if got := f.rows[0]; got.Value != 10_000 || got.P99 > 10_000 {
		t.Errorf("got %+v", got)
	}
	broken := errors.New("broken")
	w.prepare = func() error { return broken }
	if err := f.time(t.Context(), "clock_read", w); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if err := f.time(t.Context(), "no_row", w); err == nil {
		t.Error("a row that is not in the table was measured")
	}
}

func TestRowsShareTheBudget(t *testing.T) {
	f := newFake(10 * time.Second)
	for _, row := range templates(families("")) {
		if err := f.time(t.Context(), row.ID, f.takes(constant(10*time.Microsecond))); err != nil {
			t.Fatal(err)
		}
	}
	if f.done != f.total || f.now > 10*time.Second+time.Second/2 || f.now < 9*time.Second {
		t.Errorf("%d of %d rows took %v", f.done, f.total, f.now)
	}
}

func TestTemplatesAreWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, row := range templates(families("")) {
		if row.ID == "" || row.Label == "" || seen[row.ID] || row.Value != 0 {
			t.Errorf("row %+v", row)
		}
		seen[row.ID] = true
	}
	for _, id := range slices.Concat(directRows, bufferRows, durableRows) {
		if !seen[id] {
			t.Errorf("no row %s to flag", id)
		}
	}
}

func TestQuantileIsNearestRank(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		samples := rapid.SliceOfN(rapid.Float64Range(0, 1e9), 1, 300).Draw(t, "samples")
		slices.Sort(samples)
		q := rapid.Float64Range(0.01, 1).Draw(t, "q")
		got := quantile(samples, q)
		atMost := 0
		for _, s := range samples {
			if s <= got {
				atMost++
			}
		}
		below, _ := slices.BinarySearch(samples, got)
		if float64(atMost) < q*float64(len(samples)) || float64(below) >= q*float64(len(samples)) {
			t.Fatalf("quantile %v of %v is %v", q, samples, got)
		}
	})
}

func TestFiguresKeepTheTemplate(t *testing.T) {
	flags := make([]string, 1, 5)
	flags[0] = "x"
	row := bench.Number{ID: "a", Flags: flags}
	got := figures(row, []float64{1.23456}, 4, 0)
	if got.Value != 1.235 || len(row.Flags) != 1 || flags[:2][1] != "" || got.Flags[0] != "x" {
		t.Errorf("got %+v, the template %+v", got, row)
	}
}
