package targets

import "time"

// Sync says when a queue has what it acknowledges on the real disk.
type Sync string

// The sync modes.
const (
	// SyncAlways before each acknowledgement: one disk access for a message.
	SyncAlways Sync = "always"
	// SyncInterval every Interval: what came after the last one is lost when
	// the machine loses its power.
	SyncInterval Sync = "interval"
)

// Syncs lists the sync modes.
func Syncs() []Sync { return []Sync{SyncAlways, SyncInterval} }

// Queue is a durable message queue: a NATS server with a JetStream stream in
// files.
type Queue struct {
	Sync Sync `json:"sync"`
	// Interval of SyncInterval. JetStream's default is 2 minutes.
	Interval time.Duration `json:"interval_ns,omitempty"`
	// Demand is the CPU time of one published message, Access that of one
	// disk access, which SyncAlways needs for each.
	Demand Law `json:"demand"`
	Access Law `json:"access"`
	// Bytes bounds the messages that it holds; when it is full it refuses
	// new ones.
	Bytes int64 `json:"bytes"`
	// Window in which a message with an id that was there is not stored
	// again.
	Window time.Duration `json:"window_ns"`
	// AckWait is how long a consumer may take for a message before it is
	// delivered again.
	AckWait time.Duration `json:"ack_wait_ns"`
	// Connections bounds the clients served at once.
	Connections int `json:"connections"`
}

// Worker takes photos out of queues, works on them and stores them.
type Worker struct {
	// Queues that it consumes from.
	Queues []string `json:"queues"`
	// Data says where results go.
	Data DataTier `json:"data"`
	// Demand is the CPU time of one photo.
	Demand Law `json:"demand"`
	// Concurrency is how many photos it works on at once.
	Concurrency int `json:"concurrency"`
	// Idempotent stores a photo under its own id, so that a message that is
	// delivered twice leaves one row. Off, every delivery leaves one.
	Idempotent bool `json:"idempotent"`
}

// DataTier is how a role reaches the data: one store, a group, or shards.
type DataTier struct {
	// Store names the database or keyvalue role. Empty with Sharding.
	Store string `json:"store,omitempty"`
	// Members are the database roles of the store's group when it is
	// replicated.
	Members []string `json:"members,omitempty"`
	// Sharding in place of Store and Members.
	Sharding *Sharding `json:"sharding,omitempty"`
	// Follows says that the data has the table of who follows whom.
	Follows bool `json:"follows,omitempty"`
	// Connections bounds the open connections to each database.
	Connections int `json:"connections"`
}

// uses lists the roles of the data tier.
func (d DataTier) uses() []string {
	uses := append([]string{d.Store}, d.Members...)
	if d.Sharding != nil {
		uses = append(uses, d.Sharding.Roles()...)
	}
	return once(uses)
}
