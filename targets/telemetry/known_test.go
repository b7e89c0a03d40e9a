package telemetry_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rung/targets"
)

// known are counters and histograms that roles have, by kind: those of the
// dashboard, and those whose names are translated by a rule of their own. Of
// each, literal must be in the sources of the package (a folder of targets)
// that counts it.
var known = []struct {
	kind      targets.Kind
	key       string
	histogram bool
	folder    string
	literal   string
	family    string
	labels    string
}{
	{targets.KindWeb, "requests_user_total", false, "web", `"requests_"`, "rung_web_requests_total", `operation="user"`},
	{targets.KindWeb, "requests_audit_photos_total", false, "web", `"requests_"`, "rung_web_requests_total", `operation="audit_photos"`},
	{targets.KindWeb, `request_duration_seconds{operation="user"}`, true, "web", `request_duration_seconds{operation="`, "rung_web_request_duration_seconds", `operation="user"`},
	{targets.KindWeb, "errors_total", false, "web", `"errors_total"`, "rung_web_errors_total", ""},
	{targets.KindWeb, "refused_total", false, "web", `"refused_total"`, "rung_web_refused_total", ""},
	{targets.KindWeb, "queue_errors_total", false, "web", `"queue_errors_total"`, "rung_web_queue_errors_total", ""},
	{targets.KindWeb, "posts_total", false, "web", `"posts_total"`, "rung_business_posts_total", ""},
	{targets.KindWeb, "photos_total", false, "web", `"photos_total"`, "rung_business_photos_total", ""},
	{targets.KindWeb, "orders_viewed_total", false, "web", `"orders_viewed_total"`, "rung_business_orders_viewed_total", ""},
	{targets.KindWeb, "logins_total", false, "web", `"logins_total"`, "rung_business_logins_total", ""},
	{targets.KindWeb, "daily_active_users", false, "web", `"daily_active_users"`, "rung_web_daily_active_users", ""},
	{targets.KindWeb, "connections", false, "web", `"connections"`, "rung_web_connections", ""},
	{targets.KindWeb, "store_reads_total", false, "store", `"reads_total"`, "rung_web_store_reads_total", ""},
	{targets.KindWeb, "store_cache_hits_total", false, "store", `"cache_hits_total"`, "rung_web_store_cache_hits_total", ""},
	{targets.KindWeb, "store_cache_misses_total", false, "store", `"cache_misses_total"`, "rung_web_store_cache_misses_total", ""},
	{targets.KindWeb, "store_fan_out_total", false, "store", `"fan_out_total"`, "rung_web_store_fan_out_total", ""},
	{targets.KindWeb, "store_member_db-1_up", false, "store", `"member_"`, "rung_web_store_member_up", `member="db-1"`},
	{targets.KindWeb, "store_members_up", false, "store", `"members_up"`, "rung_web_store_members_up", ""},
	{targets.KindWeb, "store_held_ns_total", false, "store", `"held_ns_total"`, "rung_web_store_held_seconds_total", ""},
	{targets.KindWeb, "store_shard_s-1_reads_total", false, "store", `"shard_"`, "rung_web_store_shard_reads_total", `shard="s-1"`},
	{targets.KindWeb, "store_shard_s-1_writes_total", false, "store", `"writes_total"`, "rung_web_store_shard_writes_total", `shard="s-1"`},
	{targets.KindWeb, "store_shard_s-1_member_db-1_primary", false, "store", `"primary"`, "rung_web_store_shard_member_primary", `member="db-1",shard="s-1"`},
	{targets.KindWeb, "publisher_queue_q-1_connected", false, "jobs", `"connected"`, "rung_web_publisher_queue_connected", `queue="q-1"`},
	{targets.KindWeb, "publisher_uncertain_repeated_total", false, "jobs", `"uncertain_repeated_total"`, "rung_web_publisher_uncertain_repeated_total", ""},
	{targets.KindBalancer, "requests_total", false, "balancer", `"requests_total"`, "rung_balancer_requests_total", ""},
	{targets.KindBalancer, "failures_total", false, "balancer", `"failures_total"`, "rung_balancer_failures_total", ""},
	{targets.KindBalancer, "in_flight", false, "balancer", `"in_flight"`, "rung_balancer_in_flight", ""},
	{targets.KindBalancer, "server_web-1_requests_total", false, "balancer", `"server_"`, "rung_balancer_server_requests_total", `server="web-1"`},
	{targets.KindBalancer, "server_web-1_up", false, "balancer", `"up"`, "rung_balancer_server_up", `server="web-1"`},
	{targets.KindBalancer, "request_duration_seconds", true, "balancer", `"request_duration_seconds"`, "rung_balancer_request_duration_seconds", ""},
	{targets.KindEdge, "requests_total", false, "cdn", `"requests_total"`, "rung_edge_requests_total", ""},
	{targets.KindEdge, "hits_total", false, "cdn", `"hits_total"`, "rung_edge_hits_total", ""},
	{targets.KindEdge, "misses_total", false, "cdn", `"misses_total"`, "rung_edge_misses_total", ""},
	{targets.KindEdge, "request_duration_seconds", true, "cdn", `"request_duration_seconds"`, "rung_edge_request_duration_seconds", ""},
	{targets.KindResolver, "queries_total", false, "dns", `"queries_total"`, "rung_resolver_queries_total", ""},
	{targets.KindResolver, "hits_total", false, "dns", `"hits_total"`, "rung_resolver_hits_total", ""},
	{targets.KindNameserver, "queries_total", false, "dns", `"queries_total"`, "rung_nameserver_queries_total", ""},
	{targets.KindNameserver, "server_lb-us-1_up", false, "dns", `"server_"`, "rung_nameserver_server_up", `server="lb-us-1"`},
	{targets.KindCache, "hits_total", false, "cache", `"hits_total"`, "rung_cache_hits_total", ""},
	{targets.KindCache, "misses_total", false, "cache", `"misses_total"`, "rung_cache_misses_total", ""},
	{targets.KindCache, "used_bytes", false, "cache", `"used_bytes"`, "rung_cache_used_bytes", ""},
	{targets.KindDatabase, "connections", false, "database", `"connections"`, "rung_database_connections", ""},
	{targets.KindDatabase, "statements_read_total", false, "database", `"statements_read_total"`, "rung_database_statements_total", `class="read"`},
	{targets.KindDatabase, "pool_hits_total", false, "database", `"pool_hits_total"`, "rung_database_pool_hits_total", ""},
	{targets.KindDatabase, "pool_misses_total", false, "database", `"pool_misses_total"`, "rung_database_pool_misses_total", ""},
	{targets.KindDatabase, "replication_lag_ns", false, "database", `"replication_lag_ns"`, "rung_database_replication_lag_seconds", ""},
	{targets.KindDatabase, "replication_lag_ns", true, "database", `"replication_lag_ns"`, "rung_database_replication_apply_lag_seconds", ""},
	{targets.KindDatabase, "replication_lag_operations", false, "database", `"replication_lag_operations"`, "rung_database_replication_lag_operations", ""},
	{targets.KindDatabase, "replication_lag_operations", true, "database", `"replication_lag_operations"`, "rung_database_replication_apply_lag_operations", ""},
	{targets.KindQueue, "pending", false, "queue", `"pending"`, "rung_queue_pending", ""},
	{targets.KindQueue, "in_flight", false, "queue", `"in_flight"`, "rung_queue_in_flight", ""},
	{targets.KindQueue, "published_total", false, "queue", `"published_total"`, "rung_queue_published_total", ""},
	{targets.KindQueue, "redelivered_total", false, "queue", `"redelivered_total"`, "rung_queue_redelivered_total", ""},
	{targets.KindWorker, "jobs_total", false, "worker", `"jobs_total"`, "rung_worker_jobs_total", ""},
	{targets.KindWorker, "busy", false, "worker", `"busy"`, "rung_worker_busy", ""},
	{targets.KindWorker, "queue_q-1_acked_total", false, "worker", `"queue_"`, "rung_worker_queue_acked_total", `queue="q-1"`},
	{targets.KindWorker, "job_delay_seconds", true, "worker", `"job_delay_seconds"`, "rung_worker_job_delay_seconds", ""},
	{targets.KindMonitor, "daily_active_users", false, "monitor", `"daily_active_users"`, "rung_business_daily_active_users", ""},
	{targets.KindMonitor, "daily_active_users_full", false, "monitor", `"daily_active_users_full"`, "rung_business_daily_active_users_full", ""},
	{targets.KindMonitor, "posts_total", false, "monitor", `"posts_total"`, "rung_monitor_posts_total", ""},
	{targets.KindMonitor, `node_dropped_total{source="web-1"}`, false, "monitor", `node_dropped_total{source=`, "rung_monitor_node_dropped_total", `source="web-1"`},
	{targets.KindMonitor, "lines_total", false, "monitor", `"lines_total"`, "rung_monitor_lines_total", ""},
	{targets.KindMonitor, `node_lines_total{source="web-1",level="INFO"}`, false, "monitor", `node_lines_total{source=`, "rung_monitor_node_lines_total", `level="INFO",source="web-1"`},
	{"", "node/network|sent_bytes_total", false, "node", `"sent_bytes_total"`, "rung_network_sent_bytes_total", ""},
	{"", "node/network|received_bytes_total", false, "node", `"received_bytes_total"`, "rung_network_received_bytes_total", ""},
	{"", "node/logs|dropped_total", false, "telemetry", `"dropped_total"`, "rung_logs_dropped_total", ""},
}

// TestKnown holds the table to the sources: a counter that is renamed there
// must be renamed here, and on the dashboard.
func TestKnown(t *testing.T) {
	sources := map[string]string{}
	for _, k := range known {
		if _, read := sources[k.folder]; !read {
			files, err := filepath.Glob(filepath.Join("..", k.folder, "*.go"))
			if err != nil || len(files) == 0 {
				t.Fatalf("no sources in %s: %v", k.folder, err)
			}
			var all strings.Builder
			for _, f := range files {
				if !strings.HasSuffix(f, "_test.go") {
					data, err := os.ReadFile(f)
					if err != nil {
						t.Fatal(err)
					}
					all.Write(data)
				}
			}
			sources[k.folder] = all.String()
		}
		if !strings.Contains(sources[k.folder], k.literal) {
			t.Errorf("%s is not in the sources of %s", k.literal, k.folder)
		}
	}
}

// allKnown is a node with one role of each kind, named like its kind.
func allKnown() (*targets.Metrics, map[string]targets.Kind) {
	m := &targets.Metrics{
		CPU:   targets.Usage{Slots: 2, Busy: 1500e6, Waited: 250e6, Served: 7, Refused: 3, Queue: 1, Peak: 4, ByRole: map[string]time.Duration{"web": 1500e6}},
		Disk:  targets.Usage{Slots: 1, Busy: 2e9, ByRole: map[string]time.Duration{"database": 2e9}},
		Roles: map[string]map[string]float64{}, Histograms: map[string]map[string]targets.Histogram{},
		ProcessCPU: 3e9, Memory: 1 << 20, ClockError: 50e3,
	}
	kinds := map[string]targets.Kind{}
	for i, k := range known {
		role, key := string(k.kind), k.key
		if before, after, pseudo := strings.Cut(key, "|"); pseudo {
			role, key = before, after
		} else {
			kinds[role] = k.kind
		}
		if k.histogram {
			if m.Histograms[role] == nil {
				m.Histograms[role] = map[string]targets.Histogram{}
			}
			m.Histograms[role][key] = targets.Histogram{Bounds: []float64{1, 2}, Counts: []int64{int64(i), 2, 1}, Sum: 7}
			continue
		}
		if m.Roles[role] == nil {
			m.Roles[role] = map[string]float64{}
		}
		m.Roles[role][key] = float64(i + 1)
	}
	return m, kinds
}
