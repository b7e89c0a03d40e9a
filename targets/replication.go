package targets

import "time"

// Mode says when a write to a replicated database is acknowledged.
type Mode string

// The replication modes. Each also needs the primary's own commit.
const (
	// ModeAsynchronous waits for no replica.
	ModeAsynchronous Mode = "asynchronous"
	// ModeSemiSynchronous waits until one replica holds the write.
	ModeSemiSynchronous Mode = "semi-synchronous"
	// ModeSynchronous waits until every replica of the synchronous set holds
	// it. A replica that is not heard of for a lease leaves the set; a
	// majority of the members must always hold it.
	ModeSynchronous Mode = "synchronous"
)

// Modes lists the replication modes.
func Modes() []Mode { return []Mode{ModeAsynchronous, ModeSemiSynchronous, ModeSynchronous} }

// Replication makes a database one member of a group with one primary.
type Replication struct {
	// Members are the database roles of the group, the same in every member.
	Members []string `json:"members"`
	// Primary is the member that is primary when the group first starts.
	Primary string `json:"primary"`
	Mode    Mode   `json:"mode"`
	// Lease is how long a primary may acknowledge after a majority last
	// granted it, and how long the others wait before they elect another.
	Lease time.Duration `json:"lease_ns"`
	// Heartbeat is the period at which a primary renews its lease.
	Heartbeat time.Duration `json:"heartbeat_ns"`
	// Compress the stream of entries to the replicas.
	Compress bool `json:"compress,omitempty"`
}

// Reads says which members of a replicated database answer reads.
type Reads string

// The read policies.
const (
	// ReadsPrimary reads what was last written.
	ReadsPrimary Reads = "primary"
	// ReadsReplicas spreads reads over the replicas, and falls back to the
	// primary when there is none.
	ReadsReplicas Reads = "replicas"
	// ReadsAll spreads reads over every member.
	ReadsAll Reads = "all"
	// ReadsNearest reads from the members that are the shortest wire away,
	// and from farther ones when none of these is up.
	ReadsNearest Reads = "nearest"
)

// ReadPolicies lists the read policies.
func ReadPolicies() []Reads { return []Reads{ReadsPrimary, ReadsReplicas, ReadsAll, ReadsNearest} }
