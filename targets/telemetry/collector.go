package telemetry

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"rung/targets"
)

// lostFamily counts what a scrape had to leave out.
const lostFamily = namespace + "telemetry_lost_series"

// pseudo stands before the names of what a node counts that is no role.
const pseudo = "node/"

// collector turns a node's metrics into Prometheus'. It describes nothing in
// advance, because roles come and go; exposition keeps it consistent.
type collector struct {
	config Config
	// host says that the machine and the process are part of it.
	host bool
}

// Describe is for prometheus.Collector: without a description it is called
// unchecked there.
func (c collector) Describe(chan<- *prometheus.Desc) {}

// Collect is one scrape.
func (c collector) Collect(out chan<- prometheus.Metric) {
	e := newExposition()
	node := []label{{"node", strings.ToValidUTF8(c.config.Node, "\uFFFD")}}
	m := c.config.Metrics()
	if m == nil {
		out <- prometheus.NewInvalidMetric(prometheus.NewInvalidDesc(errNothing), errNothing)
		return
	}
	if c.host {
		e.value("rung_node_info", tidy([]label{{"topology", c.config.Topology},
			{"version", strconv.Itoa(max(c.config.Version, 1))}}, node), 1)
		c.machine(e, node, m)
	}
	c.roles(e, node, m)
	e.end(node)
	for _, metric := range e.metrics {
		out <- metric
	}
}

func (c collector) machine(e *exposition, node []label, m *targets.Metrics) {
	usage(e, "rung_host_cpu_", node, m.CPU)
	usage(e, "rung_host_disk_", node, m.Disk)
	e.value("rung_process_cpu_seconds_total", node, m.ProcessCPU.Seconds())
	e.value("rung_process_resident_memory_bytes", node, float64(m.Memory))
	e.value("rung_process_clock_error_seconds", node, m.ClockError.Seconds())
}

// usage adds an emulated resource. Of one that is not emulated there is
// nothing to tell but that: zeros would look like idleness.
func usage(e *exposition, prefix string, node []label, u targets.Usage) {
	e.value(prefix+"slots", node, float64(u.Slots))
	if u.Slots == 0 {
		return
	}
	e.value(prefix+"busy_seconds_total", node, u.Busy.Seconds())
	e.value(prefix+"waited_seconds_total", node, u.Waited.Seconds())
	e.value(prefix+"served_total", node, float64(u.Served))
	e.value(prefix+"refused_total", node, float64(u.Refused))
	e.value(prefix+"queue", node, float64(u.Queue))
	e.value(prefix+"queue_peak", node, float64(u.Peak))
	for _, role := range slices.Sorted(maps.Keys(u.ByRole)) {
		e.value(prefix+"role_busy_seconds_total", tidy([]label{{"role", role}}, node), u.ByRole[role].Seconds())
	}
}

// roles adds what roles count, in the order of names, so that of two series
// that are the same it is always the same one which is left out.
func (c collector) roles(e *exposition, node []label, m *targets.Metrics) {
	for _, role := range slices.Sorted(maps.Keys(m.Roles)) {
		subsystem, own := c.subsystem(role, node)
		for _, key := range slices.Sorted(maps.Keys(m.Roles[role])) {
			n := translate(subsystem, key, false)
			e.value(n.family, tidy(n.labels, own), m.Roles[role][key]*n.scale)
		}
	}
	for _, role := range slices.Sorted(maps.Keys(m.Histograms)) {
		subsystem, own := c.subsystem(role, node)
		for _, key := range slices.Sorted(maps.Keys(m.Histograms[role])) {
			n := translate(subsystem, key, true)
			e.histogram(n.family, tidy(n.labels, own), m.Histograms[role][key], n.scale)
		}
	}
}

// subsystem is a role's part in the names of its metrics, and the labels that
// all of them have.
func (c collector) subsystem(role string, node []label) (string, []label) {
	if name, ok := strings.CutPrefix(role, pseudo); ok {
		return name, node
	}
	kind := c.config.Kinds[role]
	if kind == "" {
		kind = "role"
	}
	return string(kind), append(slices.Clone(node), label{"role", role})
}
