package record_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
	"pgregory.net/rapid"

	"rung/bench"
	"rung/bench/record"
)

// What a recorder writes reads back: the counts by operation, the total, and
// the very quantiles of the measurement.
func TestReadLog(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := constant(t, 60, time.Duration(rapid.Int64Range(1e8, 4e9).Draw(t, "duration")))
		samples := answers(p, p.Count()).Draw(t, "samples")
		var log bytes.Buffer
		m := recordAll(record.Config{Operations: operations, Plan: p, Timeout: time.Second, Log: &log}, samples)
		intervals, err := record.ReadLog(&log)
		if err != nil {
			t.Fatal(err)
		}
		byTag := map[string]record.LogInterval{}
		for _, v := range intervals {
			sum := byTag[v.Tag]
			sum.Bins = record.MergeBins(sum.Bins, v.Bins)
			byTag[v.Tag] = sum
		}
		if n := byTag[""].Count(); n != m.Total.Response.Count {
			t.Fatalf("the log holds %d of %d", n, m.Total.Response.Count)
		}
		for _, op := range m.Operations {
			if n := byTag[op.Operation].Count(); n != op.Response.Count {
				t.Fatalf("%s: the log holds %d of %d", op.Operation, n, op.Response.Count)
			}
		}
		d := m.Total.Response
		for q, want := range map[float64]*time.Duration{0.5: d.P50, 0.9: d.P90, 0.95: d.P95} {
			if want == nil {
				continue
			}
			// The measurement knows the exact extremes, the log does not.
			if got := min(max(byTag[""].Quantile(q), d.Min), d.Max); got != *want {
				t.Fatalf("quantile %v is %v, want %v", q, got, *want)
			}
		}
	})
}

// Buckets are those that the library names, in every geometry.
func TestReadLogBuckets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lowest := rapid.Int64Range(1, 5000).Draw(t, "lowest")
		digits := rapid.IntRange(1, 4).Draw(t, "digits")
		h := hdr.New(lowest, lowest*1000+int64(time.Second), digits)
		for _, v := range rapid.SliceOfN(rapid.Int64Range(0, int64(time.Second)), 1, 40).Draw(t, "values") {
			if err := h.RecordValue(v); err != nil {
				t.Fatal(err)
			}
		}
		h.SetTag("a=b")
		h.SetStartTimeMs(1500)
		h.SetEndTimeMs(4000)
		var log bytes.Buffer
		if err := hdr.NewHistogramLogWriter(&log).OutputIntervalHistogram(h); err != nil {
			t.Fatal(err)
		}
		got, err := record.ReadLog(bytes.NewReader(log.Bytes()))
		if err != nil || len(got) != 1 {
			t.Fatal(got, err)
		}
		if got[0].Tag != "a=b" || got[0].Start != 1500*time.Millisecond || got[0].Length != 2500*time.Millisecond {
			t.Fatalf("the line is %+v", got[0])
		}
		var want []record.Bin
		for _, bar := range h.Distribution() {
			if bar.Count > 0 {
				want = append(want, record.Bin{From: time.Duration(bar.From), To: time.Duration(bar.To), Count: uint64(bar.Count)})
			}
		}
		if !slices.Equal(got[0].Bins, want) {
			t.Fatalf("bins are %v, want %v", got[0].Bins, want)
		}
		if other, err := record.ReadLog(&log, ""); err != nil || len(other) != 0 {
			t.Fatalf("lines without a tag: %v, %v", other, err)
		}
	})
}

func TestMergeBins(t *testing.T) {
	a := []record.Bin{{From: 1, To: 1, Count: 2}, {From: 4, To: 5, Count: 1}}
	b := []record.Bin{{From: 0, To: 0, Count: 7}, {From: 4, To: 5, Count: 3}}
	want := []record.Bin{{Count: 7}, {From: 1, To: 1, Count: 2}, {From: 4, To: 5, Count: 4}}
	if got := record.MergeBins(a, b); !slices.Equal(got, want) {
		t.Errorf("merged %v, want %v", got, want)
	}
	if got := record.MergeBins(); len(got) != 0 {
		t.Errorf("nothing merged is %v", got)
	}
}

// logText is a log as a recorder writes it.
func logText(t testing.TB) string {
	p := constant(t, 20, 2*time.Second)
	var samples []bench.Sample
	for n := range p.Count() {
		at := p.At(n)
		samples = append(samples, bench.Sample{Seq: n, Operation: int(n % 3), Intended: at, Sent: at,
			Done: at + time.Duration(n+1)*time.Millisecond, Code: 200})
	}
	var log bytes.Buffer
	recordAll(record.Config{Operations: operations, Plan: p, Log: &log, Started: time.UnixMilli(1e12)}, samples)
	return log.String()
}

func TestReadLogRefuses(t *testing.T) {
	good := logText(t)
	if all, err := record.ReadLog(strings.NewReader(good)); err != nil || len(all) != 8 {
		t.Fatalf("%d intervals, %v", len(all), err)
	}
	lines := strings.Split(strings.TrimSpace(good), "\n")
	histogram := lines[5][strings.LastIndex(lines[5], ",")+1:]
	for name, text := range map[string]string{
		"nothing":         "",
		"another text":    "GET http://127.0.0.1/\n",
		"a bare tag":      "Tag=user\n",
		"a time of words": "soon,1,1," + histogram,
		"a negative time": "-1,1,1," + histogram,
		"no number":       "NaN,1,1," + histogram,
		"an endless time": "0,1e300,1," + histogram,
		"a cut histogram": "0,1,1," + histogram[:len(histogram)/2],
		"no base64":       "0,1,1,!!!!",
		"a long line":     "0,1,1," + strings.Repeat("A", 5<<20),
	} {
		if got, err := record.ReadLog(strings.NewReader(text)); !errors.Is(err, record.ErrLog) {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
	if _, err := record.ReadLog(failing{}); err == nil || errors.Is(err, record.ErrLog) {
		t.Errorf("a disk error is %v", err)
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("disk is gone") }

// Whatever is read, bins rise and hold something.
func FuzzReadLog(f *testing.F) {
	good := logText(f)
	f.Add(good)
	f.Add(good[len(good)/2:])
	f.Add("#[x]\nTag=a,0.1,1.0,2.0,HISTFAAAAA==\n")
	f.Add("1,2,3\n")
	f.Fuzz(func(t *testing.T, text string) {
		all, err := record.ReadLog(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, v := range all {
			last := time.Duration(-1)
			for _, b := range v.Bins {
				if b.From <= last || b.To < b.From || b.Count == 0 {
					t.Fatalf("bins are %v", v.Bins)
				}
				last = b.To
			}
			if v.Start < 0 || v.Length < 0 || v.Count() > 0 && v.Quantile(1) != last {
				t.Fatalf("interval is %+v", v)
			}
		}
	})
}
