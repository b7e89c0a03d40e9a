package targets

import "time"

// Edge is a server of a content delivery network: a shared HTTP cache
// (RFC 9111) near its users, in front of the site's static files.
type Edge struct {
	// Origin names the balancer or web role that has the files.
	Origin string `json:"origin"`
	// Backups are asked, in their order, when nobody listens there.
	Backups []string `json:"backups,omitempty"`
	// Provider and Region say whose edge it is, and where.
	Provider string `json:"provider"`
	Region   string `json:"region"`
	// Peers are the edges of the same provider, to which a purge is passed
	// on. The edge itself may be among them.
	Peers []string `json:"peers,omitempty"`
	// Bytes bounds what it holds; the least recently used goes first.
	Bytes int64 `json:"bytes"`
	// TTL is the freshness of an answer that says nothing of its own.
	TTL time.Duration `json:"ttl_ns"`
	// StaleIfError is how long after its freshness a stored answer may be
	// served when the origin fails (RFC 5861), if it does not say.
	StaleIfError time.Duration `json:"stale_if_error_ns"`
	// Timeout bounds one question to the origin.
	Timeout time.Duration `json:"timeout_ns"`
	// Connections bounds the open connections to the origin.
	Connections int `json:"connections"`
	// Demand is the CPU time of one request.
	Demand Law `json:"demand"`
	// PurgeKey is the bearer token that a purge must show. Empty means that
	// none is needed.
	PurgeKey string `json:"purge_key,omitempty"`
}

// Volume is a shared file system, served over HTTP (GET, PUT, DELETE of
// files, a subset of WebDAV).
type Volume struct {
	// Access is the time of one disk access; a read of a file that is not in
	// the pool and a write take one each.
	Access Law `json:"access"`
	// PoolFiles is how many files are kept in memory. Zero means all.
	PoolFiles int `json:"pool_files"`
	// Demand is the CPU time of one request.
	Demand Law   `json:"demand"`
	Fsync  Fsync `json:"fsync"`
	// Connections bounds the clients served at once.
	Connections int `json:"connections"`
}
