package export

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"

	"rung/bench"
)

// benchUnit is a unit of the Go benchmark format and whether more is better.
type benchUnit struct{ name, better string }

// benchUnits are all units that Benchfmt writes, but those whose direction
// benchstat knows by itself.
func benchUnits() []benchUnit {
	return []benchUnit{
		{"mean-ns", "lower"}, {"p50-ns", "lower"}, {"p90-ns", "lower"}, {"p99-ns", "lower"}, {"p99.9-ns", "lower"},
		{"req/s", "higher"}, {"goodput/s", "higher"}, {"failed-ratio", "lower"},
		{"capacity/s", "higher"}, {"cpu-ns", "lower"}, {"memory-B", "lower"},
	}
}

// Benchfmt writes a run in the Go benchmark format
// (golang.org/design/14313-benchmark-format), which benchstat reads: one line
// per stage and round, whose count is the requests planned. Response times are
// those of the common load, "req/s" what was sent; "capacity/s" is the
// highest rate that passed, left out when the search is in doubt. A round
// whose generator was the limit has its capacity only. The seed is a
// configuration line: to compare runs of different seeds, give benchstat
// "-ignore seed".
func Benchfmt(w io.Writer, run bench.Run) error {
	out := bufio.NewWriter(w)
	for _, line := range [][2]string{
		{"goos", run.Host.OS}, {"goarch", run.Host.Arch}, {"pkg", "rung"}, {"cpu", run.Host.CPU},
		{"profile", run.Profile.Name}, {"hardware", run.Hardware.Name}, {"seed", strconv.FormatUint(run.Seed, 10)},
	} {
		if value := strings.TrimSpace(clean(line[1])); value != "" {
			fmt.Fprintf(out, "%s: %s\n", line[0], value)
		}
	}
	for _, u := range benchUnits() {
		fmt.Fprintf(out, "Unit %s better=%s\n", u.name, u.better)
	}
	for _, s := range run.Stages {
		for i, r := range roundsOf(s) {
			if values := benchValues(s, r, i == 0); len(values) > 0 {
				// A "-" and digits at the end of a name are read as GOMAXPROCS.
				fmt.Fprintf(out, "BenchmarkStage/stage=%s-%d %s\n", benchName(s.Stage.ID), max(run.Host.CPUs, 1), strings.Join(values, " "))
			}
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write benchmark format: %w", err)
	}
	return nil
}

// benchValues are the count and the values of a round: nothing when it has
// none.
func benchValues(s bench.StageResult, r bench.Repeat, first bool) []string {
	count := uint64(1)
	var out []string
	add := func(value, unit string) {
		if value != "" {
			out = append(out, value, unit)
		}
	}
	if m := r.Common; m != nil && m.Generator.Limited == "" {
		count = max(m.Total.Planned, 1)
		d := m.Total.Response
		add(mean(d), "mean-ns")
		add(of(d.P50), "p50-ns")
		add(of(d.P90), "p90-ns")
		add(of(d.P99), "p99-ns")
		add(of(d.P999), "p99.9-ns")
		if m.Duration > 0 {
			add(number(float64(m.Total.Sent)/m.Duration.Seconds()), "req/s")
		}
		add(number(m.Goodput), "goodput/s")
		add(number(m.Total.FailureRatio()), "failed-ratio")
		if first && s.ProcessCPU > 0 {
			add(strconv.FormatInt(int64(s.ProcessCPU), 10), "cpu-ns")
		}
		if first && s.Memory > 0 {
			add(strconv.FormatInt(s.Memory, 10), "memory-B")
		}
	}
	if c := r.Capacity; c != nil && c.Doubt == "" && c.Passed > 0 {
		add(number(c.Passed), "capacity/s")
	}
	if len(out) == 0 {
		return nil
	}
	return append([]string{strconv.FormatUint(count, 10)}, out...)
}

// benchName makes an id one element of a benchmark's name.
func benchName(id string) string {
	name := strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '/' || r == '=' || r == unicode.ReplacementChar {
			return '_'
		}
		return r
	}, clean(id))
	if name == "" {
		return "_"
	}
	return name
}
