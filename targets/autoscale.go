package targets

import "time"

// Autoscale starts and stops nodes with the load. The platform plays it: it
// is no role.
type Autoscale struct {
	// Nodes are started in this order and stopped in the opposite one. Those
	// after the first Min are on standby at the start.
	Nodes []string `json:"nodes"`
	// Balancer is the role that is told which servers there are.
	// Empty for workers, who find their queue themselves.
	Balancer string `json:"balancer,omitempty"`
	// Backlog scales by the messages that wait, in place of Target: wanted =
	// ceil(messages / Backlog), the rule of KEDA. Zero means by use.
	Backlog int `json:"backlog_per_node,omitempty"`
	Min     int `json:"min"`
	Max     int `json:"max"`
	// Target is the use of the running nodes' CPU slots that is aimed at,
	// 0 to 1: wanted = ceil(running * use / target), the rule of the
	// Kubernetes horizontal pod autoscaler.
	Target float64 `json:"target_ratio"`
	// Tolerance is how far use / target may be from 1 before anything is
	// done.
	Tolerance float64 `json:"tolerance_ratio"`
	// Interval is the period of decisions, and the window of the use.
	Interval time.Duration `json:"interval_ns"`
	// UpAfter and DownAfter are cool-downs: the time since the last change
	// before servers are added, or before they are removed.
	UpAfter   time.Duration `json:"up_after_ns"`
	DownAfter time.Duration `json:"down_after_ns"`
	// Drain is how long a server that leaves may finish its requests.
	Drain time.Duration `json:"drain_ns"`
}
