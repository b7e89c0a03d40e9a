package export

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"rung/bench"
)

// formulas are the characters that make a spreadsheet read a cell as a
// formula, as they are and in their full width.
const formulas = "=+-@|\uff1d\uff0b\uff0d\uff20"

// cell makes a text safe in a spreadsheet: what would be a formula gets an
// apostrophe before it, which spreadsheets read as "this is text".
func cell(text string) string {
	text = clean(text)
	if trimmed := strings.TrimLeft(text, " \u00a0\ufffd'\""); trimmed != "" && strings.ContainsRune(formulas, []rune(trimmed)[0]) {
		return "'" + text
	}
	return text
}

// stageHeader names the columns of CSV; units are in the names.
func stageHeader() []string {
	return []string{
		"tool", "started", "seed", "profile", "hardware", "stage", "title", "round", "verdict",
		"rate_per_s", "duration_ns", "goodput_per_s",
		"planned", "sent", "unsent", "ok", "failed", "refused", "logged_out", "failed_ratio",
		"response_mean_ns", "response_p50_ns", "response_p90_ns", "response_p95_ns", "response_p99_ns", "response_p99_9_ns", "response_max_ns",
		"service_p50_ns", "service_p99_ns", "lateness_p50_ns", "lateness_p99_ns", "generator_limited",
		"capacity_passed_per_s", "capacity_failed_per_s", "capacity_doubt", "bottleneck_node", "bottleneck_resource",
		"process_cpu_ns", "memory_bytes", "cost_usd_per_million",
	}
}

// CSV writes a row per stage and round (RFC 4180, with a header): the common
// load and the capacity. What is missing is an empty cell. Process CPU, memory
// and cost are of the first round. A capacity_failed_per_s is empty when no
// rate that was tried failed. Texts cannot become formulas of a spreadsheet.
func CSV(w io.Writer, run bench.Run) error {
	rows := [][]string{stageHeader()}
	for _, s := range run.Stages {
		for i, r := range roundsOf(s) {
			row := []string{cell(run.Tool), moment(run.Started), strconv.FormatUint(run.Seed, 10),
				cell(run.Profile.Name), cell(run.Hardware.Name), cell(s.Stage.ID), cell(s.Stage.Title),
				strconv.Itoa(r.Round), cell(string(s.Word))}
			row = append(append(row, loadCells(r.Common)...), capacityCells(r.Capacity)...)
			if i == 0 {
				row = append(row, positive(int64(s.ProcessCPU)), positive(s.Memory), price(s.CostPerMillion))
			} else {
				row = append(row, "", "", "")
			}
			rows = append(rows, row)
		}
	}
	return write(w, rows)
}

func write(w io.Writer, rows [][]string) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.WriteAll(rows); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	return nil
}

// loadCells are the 23 cells of a load, empty without one.
func loadCells(m *bench.Measurement) []string {
	if m == nil {
		return make([]string, 23)
	}
	t := m.Total
	count := func(n uint64) string { return strconv.FormatUint(n, 10) }
	longest := ""
	if t.Response.Count > 0 {
		longest = strconv.FormatInt(int64(t.Response.Max), 10)
	}
	return []string{
		number(m.Rate), strconv.FormatInt(int64(m.Duration), 10), number(m.Goodput),
		count(t.Planned), count(t.Sent), count(t.Unsent), count(t.OK), count(t.Failed), count(t.Refused), count(t.LoggedOut),
		number(t.FailureRatio()),
		mean(t.Response), of(t.Response.P50), of(t.Response.P90), of(t.Response.P95), of(t.Response.P99), of(t.Response.P999), longest,
		of(t.Service.P50), of(t.Service.P99), of(t.Lateness.P50), of(t.Lateness.P99), cell(m.Generator.Limited),
	}
}

// capacityCells are the 5 cells of a capacity, empty without one.
func capacityCells(c *bench.Capacity) []string {
	if c == nil {
		return make([]string, 5)
	}
	failed := ""
	if c.Failed > 0 {
		failed = number(c.Failed)
	}
	return []string{number(c.Passed), failed, cell(c.Doubt), cell(c.Bottleneck.Node), cell(c.Bottleneck.Resource)}
}

// moment is a time as RFC 3339 in UTC; the zero time is missing.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// positive is a number that is missing at zero.
func positive(n int64) string {
	if n <= 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

func price(usd *float64) string {
	if usd == nil {
		return ""
	}
	return number(*usd)
}
