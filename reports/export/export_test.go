package export_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"flag"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"rung/bench"
	"rung/reports/export"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func ptr[T any](v T) *T { return &v }

// run has two stages, one with repeats and one with next to nothing.
func run() bench.Run {
	load := func(median time.Duration, failed uint64) *bench.Measurement {
		return &bench.Measurement{Name: "common", Plan: "150/s for 20 s", Started: time.Date(2026, 11, 20, 9, 31, 0, 0, time.UTC),
			Duration: 20 * time.Second, Rate: 150, Goodput: 149.5,
			Total: bench.Tally{Operation: "total", Planned: 3000, Sent: 2999, Unsent: 1, OK: 2999 - failed, Failed: failed,
				Response: bench.Distribution{Count: 2999 - failed, Min: median / 3, Mean: median * 5 / 4, Max: median * 9,
					P50: ptr(median), P90: ptr(median * 2), P95: ptr(median * 3), P99: ptr(median * 5),
					Curve: []bench.Point{{Quantile: 0, Value: median / 3, Beyond: 2995}, {Quantile: 0.5, Value: median, Beyond: 1499},
						{Quantile: 0.75, Value: median * 3 / 2, Beyond: 749}, {Quantile: 1, Value: median * 9}}},
				Service:  bench.Distribution{Count: 2999 - failed, P50: ptr(median)},
				Lateness: bench.Distribution{Count: 2999 - failed, P50: ptr(58 * time.Microsecond)}},
			Intervals: []bench.Interval{
				{Length: time.Second, Planned: 150, OK: 150, P50: ptr(median), P99: ptr(median * 5), Max: ptr(median * 6)},
				{Start: time.Second, Length: time.Second, Planned: 150, Failed: 149, Unsent: 1}}}
	}
	return bench.Run{Schema: 1, Tool: "rung 0.1.0", Started: time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC),
		Finished: time.Date(2026, 11, 20, 9, 35, 0, 0, time.UTC), Seed: 42, Verdict: bench.Fail,
		Profile: bench.Profile{Name: "quick"}, Hardware: bench.Hardware{Name: "book"},
		Host: bench.Host{OS: "linux", Arch: "amd64", CPUs: 2, CPU: "Example CPU @ 2.60GHz"},
		Stages: []bench.StageResult{
			{Stage: bench.Stage{ID: "01-single-server", Title: "One server"}, Common: load(10*time.Millisecond, 3), Word: bench.Pass,
				Capacity:   &bench.Capacity{Passed: 205, Failed: 220, Bottleneck: bench.Bottleneck{Node: "app", Resource: "cpu"}},
				ProcessCPU: 480 * time.Millisecond, Memory: 150 << 20, CostPerMillion: ptr(0.512),
				Repeats: []bench.Repeat{{Round: 2, Common: load(11*time.Millisecond, 0), Capacity: &bench.Capacity{Passed: 210}},
					{Round: 3, Capacity: &bench.Capacity{Passed: 150, Failed: 160, Doubt: "stopped"}}},
				Kills: []bench.KillRow{{Node: "app", Happened: true, Availability: 0.61, Ledger: bench.Audit{Checked: true, Lost: 2},
					Recovery:    bench.Recovery{Total: ptr(4200 * time.Millisecond)},
					Measurement: bench.Measurement{Name: "kill-app", Intervals: []bench.Interval{{Length: time.Second, Planned: 3, OK: 3}}}},
					{Node: "lb", Happened: true, Doubt: "the generator was the limit", Availability: 0.5}}},
			{Stage: bench.Stage{ID: "02-empty", Title: "Nothing"}, Word: bench.Unknown, Failed: "it did not start"},
		}}
}

type format struct {
	name  string
	write func(io.Writer, bench.Run) error
}

func formats() []format {
	return []format{{"run.bench", export.Benchfmt}, {"stages.csv", export.CSV}, {"intervals.csv", export.IntervalsCSV},
		{"run.prom", export.Prometheus}, {"run.hgrm", func(w io.Writer, r bench.Run) error {
			return export.HGRM(w, r.Stages[0].Common.Total.Response)
		}}}
}

func TestGolden(t *testing.T) {
	for _, f := range formats() {
		var out bytes.Buffer
		if err := f.write(&out, run()); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("testdata", f.name)
		if *update {
			if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if out.String() != string(want) {
			t.Errorf("%s differs:\n%s", f.name, out.String())
		}
	}
}

// What is hostile in a text does nothing in any format, and what is not a
// number is never written.
func TestHostile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
			"=HYPERLINK(\"http://x\")", "+1", "-2+3", "@SUM(A1)", "\t=1", " =1", "\uff1d1", "|calc", "a\"b\\c\nd", "x} 1\nevil 2",
			"a\r\nBenchmarkEvil 1 1 ns/op", "\u202eabc", "\x1b[2J", "\xff", "", strings.Repeat("y", 500), "é\u2028", "<script>",
		}))
		odd := rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1), -1, 0, 1e300, 5e-324, 3})
		r := run()
		r.Tool, r.Profile.Name, r.Hardware.Name = text.Draw(t, "tool"), text.Draw(t, "profile"), text.Draw(t, "hardware")
		r.Host.CPU, r.Host.OS = text.Draw(t, "cpu"), text.Draw(t, "os")
		s := &r.Stages[0]
		s.Stage.ID, s.Stage.Title, s.Word = text.Draw(t, "id"), text.Draw(t, "title"), bench.Word(text.Draw(t, "word"))
		s.Common.Goodput, s.Common.Rate, s.Capacity.Passed = odd.Draw(t, "goodput"), odd.Draw(t, "rate"), odd.Draw(t, "passed")
		s.CostPerMillion, s.Capacity.Failed = ptr(odd.Draw(t, "cost")), odd.Draw(t, "failed")
		s.Common.Generator.Limited, s.Capacity.Doubt = text.Draw(t, "limited"), text.Draw(t, "doubt")
		s.Kills[0].Node, s.Kills[0].Availability = text.Draw(t, "node"), odd.Draw(t, "availability")
		s.Common.Total.Response.Curve[1].Quantile = odd.Draw(t, "quantile")
		r.Stages[1].Stage.ID = text.Draw(t, "other")
		for _, f := range formats() {
			var out bytes.Buffer
			if err := f.write(&out, r); err != nil {
				t.Fatal(err)
			}
			got := out.String()
			if strings.Contains(got, "NaN") || strings.Contains(got, "Inf") && !strings.Contains(r.Tool+r.Profile.Name, "Inf") ||
				!utf8.ValidString(got) || strings.ContainsAny(got, "\x1b\u202e\u2028") {
				t.Fatalf("%s holds something odd:\n%s", f.name, got)
			}
			check(t, f.name, got)
		}
	})
}

var (
	benchLine = regexp.MustCompile(`^BenchmarkStage/stage=[^\s/=]+-2 \d+( -?[0-9.]+(e[+-]\d+)? [a-zA-Z0-9./-]+)+$`)
	confLine  = regexp.MustCompile(`^(goos|goarch|pkg|cpu|profile|hardware|seed): \S.*$|^Unit \S+ better=(lower|higher)$`)
	promLine  = regexp.MustCompile(`^rung_[a-z_]+(\{[a-z]+="([^"\\]|\\["\\n])*"(,[a-z]+="([^"\\]|\\["\\n])*")*\})? -?[0-9.]+(e[+-]\d+)?$`)
	promMeta  = regexp.MustCompile(`^# (HELP rung_[a-z_]+ [A-Za-z0-9,;. ]+|TYPE rung_[a-z_]+ (gauge|summary)|EOF)$`)
	hgrmLine  = regexp.MustCompile(`^ *[0-9.]+ [01]\.\d{12} +\d+( +[0-9.]+)?$|^#\[.*\]$|^ +Value +Percentile TotalCount 1/\(1-Percentile\)$|^$`)
)

func check(t *rapid.T, name, text string) {
	if strings.HasSuffix(name, ".csv") {
		checkCSV(t, text)
		return
	}
	seen := map[string]bool{}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		ok := false
		switch name {
		case "run.bench":
			ok = benchLine.MatchString(line) || confLine.MatchString(line)
		case "run.prom":
			ok = promLine.MatchString(line) || promMeta.MatchString(line)
			series := line[:max(strings.LastIndexByte(line, ' '), 0)]
			if !strings.HasPrefix(line, "#") && seen[series] {
				t.Fatalf("%s is there twice", series)
			}
			seen[series] = true
		case "run.hgrm":
			ok = hgrmLine.MatchString(line)
		}
		if !ok {
			t.Fatalf("%s: line %q", name, line)
		}
	}
}

func checkCSV(t *rapid.T, text string) {
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(text, "\r\n") != len(rows) {
		t.Fatalf("%d lines of %d rows", strings.Count(text, "\r\n"), len(rows))
	}
	for i, row := range rows {
		if len(row) != len(rows[0]) {
			t.Fatalf("row %d has %d cells, the header %d", i, len(row), len(rows[0]))
		}
		for _, c := range row {
			if _, err := strconv.ParseFloat(c, 64); err == nil {
				continue
			}
			if start := strings.TrimLeft(c, " "); start != "" && strings.ContainsRune("=+-@|\uff1d\uff0b\uff0d\uff20", []rune(start)[0]) {
				t.Fatalf("a cell is a formula: %q", c)
			}
		}
	}
}

// The header of the CSV names the cells: values land under their names.
func TestCSVColumns(t *testing.T) {
	var out bytes.Buffer
	if err := export.CSV(&out, run()); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&out).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 1+3+1 {
		t.Fatalf("%d rows", len(rows))
	}
	at := func(row int, name string) string {
		for i, h := range rows[0] {
			if h == name {
				return rows[row][i]
			}
		}
		t.Fatalf("no column %s", name)
		return ""
	}
	for _, c := range []struct {
		row        int
		name, want string
	}{
		{1, "seed", "42"}, {1, "stage", "01-single-server"}, {1, "round", "1"}, {1, "goodput_per_s", "149.5"}, {1, "unsent", "1"},
		{1, "failed", "3"}, {1, "response_p99_ns", "50000000"}, {1, "response_p99_9_ns", ""}, {1, "response_max_ns", "90000000"},
		{1, "lateness_p50_ns", "58000"}, {1, "capacity_failed_per_s", "220"}, {1, "bottleneck_resource", "cpu"},
		{1, "process_cpu_ns", "480000000"}, {1, "cost_usd_per_million", "0.512"},
		{2, "round", "2"}, {2, "capacity_passed_per_s", "210"}, {2, "capacity_failed_per_s", ""}, {2, "memory_bytes", ""},
		{3, "goodput_per_s", ""}, {3, "capacity_doubt", "stopped"}, {4, "stage", "02-empty"}, {4, "capacity_passed_per_s", ""},
	} {
		if got := at(c.row, c.name); got != c.want {
			t.Errorf("row %d: %s is %q, want %q", c.row, c.name, got, c.want)
		}
	}
}

// A round that the generator limited has no times, and one in doubt no
// capacity.
func TestBenchfmtLeavesOut(t *testing.T) {
	r := run()
	r.Stages[0].Common.Generator.Limited = "workers"
	var out bytes.Buffer
	if err := export.Benchfmt(&out, r); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	var got []string
	for _, l := range lines {
		if strings.HasPrefix(l, "Benchmark") {
			got = append(got, l)
		}
	}
	if len(got) != 2 || got[0] != "BenchmarkStage/stage=01-single-server-2 1 205 capacity/s" || !strings.Contains(got[1], "p50-ns") {
		t.Errorf("lines are %q", got)
	}
}

func TestEmptyDistribution(t *testing.T) {
	var out bytes.Buffer
	if err := export.HGRM(&out, bench.Distribution{}); err != nil || !strings.Contains(out.String(), "Total count    =            0]") {
		t.Errorf("%v: %q", err, out.String())
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("disk is full") }

func TestWriteErrors(t *testing.T) {
	for _, f := range formats() {
		if err := f.write(failing{}, run()); err == nil || !strings.Contains(err.Error(), "disk is full") {
			t.Errorf("%s: error is %v", f.name, err)
		}
	}
}
