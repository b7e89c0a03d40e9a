package compare_test

import (
	"bytes"
	"errors"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"rung/bench"
	"rung/bench/compare"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// comparison has every word, interval and kind of note.
func comparison() bench.Comparison {
	return bench.Comparison{
		Before: "runs/monday", After: "runs/tuesday", Level: 0.95, Noise: 0.05,
		OnlyBefore: []string{"09-multi-datacenter"}, Warnings: []string{"the seeds differ: 1 and 2: the requests are not the same"},
		Stages: []bench.StageComparison{
			{ID: "01-single-server", Rows: []bench.Delta{
				{Fact: "capacity_per_s", Before: 205, After: 290, Ratio: 290. / 205, Low: 1.3, Word: bench.DeltaBetter, Method: compare.MethodBrackets},
				{Fact: "common.goodput_per_s", Before: 150, After: 149.9, Ratio: 149.9 / 150, Low: 0.998, High: 1.001, Word: bench.DeltaSame},
				{Fact: "common.failed_ratio", Before: 0, After: 0.0031, Word: bench.DeltaWorse, Why: "the difference is +0.31 points (+0.11 to +0.51)"},
				{Fact: "common.p50_ns", Before: 5.1e6, After: 5.2e6, Ratio: 5.2 / 5.1, Low: 1.01, High: 1.03, Word: bench.DeltaNoise},
				{Fact: "common.p99_ns", Before: 31.4e6, After: 350e6, Ratio: 350 / 31.4, Low: 8, High: 14, Word: bench.DeltaWorse, Why: compare.Chance},
			}},
			{ID: "02-separate-database", Rows: []bench.Delta{
				{Fact: "memory_bytes", Before: 100 << 20, After: 110 << 20, Ratio: 1.1, Word: bench.DeltaUnknown, Why: "it was read once on each side"},
				{Fact: "process_cpu_ns", Before: 950, After: 2.1e9, Ratio: 2.1e9 / 950, Word: bench.DeltaUnknown, Why: "it was read once on each side"},
			}},
			{ID: "03-empty"},
		},
	}
}

func TestPrint(t *testing.T) {
	for name, width := range map[string]int{"80.txt": 0, "60.txt": 60, "40.txt": 10} {
		var out bytes.Buffer
		if err := compare.Print(&out, comparison(), width); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("testdata", name)
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
			t.Errorf("%s differs:\n%s", name, out.String())
		}
	}
}

// Whatever a run is called, no line is too long and nothing steers the
// terminal.
func TestPrintHostile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"\x1b[2J", "a\u202eb", "\xff\xfe", strings.Repeat("x", 300), "\r\n"}))
		number := rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{0, 1, 999.6, 9999.7, math.Inf(1), math.NaN(), 5e-324}))
		c := bench.Comparison{Before: text.Draw(t, "before"), Warnings: []string{text.Draw(t, "warning")}, Level: 0.95,
			Stages: []bench.StageComparison{{ID: text.Draw(t, "id"), Rows: []bench.Delta{{
				Fact: "common.p99_ns", Before: number.Draw(t, "was"), After: number.Draw(t, "is"), Ratio: number.Draw(t, "ratio"),
				Low: number.Draw(t, "low"), High: number.Draw(t, "high"), Word: bench.DeltaWorse, Why: text.Draw(t, "why")}}}}}
		var out bytes.Buffer
		if err := compare.Print(&out, c, 80); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out.String()) {
			if strings.ContainsAny(line, "\x1b\r\u202e") || !utf8.ValidString(line) || strings.Contains(line, "NaN") {
				t.Fatalf("line %q", line)
			}
			// Rows of numbers that no run has may be longer; texts may not.
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 80 && !strings.HasPrefix(line, "p99 ") {
				t.Fatalf("%d characters: %q", n, line)
			}
		}
	})
}

func TestPrintFails(t *testing.T) {
	if err := compare.Print(failing{}, comparison(), 80); err == nil || !strings.Contains(err.Error(), "disk is full") {
		t.Errorf("error is %v", err)
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("disk is full") }
