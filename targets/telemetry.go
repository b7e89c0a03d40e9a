package targets

import "time"

// Telemetry is what nodes tell of themselves. A node with telemetry listens
// for HTTP once more: GET /metrics in the Prometheus text format, and
// GET /healthz.
type Telemetry struct {
	// Logs names the monitor role that log lines are sent to. Empty means
	// that they stay with the node.
	Logs string `json:"logs,omitempty"`
	// Access writes a log line for each request.
	Access bool `json:"access,omitempty"`
	// Sample is the share of requests, 0 to 1, whose trace goes through
	// every hop down to the stores. A request that comes with a sampled
	// trace context is always among them.
	Sample float64 `json:"sample_ratio,omitempty"`
}

// KindTelemetry is the kind of a node's own endpoint for telemetry. It is no
// role.
const KindTelemetry Kind = "telemetry"

// TelemetryEndpoint is the name of a node's endpoint for telemetry among its
// roles' endpoints.
func TelemetryEndpoint(node string) string { return node + "/telemetry" }

// Monitor keeps the log lines of all nodes, can search them, and counts what
// the business wants to know of them.
type Monitor struct {
	// Bytes bounds the lines that it keeps; the oldest go first.
	Bytes int64 `json:"bytes"`
	// Demand is the CPU time of one batch of lines.
	Demand Law `json:"demand"`
	// Connections bounds the clients served at once.
	Connections int `json:"connections"`
}

// Supervisor replaces nodes that are dead. The platform plays it: it is no
// role.
type Supervisor struct {
	// Nodes that it watches, by their telemetry endpoints.
	Nodes []string `json:"nodes"`
	// Interval and Timeout of checks; Fall failures in a row mean dead.
	Interval time.Duration `json:"interval_ns"`
	Timeout  time.Duration `json:"timeout_ns"`
	Fall     int           `json:"fall"`
	// Patience is how long a new process may take before it is watched.
	Patience time.Duration `json:"patience_ns"`
}
