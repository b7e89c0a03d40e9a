package reports_test

import (
	"bytes"
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"rung/bench"
	"rung/reports"
	"rung/reports/reportstest"
)

func TestSummary(t *testing.T) {
	cases := []struct {
		name    string
		run     bench.Run
		width   int
		options []reports.Option
	}{
		{"wide", reportstest.Run(), 140, nil},
		{"middle", reportstest.Run(), 100, nil},
		{"terminal", reportstest.Run(), 80, nil},
		{"narrow", reportstest.Run(), 40, nil},
		{"partial", reportstest.Partial(), 80, nil},
		{"empty", bench.Run{Schema: bench.Schema}, 80, nil},
		{"attack", reportstest.Attack(), 80, nil},
		{"attack-narrow", reportstest.Attack(), 40, nil},
		{"capacity", reportstest.CapacityRun(), 80, nil},
		{"replay", reportstest.Replay(), 80, nil},
		{"colour", reportstest.Partial(), 80, []reports.Option{reports.WithColour()}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var b bytes.Buffer
			if err := reports.Summary(&b, c.run, c.width, c.options...); err != nil {
				t.Fatal(err)
			}
			golden(t, "summary-"+c.name+".txt", b.Bytes())
		})
	}
}

var colours = regexp.MustCompile("\x1b\\[[0-9;]*m")

func TestSummaryKeepsItsWidth(t *testing.T) {
	run := reportstest.Run()
	run.Stages = run.Stages[3:7]
	run.Warnings = append(run.Warnings, strings.Repeat("x", 500))
	attack := reportstest.Attack()
	attack.Endpoint.Plan = strings.Repeat("steps ", 60)
	attack.Stages[0].Common.Operations[0].Operation = strings.Repeat("y", 300)
	rapid.Check(t, func(t *rapid.T) {
		run := run
		if rapid.Bool().Draw(t, "attack") {
			run = attack
		}
		width := rapid.IntRange(30, 200).Draw(t, "width")
		var options []reports.Option
		if rapid.Bool().Draw(t, "colour") {
			options = append(options, reports.WithColour())
		}
		var b bytes.Buffer
		if err := reports.Summary(&b, run, width, options...); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(colours.ReplaceAllString(b.String(), "")) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > width {
				t.Fatalf("%d characters in a terminal of %d: %q", n, width, line)
			}
		}
	})
}

func TestSummaryIsPlain(t *testing.T) {
	run := reportstest.Run()
	run.Warnings = []string{"\x1b[31mred\x1b]0;title\a\u202egnp.exe\u2028x\r\x00"}
	var b bytes.Buffer
	if err := reports.Summary(&b, run, 80); err != nil {
		t.Fatal(err)
	}
	for _, r := range b.String() {
		if r < ' ' && r != '\n' || r == '\u202e' || r == '\u2028' {
			t.Fatalf("the summary has character %U", r)
		}
	}
}

func TestSummaryRefusesWhatIsNotFinite(t *testing.T) {
	run := reportstest.Run()
	run.Stages[1].Facts[0].Value = math.NaN()
	err := reports.Summary(&bytes.Buffer{}, run, 80)
	if err == nil || !strings.Contains(err.Error(), "run.Stages[1].Facts[0].Value") {
		t.Errorf("got %v, want an error that names the place", err)
	}
}

func TestSummaryGivesTheWritersError(t *testing.T) {
	if err := reports.Summary(broken{}, reportstest.Run(), 80); err == nil {
		t.Error("an error of the writer was lost")
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, fmt.Errorf("no space left") }
