// Package telemetry is what a node tells of itself: its metrics for
// Prometheus, its log lines for the monitor, and the two files that make a
// Prometheus and a Grafana show them.
//
// # Names of metrics
//
// Server translates targets.Metrics by rule, so that a counter a role adds
// tomorrow is there without a change here:
//
//	rung_node_info{node,topology,version}    1
//	rung_host_cpu_…, rung_host_disk_…        the emulated machine
//	rung_process_…                           what the process really uses
//	rung_<kind>_<name>{node,role}            the counters of roles
//	rung_<name>_…{node}                      of the pseudo role "node/<name>"
//	rung_business_…{node,role}               what the business wants to know
//
// Units are base units: nanoseconds become seconds. What a role counts for
// each of several things is one metric with a label:
//
//	server_<name>_requests_total       server_requests_total{server="<name>"}
//	member_<name>_up                   member_up{member="<name>"}
//	shard_<name>_member_<m>_up         shard_member_up{shard="<name>",member="<m>"}
//	queue_<name>_acked_total           queue_acked_total{queue="<name>"}
//	requests_<operation>_total         requests_total{operation="<operation>"}
//	statements_<class>_total           statements_total{class="<class>"}
//
// Names ending in _total are counters, all others gauges. A key may also end
// with labels in Prometheus' own form, as in
//
//	request_duration_seconds{operation="user"}
//
// Names that Prometheus or its linter would refuse are changed; series that
// then are the same are given once, and rung_telemetry_lost_series says how
// many were not.
package telemetry
