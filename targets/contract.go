package targets

import "time"

// The contract between the harness and a node process, all of it: one Spec as
// a JSON line on stdin; Commands as JSON lines on stdin after it; Replies as
// JSON lines on stdout, the first one (ID 0) with the node's addresses; the
// log on stderr. When stdin closes, the node ends.

// Spec is everything a node needs to know to listen.
type Spec struct {
	// Topology's name and time scale, for logs.
	Topology  string  `json:"topology"`
	TimeScale float64 `json:"time_scale"`
	Site      string  `json:"site"`
	Node      Node    `json:"node"`
	// Address is the node's own loopback IP.
	Address string `json:"address"`
	// Directory is where the node keeps its data; it survives a restart.
	Directory string `json:"directory"`
	// Seed of everything random in the node.
	Seed uint64 `json:"seed"`
	// Links that this node dials.
	Links []Link `json:"links"`
	// TLSPorts are the ports of TLS listeners by role, after a restart; a
	// missing one means any free port.
	TLSPorts map[string]int `json:"tls_ports,omitempty"`
	// Callers lists the IPs that may connect to each private role.
	Callers map[string][]string `json:"callers"`
	// Regions are those of the topology.
	Regions []Region `json:"regions,omitempty"`
	// Replacement says that the node takes the place of one that was lost
	// with its disk: a database of a group waits for a copy of the data and
	// does not vote before.
	Replacement bool `json:"replacement,omitempty"`
	// PowerCut says that the machine lost its power: a queue starts with what
	// it had synced. (SIGKILL alone does not lose what the kernel holds.)
	PowerCut bool `json:"power_cut,omitempty"`
	// Templates is a folder where databases share what they seeded, so that
	// only the first of several with the same data does the work. Empty means
	// that each seeds itself.
	Templates string `json:"templates,omitempty"`
	// Telemetry is that of the topology.
	Telemetry *Telemetry `json:"telemetry,omitempty"`
	// TelemetryPort of the node's telemetry endpoint, after a restart; zero
	// means any free one.
	TelemetryPort int `json:"telemetry_port,omitempty"`
	// Version of the software that the node runs. Zero means 1.
	Version int `json:"version,omitempty"`
}

// Endpoint is where a role listens.
type Endpoint struct {
	Node string `json:"node"`
	Kind Kind   `json:"kind"`
	// Address is host:port, the same for TCP and UDP.
	Address string `json:"address"`
	// TLS is host:port of the role's TLS listener, if it has one.
	TLS string `json:"tls,omitempty"`
}

// Do says what a command asks for.
type Do string

// The commands.
const (
	// DoServe hands over the endpoints of all roles; the node starts to
	// serve. Sent once, after every node listens.
	DoServe Do = "serve"
	// DoImpair changes the link to node To.
	DoImpair Do = "impair"
	// DoMetrics asks for Metrics.
	DoMetrics Do = "metrics"
	// DoWarm puts Pages into the buffer pool of Role, oldest first, and
	// costs no emulated time.
	DoWarm Do = "warm"
	// DoDrain makes balancer Role send no new requests to server To.
	DoDrain Do = "drain"
	// DoFlush empties the cache of Role: a resolver's, or an edge's.
	DoFlush Do = "flush"
	// DoServers tells balancer Role the Servers it has now, by role and
	// host:port.
	DoServers Do = "servers"
	// DoPublish makes web Role serve version Count of all static files.
	DoPublish Do = "publish"
	// DoRecover makes database Role send the writes that only it still holds
	// to the primary. The reply Counts them.
	DoRecover Do = "recover"
	// DoShards changes how a role that uses shards routes. The reply comes
	// when the change holds for every request.
	DoShards Do = "shards"
	// DoCopy makes a role that uses shards copy the Move's users to where
	// they go. The reply Counts rows and bytes.
	DoCopy Do = "copy"
	// DoErase makes a role that uses shards delete the Move's users where
	// they were.
	DoErase Do = "erase"
	// DoWork makes worker Role take jobs (Count 1) or none (Count 0).
	DoWork Do = "work"
)

// Phase is a step in the move of users from shard to shard.
type Phase string

// The phases of a move, in order. A router carries out one for all its
// requests before it replies.
const (
	// PhaseHold lets writes to the users wait; those under way have ended.
	PhaseHold Phase = "hold"
	// PhaseConfirm makes the hold last until it is switched or aborted. It
	// fails unless the users have been held without a break.
	PhaseConfirm Phase = "confirm"
	// PhaseSwitch sends reads to where the users go. Writes still wait.
	PhaseSwitch Phase = "switch"
	// PhaseRelease lets writes go there too. The move is over.
	PhaseRelease Phase = "release"
	// PhaseAbort lets writes go to where they went before.
	PhaseAbort Phase = "abort"
)

// Move is a batch of users that go from shards to shards together.
type Move struct {
	Phase Phase `json:"phase,omitempty"`
	// Users of the batch, and where each goes by name.
	Users []int64  `json:"users"`
	To    []string `json:"to"`
	// Sharding is what holds when the last batch is released. Set in that
	// release only.
	Sharding *Sharding `json:"sharding,omitempty"`
	// Patience bounds how long writes are held; then the batch is as after
	// PhaseAbort, and later phases of it fail.
	Patience time.Duration `json:"patience_ns,omitempty"`
}

// Command is a line to a node.
type Command struct {
	// ID is above zero and comes back in the Reply.
	ID         int                 `json:"id"`
	Do         Do                  `json:"do"`
	Role       string              `json:"role,omitempty"`
	To         string              `json:"to,omitempty"`
	Endpoints  map[string]Endpoint `json:"endpoints,omitempty"`
	Impairment Impairment          `json:"impairment,omitzero"`
	Pages      []string            `json:"pages,omitempty"`
	Servers    map[string]string   `json:"servers,omitempty"`
	Count      int                 `json:"count,omitempty"`
	Move       *Move               `json:"move,omitempty"`
}

// Reply is a line from a node.
type Reply struct {
	ID int `json:"id"`
	// Error says why a command was not carried out.
	Error string `json:"error,omitempty"`
	// Endpoints by role, in the first reply.
	Endpoints map[string]Endpoint `json:"endpoints,omitempty"`
	Metrics   *Metrics            `json:"metrics,omitempty"`
	// Counts is what a command did, in words of its own.
	Counts map[string]int64 `json:"counts,omitempty"`
}

// Metrics is what a node knows of itself. Counters only grow, from the start
// of the process.
type Metrics struct {
	CPU  Usage `json:"cpu"`
	Disk Usage `json:"disk"`
	// Process is the real machine's share: what the emulation itself costs.
	ProcessCPU time.Duration `json:"process_cpu_ns"`
	Memory     int64         `json:"memory_bytes"`
	// ClockError is the median wake-up error of the node's clock.
	ClockError time.Duration `json:"clock_error_ns"`
	// Roles are counters and gauges by role, named in Prometheus style with
	// the unit last ("statements_total", "pool_hits_total").
	Roles map[string]map[string]float64 `json:"roles"`
	// Histograms by role and name, named like counters.
	Histograms map[string]map[string]Histogram `json:"histograms,omitempty"`
	// Events are the latest things that happened to the node's roles, oldest
	// first.
	Events []Event `json:"events,omitempty"`
}

// Histogram counts values in buckets, as Prometheus does but not cumulated:
// Counts[i] are those above Bounds[i-1] and not above Bounds[i], the last one
// those above every bound. The zero value counts nothing and has no room.
type Histogram struct {
	Bounds []float64 `json:"bounds"`
	Counts []int64   `json:"counts"`
	Sum    float64   `json:"sum"`
}

// Event is something that a role noticed or did, in wall-clock time, which
// all nodes of one machine share.
type Event struct {
	At   time.Time `json:"at"`
	Role string    `json:"role"`
	// What happened: "down" or "up" for a balancer's server.
	What    string `json:"what"`
	Subject string `json:"subject"`
	Cause   string `json:"cause,omitempty"`
}

// Usage is the use of one emulated resource.
type Usage struct {
	Slots int `json:"slots"`
	// Busy is the slot time handed out, summed over slots.
	Busy time.Duration `json:"busy_ns"`
	// Served and Refused count pieces of work.
	Served  int64 `json:"served"`
	Refused int64 `json:"refused"`
	// Waited is the summed queueing time of the served.
	Waited time.Duration `json:"waited_ns"`
	// Queue is how many wait now; Peak the most that ever did.
	Queue int `json:"queue"`
	Peak  int `json:"peak"`
	// ByRole is Busy by role.
	ByRole map[string]time.Duration `json:"by_role_ns,omitempty"`
}
