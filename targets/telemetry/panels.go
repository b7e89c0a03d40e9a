package telemetry

// row is a part of the dashboard, panel one chart of it.
type row struct {
	title  string
	panels []panel
}

type panel struct {
	title, says string
	// unit is Grafana's name of it.
	unit    string
	queries []query
}

// query is PromQL. Its legend names labels in double braces.
type query struct{ expr, legend string }

// rows are the dashboard. $node are the nodes that the reader has chosen.
var rows = []row{
	{"Host", hostPanels},
	{"Tiers", tierPanels},
	{"Business", businessPanels},
}

var hostPanels = []panel{
	{"CPU use", "Share of the emulated CPU slots that is taken.", "percentunit", []query{
		{`rate(rung_host_cpu_busy_seconds_total{node=~"$node"}[$__rate_interval]) / rung_host_cpu_slots{node=~"$node"}`, "{{node}}"}}},
	{"CPU queue", "Pieces of work that wait for a CPU slot.", "short", []query{
		{`rung_host_cpu_queue{node=~"$node"}`, "{{node}}"}}},
	{"Refused by the CPU or the disk", "Work that found the queue full.", "ops", []query{
		{`rate(rung_host_cpu_refused_total{node=~"$node"}[$__rate_interval])`, "{{node}} CPU"},
		{`rate(rung_host_disk_refused_total{node=~"$node"}[$__rate_interval])`, "{{node}} disk"}}},
	{"Disk use", "Share of the emulated disk slots that is taken.", "percentunit", []query{
		{`rate(rung_host_disk_busy_seconds_total{node=~"$node"}[$__rate_interval]) / rung_host_disk_slots{node=~"$node"}`, "{{node}}"}}},
	{"Disk queue", "Accesses that wait for the disk.", "short", []query{
		{`rung_host_disk_queue{node=~"$node"}`, "{{node}}"}}},
	{"Network", "Bytes over the connections that a node dialled.", "Bps", []query{
		{`rate(rung_network_sent_bytes_total{node=~"$node"}[$__rate_interval])`, "{{node}} sent"},
		{`rate(rung_network_received_bytes_total{node=~"$node"}[$__rate_interval])`, "{{node}} received"}}},
	{"Real memory", "Resident memory of the node's process.", "bytes", []query{
		{`rung_process_resident_memory_bytes{node=~"$node"}`, "{{node}}"}}},
	{"Real CPU", "CPU seconds per second that the node's process takes of the real machine.", "short", []query{
		{`rate(rung_process_cpu_seconds_total{node=~"$node"}[$__rate_interval])`, "{{node}}"}}},
	{"CPU wait", "Mean wait of served work for a CPU slot.", "s", []query{
		{`rate(rung_host_cpu_waited_seconds_total{node=~"$node"}[$__rate_interval]) / rate(rung_host_cpu_served_total{node=~"$node"}[$__rate_interval])`, "{{node}}"}}},
}

var tierPanels = []panel{
	{"Requests", "Requests by role.", "reqps", []query{
		{`sum by (role) (rate(rung_edge_requests_total{node=~"$node"}[$__rate_interval]))`, "{{role}}"},
		{`sum by (role) (rate(rung_balancer_requests_total{node=~"$node"}[$__rate_interval]))`, "{{role}}"},
		{`sum by (role) (rate(rung_web_requests_total{node=~"$node",operation!="health"}[$__rate_interval]))`, "{{role}}"}}},
	{"Web: duration by operation", "Quantiles over all web servers.", "s", []query{
		{`histogram_quantile(0.5, sum by (le, operation) (rate(rung_web_request_duration_seconds_bucket{node=~"$node"}[$__rate_interval])))`, "{{operation}} p50"},
		{`histogram_quantile(0.99, sum by (le, operation) (rate(rung_web_request_duration_seconds_bucket{node=~"$node"}[$__rate_interval])))`, "{{operation}} p99"}}},
	{"Balancer and edge: p99 duration", "", "s", []query{
		{`histogram_quantile(0.99, sum by (le, role) (rate(rung_balancer_request_duration_seconds_bucket{node=~"$node"}[$__rate_interval])))`, "{{role}}"},
		{`histogram_quantile(0.99, sum by (le, role) (rate(rung_edge_request_duration_seconds_bucket{node=~"$node"}[$__rate_interval])))`, "{{role}}"}}},
	{"Failures", "Answers that were errors of the server.", "reqps", []query{
		{`sum by (role) (rate(rung_web_errors_total{node=~"$node"}[$__rate_interval]))`, "{{role}} errors"},
		{`sum by (role) (rate(rung_web_refused_total{node=~"$node"}[$__rate_interval]))`, "{{role}} refused"},
		{`sum by (role) (rate(rung_balancer_failures_total{node=~"$node"}[$__rate_interval]))`, "{{role}} failures"}}},
	{"Servers up", "By the balancers' health checks; the lowest counts.", "short", []query{
		{`min by (server) (rung_balancer_server_up{node=~"$node"})`, "{{server}}"}}},
	{"In flight", "Requests being served, and connections to databases.", "short", []query{
		{`rung_balancer_in_flight{node=~"$node"}`, "{{role}} requests"},
		{`rung_database_connections{node=~"$node"}`, "{{role}} connections"}}},
	{"Statements", "Statements of databases by class.", "ops", []query{
		{`sum by (role, class) (rate(rung_database_statements_total{node=~"$node"}[$__rate_interval]))`, "{{role}} {{class}}"}}},
	{"Buffer pool: hit ratio", "Pages that were in memory.", "percentunit", []query{
		{`rate(rung_database_pool_hits_total{node=~"$node"}[$__rate_interval]) / (rate(rung_database_pool_hits_total{node=~"$node"}[$__rate_interval]) + rate(rung_database_pool_misses_total{node=~"$node"}[$__rate_interval]))`, "{{role}}"}}},
	{"Caches: hit ratio", "Of cache nodes, and of edges.", "percentunit", []query{
		{`rate(rung_cache_hits_total{node=~"$node"}[$__rate_interval]) / (rate(rung_cache_hits_total{node=~"$node"}[$__rate_interval]) + rate(rung_cache_misses_total{node=~"$node"}[$__rate_interval]))`, "{{role}}"},
		{`rate(rung_edge_hits_total{node=~"$node"}[$__rate_interval]) / (rate(rung_edge_hits_total{node=~"$node"}[$__rate_interval]) + rate(rung_edge_misses_total{node=~"$node"}[$__rate_interval]))`, "{{role}}"}}},
	{"Rows from caches", "Reads of web servers that a cache answered.", "percentunit", []query{
		{`rate(rung_web_store_cache_hits_total{node=~"$node"}[$__rate_interval]) / (rate(rung_web_store_cache_hits_total{node=~"$node"}[$__rate_interval]) + rate(rung_web_store_cache_misses_total{node=~"$node"}[$__rate_interval]))`, "{{role}}"}}},
	{"DNS: queries", "Of clients at resolvers, and of resolvers at nameservers.", "reqps", []query{
		{`rate(rung_resolver_queries_total{node=~"$node"}[$__rate_interval])`, "{{role}}"},
		{`rate(rung_nameserver_queries_total{node=~"$node"}[$__rate_interval])`, "{{role}}"}}},
	{"DNS: health", "Roles that nameservers answer with, by their health checks; the lowest counts.", "short", []query{
		{`min by (server) (rung_nameserver_server_up{node=~"$node"})`, "{{server}}"}}},
	{"Replication lag", "Age of the last write applied while behind, and the p99 of the lag that writes were applied with.", "s", []query{
		{`rung_database_replication_lag_seconds{node=~"$node"}`, "{{role}} now"},
		{`histogram_quantile(0.99, sum by (le, role) (rate(rung_database_replication_apply_lag_seconds_bucket{node=~"$node"}[$__rate_interval])))`, "{{role}} p99"}}},
	{"Queue: backlog", "Messages that are not acknowledged, and those of them that are out.", "short", []query{
		{`rung_queue_pending{node=~"$node"}`, "{{role}} backlog"},
		{`rung_queue_in_flight{node=~"$node"}`, "{{role}} in flight"}}},
	{"Jobs", "Published, done, and delivered again.", "ops", []query{
		{`sum by (role) (rate(rung_queue_published_total{node=~"$node"}[$__rate_interval]))`, "{{role}} published"},
		{`sum by (role) (rate(rung_worker_jobs_total{node=~"$node"}[$__rate_interval]))`, "{{role}} done"},
		{`sum by (role) (rate(rung_queue_redelivered_total{node=~"$node"}[$__rate_interval]))`, "{{role}} again"}}},
	{"Jobs: delay", "From the moment a job is in the queue until it is done.", "s", []query{
		{`histogram_quantile(0.5, sum by (le) (rate(rung_worker_job_delay_seconds_bucket{node=~"$node"}[$__rate_interval])))`, "p50"},
		{`histogram_quantile(0.99, sum by (le) (rate(rung_worker_job_delay_seconds_bucket{node=~"$node"}[$__rate_interval])))`, "p99"}}},
	{"Workers busy", "Jobs at work.", "short", []query{
		{`rung_worker_busy{node=~"$node"}`, "{{role}}"}}},
	{"Shards", "Statements that web servers send to each shard.", "ops", []query{
		{`sum by (shard) (rate(rung_web_store_shard_reads_total{node=~"$node"}[$__rate_interval]))`, "{{shard}} reads"},
		{`sum by (shard) (rate(rung_web_store_shard_writes_total{node=~"$node"}[$__rate_interval]))`, "{{shard}} writes"}}},
}

var businessPanels = []panel{
	{"Daily active users", "Users since midnight UTC, each counted once, from the log lines of all web servers.", "short", []query{
		{`max(rung_business_daily_active_users)`, "users"}}},
	{"Orders viewed", "", "ops", []query{
		{`sum(rate(rung_business_orders_viewed_total{node=~"$node"}[$__rate_interval]))`, "lists of orders"}}},
	{"Posts, photos and logins", "Acknowledged.", "ops", []query{
		{`sum(rate(rung_business_posts_total{node=~"$node"}[$__rate_interval]))`, "posts"},
		{`sum(rate(rung_business_photos_total{node=~"$node"}[$__rate_interval]))`, "photos"},
		{`sum(rate(rung_business_logins_total{node=~"$node"}[$__rate_interval]))`, "logins"}}},
	{"Log lines", "Lines that the monitor keeps, by node and level.", "ops", []query{
		{`sum by (source, level) (rate(rung_monitor_node_lines_total[$__rate_interval]))`, "{{source}} {{level}}"}}},
	{"Log lines lost", "Lines that did not get to the monitor.", "ops", []query{
		{`sum by (node) (rate(rung_logs_dropped_total{node=~"$node"}[$__rate_interval]))`, "{{node}}"}}},
}
