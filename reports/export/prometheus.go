package export

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"time"

	"rung/bench"
)

// Prometheus writes a run as Prometheus text, format 0.0.4, that OpenMetrics
// parsers read too: gauges and summaries in base units (seconds, bytes,
// ratios), labelled by stage and round. Of two stages with one id the first
// is written. The values are of one finished run: nothing in it counts up.
func Prometheus(w io.Writer, run bench.Run) error {
	m := newMetrics()
	m.run(run)
	for _, s := range run.Stages {
		m.stage(s)
		for _, r := range roundsOf(s) {
			m.round(s.Stage.ID, r)
		}
		for _, k := range s.Kills {
			m.kill(s.Stage.ID, k)
		}
	}
	out := bufio.NewWriter(w)
	for _, f := range m.order {
		f.write(out)
	}
	fmt.Fprintln(out, "# EOF")
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write Prometheus text: %w", err)
	}
	return nil
}

// metrics are the families in the order in which they are written.
type metrics struct {
	order  []*family
	byName map[string]*family
}

func newMetrics() *metrics {
	m := &metrics{byName: map[string]*family{}}
	for _, f := range []family{
		{name: "rung_run_info", help: "What the run was; always 1."},
		{name: "rung_run_started_seconds", help: "When the run started, in seconds since 1970."},
		{name: "rung_run_duration_seconds", help: "How long the run took."},
		{name: "rung_stage_info", help: "What the stage is, and its verdict; always 1."},
		{name: "rung_common_rate_per_second", help: "Requests planned per second at the common load."},
		{name: "rung_common_goodput_per_second", help: "OK answers per second while the common load lasted."},
		{name: "rung_common_failed_ratio", help: "Share of planned requests that failed or were never sent."},
		{name: "rung_common_requests", help: "Requests of the common load by outcome."},
		{name: "rung_common_response_seconds", kind: "summary", help: "Response time of answered requests from when they were due."},
		{name: "rung_common_generator_limited", help: "1 when the generator, not the target, limited the common load."},
		{name: "rung_capacity_passed_per_second", help: "Highest rate that met the objective."},
		{name: "rung_capacity_failed_per_second", help: "Lowest rate above it that did not."},
		{name: "rung_capacity_doubted", help: "1 when the capacity must not be trusted."},
		{name: "rung_process_cpu_seconds", help: "CPU time of the processes of the stage at the common load."},
		{name: "rung_memory_bytes", help: "Memory of the processes of the stage at the common load."},
		{name: "rung_cost_usd_per_million", help: "Cost of a million requests at capacity in US dollars."},
		{name: "rung_kill_availability_ratio", help: "Share of planned requests that were answered around a kill."},
		{name: "rung_kill_recovery_seconds", help: "Time from a kill to the last failure before it stayed without."},
		{name: "rung_kill_lost_writes", help: "Acknowledged writes that were gone after a kill."},
	} {
		if f.kind == "" {
			f.kind = "gauge"
		}
		m.order = append(m.order, &f)
		m.byName[f.name] = &f
	}
	return m
}

// add adds a value to a metric that newMetrics names.
func (m *metrics) add(name, value string, labels ...label) { m.byName[name].add("", value, labels...) }

func (m *metrics) run(run bench.Run) {
	m.add("rung_run_info", "1", label{"tool", run.Tool}, label{"kind", named(string(run.Kind), "ladder")},
		label{"profile", run.Profile.Name}, label{"hardware", run.Hardware.Name},
		label{"seed", strconv.FormatUint(run.Seed, 10)}, label{"verdict", string(run.Verdict)},
		label{"partial", strconv.FormatBool(run.Partial != "")})
	if !run.Started.IsZero() {
		m.add("rung_run_started_seconds", number(float64(run.Started.UnixMilli())/1e3))
		if run.Finished.After(run.Started) {
			m.add("rung_run_duration_seconds", seconds(run.Finished.Sub(run.Started)))
		}
	}
}

func (m *metrics) stage(s bench.StageResult) {
	id := label{"stage", s.Stage.ID}
	m.add("rung_stage_info", "1", id, label{"title", s.Stage.Title}, label{"verdict", string(s.Word)})
	if s.ProcessCPU > 0 {
		m.add("rung_process_cpu_seconds", seconds(s.ProcessCPU), id)
	}
	m.add("rung_memory_bytes", positive(s.Memory), id)
	m.add("rung_cost_usd_per_million", price(s.CostPerMillion), id)
}

func (m *metrics) round(stage string, r bench.Repeat) {
	labels := []label{{"stage", stage}, {"round", strconv.Itoa(r.Round)}}
	if c := r.Capacity; c != nil {
		m.add("rung_capacity_passed_per_second", number(c.Passed), labels...)
		if c.Failed > 0 {
			m.add("rung_capacity_failed_per_second", number(c.Failed), labels...)
		}
		m.add("rung_capacity_doubted", flag(c.Doubt != ""), labels...)
	}
	load := r.Common
	if load == nil {
		return
	}
	m.add("rung_common_rate_per_second", number(load.Rate), labels...)
	m.add("rung_common_goodput_per_second", number(load.Goodput), labels...)
	m.add("rung_common_failed_ratio", number(load.Total.FailureRatio()), labels...)
	m.add("rung_common_generator_limited", flag(load.Generator.Limited != ""), labels...)
	t := load.Total
	for _, o := range []struct {
		outcome string
		n       uint64
	}{{"ok", t.OK}, {"failed", t.Failed}, {"refused", t.Refused}, {"logged_out", t.LoggedOut}, {"unsent", t.Unsent}} {
		m.add("rung_common_requests", strconv.FormatUint(o.n, 10), with(labels, "outcome", o.outcome)...)
	}
	m.summary("rung_common_response_seconds", t.Response, labels)
}

// summary adds a distribution: the quantiles that there is data for.
func (m *metrics) summary(name string, d bench.Distribution, labels []label) {
	f := m.byName[name]
	for _, q := range []struct {
		quantile string
		value    *time.Duration
	}{{"0.5", d.P50}, {"0.9", d.P90}, {"0.95", d.P95}, {"0.99", d.P99}, {"0.999", d.P999}} {
		if q.value != nil {
			f.add("", seconds(*q.value), with(labels, "quantile", q.quantile)...)
		}
	}
	f.add("_sum", number(d.Mean.Seconds()*float64(d.Count)), labels...)
	f.add("_count", strconv.FormatUint(d.Count, 10), labels...)
}

func (m *metrics) kill(stage string, k bench.KillRow) {
	if !k.Happened || k.Doubt != "" {
		return
	}
	labels := []label{{"stage", stage}, {"node", k.Node}, {"variant", k.Variant}}
	m.add("rung_kill_availability_ratio", number(k.Availability), labels...)
	if k.Recovery.NoFailure {
		m.add("rung_kill_recovery_seconds", "0", labels...)
	} else if k.Recovery.Total != nil {
		m.add("rung_kill_recovery_seconds", seconds(*k.Recovery.Total), labels...)
	}
	if k.Ledger.Checked {
		m.add("rung_kill_lost_writes", strconv.FormatUint(k.Ledger.Lost, 10), labels...)
	}
}

// with is a copy of labels with one more.
func with(labels []label, name, value string) []label {
	return append(append(make([]label, 0, len(labels)+1), labels...), label{name, value})
}

func seconds(d time.Duration) string { return number(d.Seconds()) }

func flag(on bool) string {
	if on {
		return "1"
	}
	return "0"
}
