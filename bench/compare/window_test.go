package compare_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"rung/bench"
	"rung/bench/compare"
	"rung/bench/plan"
	"rung/bench/record"
)

// recorded is a recorder's log of 8 s at 50/s, and its measurement; the first
// request of straggler's second ends at the very end.
func recorded(t *testing.T, service time.Duration, straggler bool) (bench.Measurement, []byte) {
	t.Helper()
	p, err := plan.Constant(50, 8*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	r := record.New(record.Config{Operations: []string{"get"}, Plan: p, Timeout: time.Second, Log: &log})
	late := bench.Sample{}
	for n := range p.Count() {
		at := p.At(n)
		s := bench.Sample{Seq: n, Intended: at, Sent: at, Code: 200,
			Done: at + service + time.Duration(n*7919%1000)*time.Microsecond}
		if straggler && n == 51 {
			s.Done = at + 6*time.Second
			late = s
			continue
		}
		r.Record(&s)
	}
	if straggler {
		r.Record(&late)
	}
	return r.Finish(bench.Generator{}), log.Bytes()
}

func TestReadWindows(t *testing.T) {
	for _, straggler := range []bool{false, true} {
		m, log := recorded(t, 5*time.Millisecond, straggler)
		windows, err := compare.ReadWindows(bytes.NewReader(log))
		if err != nil {
			t.Fatal(err)
		}
		if len(windows) != 8 {
			t.Fatalf("%d windows", len(windows))
		}
		n := uint64(0)
		for i, w := range windows {
			one := record.LogInterval{Bins: w.Bins}.Count()
			if w.Start != time.Duration(i)*time.Second || w.Length != time.Second || one != 50 {
				t.Errorf("straggler %v: window %d is at %v for %v with %d answers", straggler, i, w.Start, w.Length, one)
			}
			n += one
		}
		if n != m.Total.Response.Count {
			t.Errorf("%d of %d answers", n, m.Total.Response.Count)
		}
	}
	if _, err := compare.ReadWindows(strings.NewReader("hello")); !errors.Is(err, record.ErrLog) {
		t.Errorf("another file: %v", err)
	}
}

// Runs, logs and comparison together, with logs on disk.
func TestRunsWithLogs(t *testing.T) {
	dir := t.TempDir()
	sides := map[compare.Side]string{}
	var both []bench.Run
	for side, service := range map[compare.Side]time.Duration{compare.Before: 5 * time.Millisecond, compare.After: 5500 * time.Microsecond} {
		m, log := recorded(t, service, false)
		sides[side] = dir + "/" + string(side)
		if err := os.WriteFile(sides[side], log, 0o644); err != nil {
			t.Fatal(err)
		}
		both = append(both, runOf(1, &m))
	}
	if *both[0].Stages[0].Common.Total.Response.P50 > *both[1].Stages[0].Common.Total.Response.P50 {
		both[0], both[1] = both[1], both[0]
	}
	c := runs(t, both[0], both[1], compare.Config{Windows: func(side compare.Side, _ string, _ bench.Measurement) (w []compare.Window, err error) {
		f, err := os.Open(sides[side])
		if err != nil {
			return nil, err
		}
		defer func(f io.Closer) { err = errors.Join(err, f.Close()) }(f)
		return compare.ReadWindows(f)
	}})
	d := delta(t, c, "common.p50_ns")
	if d.Word != bench.DeltaWorse || d.Method != compare.MethodPaired || d.Low > d.Ratio || d.High < d.Ratio {
		t.Errorf("%+v", d)
	}
}
