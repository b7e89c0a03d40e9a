package compare_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"rung/bench"
	"rung/bench/compare"
	"rung/bench/record"
)

// law makes the response times of a synthetic common load.
type law struct {
	windows, perWindow int
	// scale of the service time, 1 being 10 ms.
	scale float64
	// busy is the deviation of the logarithm from window to window, with
	// correlation rho from one to the next.
	busy, rho float64
	failed    uint64 // in every window
}

// bin is the bucket of a value in a histogram of three digits.
func bin(v float64) record.Bin {
	width := math.Exp2(max(math.Floor(math.Log2(v))-10, 9))
	from := math.Floor(v/width) * width
	return record.Bin{From: time.Duration(from), To: time.Duration(from + width - 1), Count: 1}
}

// windows draws log-normal response times.
func (l law) draw(r *rand.Rand) []compare.Window {
	busy := r.NormFloat64()
	out := make([]compare.Window, l.windows)
	for i := range out {
		bins := make([]record.Bin, l.perWindow)
		for j := range bins {
			bins[j] = bin(1e7 * l.scale * math.Exp(0.5*r.NormFloat64()+l.busy*busy))
		}
		busy = l.rho*busy + math.Sqrt(1-l.rho*l.rho)*r.NormFloat64()
		out[i] = compare.Window{Start: time.Duration(i) * time.Second, Length: time.Second, Bins: record.MergeBins(bins)}
	}
	return out
}

func ptr[T any](v T) *T { return &v }

// measured is the measurement that windows add up to.
func (l law) measured(windows []compare.Window) *bench.Measurement {
	bins := make([][]record.Bin, len(windows))
	m := &bench.Measurement{Name: "common", Plan: fmt.Sprintf("%d/s for %d s", l.perWindow, l.windows),
		Duration: time.Duration(l.windows) * time.Second, Rate: float64(l.perWindow), Log: "common.hlog"}
	for i, w := range windows {
		bins[i] = w.Bins
		one := record.LogInterval{Bins: w.Bins}
		m.Intervals = append(m.Intervals, bench.Interval{Start: w.Start, Length: w.Length,
			Planned: uint64(l.perWindow) + l.failed, OK: uint64(l.perWindow), Failed: l.failed,
			P50: ptr(one.Quantile(0.5)), P99: ptr(one.Quantile(0.99)), Max: ptr(one.Quantile(1))})
	}
	all := record.LogInterval{Bins: record.MergeBins(bins...)}
	n, sum := all.Count(), 0.0
	for _, b := range all.Bins {
		sum += float64(b.Count) * float64(b.From+b.To) / 2
	}
	m.Goodput = float64(n) / m.Duration.Seconds()
	fails := l.failed * uint64(l.windows)
	m.Total = bench.Tally{Operation: "total", Planned: n + fails, Sent: n + fails, OK: n, Failed: fails,
		Response: bench.Distribution{Count: n, Mean: time.Duration(sum / float64(max(n, 1))), Max: all.Quantile(1),
			P50: ptr(all.Quantile(0.5)), P90: ptr(all.Quantile(0.9)), P99: ptr(all.Quantile(0.99))}}
	return m
}

// pairOf makes two runs of one stage and what gives their windows.
func pairOf(seed uint64, before, after law) (a, b bench.Run, windows func(compare.Side, string, bench.Measurement) ([]compare.Window, error)) {
	r := rand.New(rand.NewPCG(seed, 7))
	was, is := before.draw(r), after.draw(r)
	return runOf(1, before.measured(was)), runOf(2, after.measured(is)),
		func(side compare.Side, _ string, _ bench.Measurement) ([]compare.Window, error) {
			if side == compare.Before {
				return was, nil
			}
			return is, nil
		}
}

func runOf(seed uint64, m *bench.Measurement) bench.Run {
	return bench.Run{Schema: bench.Schema, Seed: seed, Started: time.Unix(int64(seed), 0),
		Stages: []bench.StageResult{{Stage: bench.Stage{ID: "01-one"}, Common: m, ProcessCPU: time.Second, Memory: 1 << 20}}}
}

// delta finds a row.
func delta(t testing.TB, c bench.Comparison, name string) bench.Delta {
	t.Helper()
	for _, s := range c.Stages {
		if at := slices.IndexFunc(s.Rows, func(d bench.Delta) bool { return d.Fact == name }); at >= 0 {
			return s.Rows[at]
		}
	}
	t.Fatalf("no row %q in %+v", name, c.Stages)
	return bench.Delta{}
}

func runs(t testing.TB, a, b bench.Run, cfg compare.Config) bench.Comparison {
	t.Helper()
	c, err := compare.Runs(a, b, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
