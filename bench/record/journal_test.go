package record_test

import (
	"bytes"
	"io"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
	"pgregory.net/rapid"

	"rung/bench/record"
)

// readLog reads an interval log with the library's own reader and adds up its
// histograms by tag.
func readLog(t interface{ Fatal(...any) }, log io.Reader) map[string]*hdr.Histogram {
	reader := hdr.NewHistogramLogReader(log)
	sums := map[string]*hdr.Histogram{}
	for {
		h, err := reader.NextIntervalHistogram()
		if err != nil {
			t.Fatal(err)
		}
		if h == nil {
			break
		}
		if sums[h.Tag()] == nil {
			sums[h.Tag()] = hdr.New(1000, int64(time.Hour), 3)
		}
		if dropped := sums[h.Tag()].Merge(h); dropped != 0 {
			t.Fatal("dropped ", dropped)
		}
	}
	return sums
}

func TestLogFormat(t *testing.T) {
	p := constant(t, 250, 2500*time.Millisecond)
	samples := answers(p, p.Count()).Example(1)
	for i := range samples {
		samples[i].Done = samples[i].Sent + 2*time.Millisecond
	}
	var log bytes.Buffer
	recordAll(record.Config{
		Operations: operations, Plan: p, Timeout: time.Second, Interval: 100 * time.Millisecond,
		Started: time.UnixMilli(1441812279474), Log: &log,
	}, samples)
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	for i, want := range []string{
		`^#\[Histogram log format version 1\.3\]$`,
		`^#\[Response times in ns; Interval_Max in ms\]$`,
		`^#\[StartTime: 1441812279\.474 \(seconds since epoch\), 2015-09-09T15:24:39\.474Z\]$`,
		`^#\[BaseTime: 1441812279\.474 \(seconds since epoch\)\]$`,
		`^"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"$`,
		`^0\.000000,1\.000000,[0-9]{1,3}\.[0-9]+,HISTFAAA`,
		`^Tag=user,0\.000000,1\.000000,[0-9]{1,3}\.[0-9]+,HISTFAAA`,
		`^Tag=post,0\.000000,1\.000000,`,
		`^Tag=me,0\.000000,1\.000000,`,
		`^1\.000000,1\.000000,`,
	} {
		if i >= len(lines) || !regexp.MustCompile(want).MatchString(lines[i]) {
			t.Errorf("line %d is %.90q, want %q", i, lines[i], want)
		}
	}
	// 2.5 s are three intervals, the last of half a second.
	if len(lines) != 5+3*4 || !strings.HasPrefix(lines[13], "2.000000,0.500000,") {
		t.Errorf("%d lines, line 13 is %.40q", len(lines), lines[13])
	}
}

// The library's reader reads the whole log in one go, with absolute times.
func TestLogOpens(t *testing.T) {
	p := constant(t, 100, 2*time.Second)
	samples := answers(p, p.Count()).Example(3)
	var log bytes.Buffer
	recordAll(record.Config{Operations: operations, Plan: p, Timeout: time.Minute,
		Started: time.UnixMilli(1441812279474), Log: &log}, samples)
	reader := hdr.NewHistogramLogReader(&log)
	first, err := reader.NextIntervalHistogram()
	if err != nil || first == nil {
		t.Fatal(err)
	}
	if off := first.StartTimeMs() - 1441812279474; off < -1 || off > 1 {
		t.Errorf("first interval starts %d ms off", off)
	}
	if length := first.EndTimeMs() - first.StartTimeMs(); length < 999 || length > 1001 {
		t.Errorf("first interval is %d ms long", length)
	}
	count := 1
	for {
		h, err := reader.NextIntervalHistogram()
		if err != nil {
			t.Fatal(err)
		}
		if h == nil {
			break
		}
		count++
	}
	if count != 8 {
		t.Errorf("%d histograms, want 2 intervals of the total and 3 operations", count)
	}
}

// The untagged lines add up to the total, the tagged to the operations.
func TestLogAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := constant(t, 25, time.Duration(rapid.Int64Range(1e8, 2e9).Draw(t, "duration")))
		samples := answers(p, p.Count()).Draw(t, "samples")
		var log bytes.Buffer
		m := recordAll(record.Config{Operations: operations, Plan: p, Timeout: time.Second, Log: &log}, samples)
		got := readLog(t, &log)
		if m.Total.Response.Count == 0 {
			return
		}
		if n := uint64(got[""].TotalCount()); n != m.Total.Response.Count {
			t.Fatalf("untagged lines hold %d of %d", n, m.Total.Response.Count)
		}
		all := hdr.New(1000, int64(time.Hour), 3)
		for _, op := range m.Operations {
			h := got[op.Operation]
			if h == nil {
				if op.Response.Count > 0 {
					t.Fatalf("%s is missing", op.Operation)
				}
				continue
			}
			if uint64(h.TotalCount()) != op.Response.Count {
				t.Fatalf("%s: lines hold %d of %d", op.Operation, h.TotalCount(), op.Response.Count)
			}
			all.Merge(h)
		}
		if !reflect.DeepEqual(all.Distribution(), got[""].Distribution()) {
			t.Fatal("tagged and untagged lines hold different samples")
		}
	})
}
