package telemetry

import "strings"

// helps explain the families that are not one role's own.
var helps = map[string]string{
	"rung_node_info": "The node, the topology that it is part of, and the version of the software that it runs.",

	"rung_host_cpu_slots":                   "Slots of the emulated CPU: what can be served at once. 0 when it is not emulated.",
	"rung_host_cpu_busy_seconds_total":      "Time that slots of the emulated CPU were taken, summed over slots.",
	"rung_host_cpu_role_busy_seconds_total": "The part of rung_host_cpu_busy_seconds_total that each role took.",
	"rung_host_cpu_waited_seconds_total":    "Time that served work had waited for the emulated CPU.",
	"rung_host_cpu_served_total":            "Pieces of work that the emulated CPU served.",
	"rung_host_cpu_refused_total":           "Pieces of work that found the queue of the emulated CPU full.",
	"rung_host_cpu_queue":                   "Pieces of work that wait for the emulated CPU now.",
	"rung_host_cpu_queue_peak":              "The most that ever waited for the emulated CPU.",

	"rung_host_disk_slots":                   "Slots of the emulated disk: what can be served at once. 0 when it is not emulated.",
	"rung_host_disk_busy_seconds_total":      "Time that slots of the emulated disk were taken, summed over slots.",
	"rung_host_disk_role_busy_seconds_total": "The part of rung_host_disk_busy_seconds_total that each role took.",
	"rung_host_disk_waited_seconds_total":    "Time that served accesses had waited for the emulated disk.",
	"rung_host_disk_served_total":            "Accesses that the emulated disk served.",
	"rung_host_disk_refused_total":           "Accesses that found the queue of the emulated disk full.",
	"rung_host_disk_queue":                   "Accesses that wait for the emulated disk now.",
	"rung_host_disk_queue_peak":              "The most that ever waited for the emulated disk.",

	"rung_process_cpu_seconds_total":     "CPU time that the node's process took of the real machine, user and system.",
	"rung_process_resident_memory_bytes": "Real memory of the node's process. 0 where the system does not say.",
	"rung_process_clock_error_seconds":   "Median error with which the node's clock wakes waiters up.",

	"rung_network_received_bytes_total": "Bytes that came over the connections that the node dialled.",
	"rung_network_sent_bytes_total":     "Bytes that went over the connections that the node dialled.",
	"rung_network_dials_total":          "Connections that the node dialled.",

	"rung_business_posts_total":             "Posts that a web server acknowledged, those sent again among them.",
	"rung_business_photos_total":            "Photos that a web server acknowledged: stored, or put into the queue.",
	"rung_business_orders_viewed_total":     "Lists of orders that a web server answered.",
	"rung_business_logins_total":            "Logins that a web server acknowledged.",
	"rung_business_daily_active_users":      "Users in the requests that the monitor was told of since midnight UTC, each once.",
	"rung_business_daily_active_users_full": "1 while the monitor counts no further users of the day: there are too many.",

	lostFamily: "Series that this scrape had to leave out: their names, made fit for Prometheus, were those of others.",
}

// help explains a family. Those of roles are explained where the role counts:
// in the documentation of its Metrics.
func help(family string) string {
	if text, ok := helps[family]; ok {
		return text
	}
	subsystem, name, _ := strings.Cut(strings.TrimPrefix(family, namespace), "_")
	return "What a " + subsystem + " counts as " + name + "; see the documentation of its metrics."
}
