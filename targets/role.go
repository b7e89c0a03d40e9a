package targets

import (
	"maps"
	"slices"
	"time"
)

// Kind says what a role does. Each kind has one settings field in Role.
type Kind string

// The kinds of roles.
const (
	KindWeb        Kind = "web"
	KindDatabase   Kind = "database"
	KindKeyValue   Kind = "keyvalue"
	KindBalancer   Kind = "balancer"
	KindNameserver Kind = "nameserver"
	KindResolver   Kind = "resolver"
	KindCache      Kind = "cache"
	KindEdge       Kind = "edge"
	KindVolume     Kind = "volume"
	KindQueue      Kind = "queue"
	KindWorker     Kind = "worker"
	KindMonitor    Kind = "monitor"
)

// Kinds lists every kind in the order of the ladder.
func Kinds() []Kind {
	return []Kind{KindNameserver, KindResolver, KindWeb, KindDatabase, KindKeyValue, KindBalancer, KindCache, KindEdge, KindVolume,
		KindQueue, KindWorker, KindMonitor}
}

// Role is one server program on a node. Exactly the settings field of its
// Kind is set.
type Role struct {
	Name string `json:"name"`
	Kind Kind   `json:"kind"`
	// Port is the port to listen on. Zero means any free one.
	Port int `json:"port,omitempty"`
	// Private roles refuse connections from everything but nodes that have a
	// role which uses them.
	Private bool `json:"private,omitempty"`

	Web        *Web        `json:"web,omitempty"`
	Database   *Database   `json:"database,omitempty"`
	KeyValue   *KeyValue   `json:"keyvalue,omitempty"`
	Balancer   *Balancer   `json:"balancer,omitempty"`
	Nameserver *Nameserver `json:"nameserver,omitempty"`
	Resolver   *Resolver   `json:"resolver,omitempty"`
	Cache      *Cache      `json:"cache,omitempty"`
	Edge       *Edge       `json:"edge,omitempty"`
	Volume     *Volume     `json:"volume,omitempty"`
	Queue      *Queue      `json:"queue,omitempty"`
	Worker     *Worker     `json:"worker,omitempty"`
	Monitor    *Monitor    `json:"monitor,omitempty"`
}

// Uses lists the roles that this one needs to answer, in the order of its
// settings, each once.
func (r Role) Uses() []string {
	switch {
	case r.Web != nil:
		return r.Web.uses()
	case r.Balancer != nil:
		return r.Balancer.Servers
	case r.Resolver != nil:
		return r.Resolver.Reaches
	case r.Edge != nil:
		return []string{r.Edge.Origin}
	case r.Worker != nil:
		return once(slices.Concat(r.Worker.Queues, r.Worker.Data.uses()))
	}
	return nil
}

// Peers lists the roles that this one also dials, but does not need to
// answer: the members of its group, and what it checks the health of.
func (r Role) Peers() []string {
	switch {
	case r.Database != nil && r.Database.Replication != nil:
		return without(r.Database.Replication.Members, r.Name)
	case r.Edge != nil:
		return without(slices.Concat(r.Edge.Peers, r.Edge.Backups), r.Name)
	case r.Nameserver != nil && r.Nameserver.Health.Interval > 0:
		return r.Nameserver.watched()
	}
	return nil
}

// Dials lists every role that this one has a wire to, each once.
func (r Role) Dials() []string { return once(slices.Concat(r.Uses(), r.Peers())) }

// without returns the names but one, each once.
func without(names []string, name string) []string {
	return slices.DeleteFunc(once(names), func(n string) bool { return n == name })
}

// once returns a copy without the empty and the repeated.
func once(names []string) []string {
	var out []string
	for _, n := range names {
		if n != "" && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

// Web serves the application over HTTP.
type Web struct {
	// Store names the database or keyvalue role that holds the data. Empty
	// with Sharding.
	Store string `json:"store,omitempty"`
	// Members are the database roles of the store's group when it is
	// replicated, the store among them. Writes go to whichever of them is
	// primary, reads where Reads says.
	Members []string `json:"members,omitempty"`
	Reads   Reads    `json:"reads,omitempty"`
	// Sharding spreads the data over several databases, in place of Store
	// and Members. Nil means that it is in one place.
	Sharding *Sharding `json:"sharding,omitempty"`
	// Follows says that the data has the table of who follows whom.
	Follows bool `json:"follows,omitempty"`
	// Denormalised reads whom a user follows from copies beside the user's
	// own rows, and keeps the copies up to date when a user is edited. Off,
	// the rows are joined.
	Denormalised bool `json:"denormalised,omitempty"`
	// Queues take photos, to be worked on by workers: the first one that
	// answers. None means that the web server does the work.
	Queues []string `json:"queues,omitempty"`
	// Cache is what reads go through first. Nil means none.
	Cache *ReadThrough `json:"cache,omitempty"`
	// Sessions says where logins are kept. The zero value is the web
	// server's own memory.
	Sessions Sessions `json:"sessions,omitzero"`
	// AssetMaxAge is the max-age of static files in Cache-Control. Zero
	// means that caches must ask each time.
	AssetMaxAge time.Duration `json:"asset_max_age_ns,omitempty"`
	// Demand is the CPU time of a request by operation, charged once.
	Demand map[Operation]Law `json:"demand"`
	// Connections bounds the open connections to the store.
	Connections int `json:"connections"`
	// SessionTTL is how long a login lasts.
	SessionTTL time.Duration `json:"session_ttl_ns"`
	// AssetSizes are the sizes in bytes of the static files; file i is named
	// by AssetName(i).
	AssetSizes []int `json:"asset_sizes_bytes"`
}

// Database is a SQL database that speaks the PostgreSQL wire protocol.
type Database struct {
	Data Data `json:"data"`
	// Demand is the CPU time of a statement by class.
	Demand map[Statement]Law `json:"demand"`
	// Access is the time of one disk access: a page that is not in the pool,
	// or a commit.
	Access Law `json:"access"`
	// PoolPages is the size of the buffer pool. Zero means that every page
	// is always in memory.
	PoolPages int `json:"pool_pages"`
	// Fsync is the durability of a commit on the real disk.
	Fsync Fsync `json:"fsync"`
	// Connections bounds the clients served at once.
	Connections int `json:"connections"`
	// Replication makes the database a member of a group. Nil means that it
	// stands alone.
	Replication *Replication `json:"replication,omitempty"`
	// Sharding and Shard say which part of the data it starts with: the
	// users of that shard. Nil means all.
	Sharding *Sharding `json:"sharding,omitempty"`
	Shard    string    `json:"shard,omitempty"`
}

// KeyValue is a key-value store that speaks RESP. The fields mean what they
// mean in Database; its statements are StatementGet and StatementSet.
type KeyValue struct {
	Data        Data              `json:"data"`
	Demand      map[Statement]Law `json:"demand"`
	Access      Law               `json:"access"`
	PoolPages   int               `json:"pool_pages"`
	Fsync       Fsync             `json:"fsync"`
	Connections int               `json:"connections"`
}

// Storage returns what a database has in common with a key-value store.
func (d Database) Storage() KeyValue {
	return KeyValue{Data: d.Data, Demand: d.Demand, Access: d.Access, PoolPages: d.PoolPages, Fsync: d.Fsync, Connections: d.Connections}
}

// SQL returns a database with the settings of a key-value store, not
// replicated.
func (k KeyValue) SQL() Database {
	return Database{Data: k.Data, Demand: k.Demand, Access: k.Access, PoolPages: k.PoolPages, Fsync: k.Fsync, Connections: k.Connections}
}

// Fsync says what a store asks of the real disk before it acknowledges a
// write.
type Fsync string

// The fsync modes. Full survives a power cut (as far as the disk is honest),
// Off survives the death of the process only.
const (
	FsyncFull Fsync = "full"
	FsyncOff  Fsync = "off"
)

// Policy is how a balancer picks a server.
type Policy string

// The balancing policies.
const (
	PolicyRoundRobin       Policy = "round-robin"
	PolicyLeastConnections Policy = "least-connections"
	PolicyRandomTwo        Policy = "random-two-choices"
	PolicyIPHash           Policy = "ip-hash"
)

// Policies lists the balancing policies.
func Policies() []Policy {
	return []Policy{PolicyRoundRobin, PolicyLeastConnections, PolicyRandomTwo, PolicyIPHash}
}

// Balancer spreads HTTP requests over servers.
type Balancer struct {
	Servers []string `json:"servers"`
	Policy  Policy   `json:"policy"`
	// Sticky keeps a client at the server that its cookie names, as long as
	// that server is up.
	Sticky bool   `json:"sticky"`
	Health Health `json:"health"`
	// Retries is how many further servers are tried. Only requests that are
	// idempotent, or were never sent, are tried again.
	Retries int `json:"retries"`
	// Timeout bounds one try, from dial to the end of the headers.
	Timeout time.Duration `json:"timeout_ns"`
	// Demand is the CPU time of one request.
	Demand Law `json:"demand"`
	// TLS adds a second listener that terminates TLS, with a certificate of
	// its own making.
	TLS bool `json:"tls"`
	// Static answers GET /assets itself, from copies of the servers' files.
	Static bool `json:"static"`
	// AssetSizes are the sizes of the static files, as in Web.
	AssetSizes []int `json:"asset_sizes_bytes,omitempty"`
	// Limit is the rate limit. The zero value means none.
	Limit RateLimit `json:"limit"`
}

// Health is how a balancer notices that a server is down or up again.
type Health struct {
	// Interval and Timeout of active checks. A zero Interval turns them off.
	Interval time.Duration `json:"interval_ns"`
	Timeout  time.Duration `json:"timeout_ns"`
	// Fall consecutive failures mark a server down, Rise successes up.
	Fall int `json:"fall"`
	Rise int `json:"rise"`
	// PassiveFails consecutive failed requests mark a server down until
	// active checks mark it up. Zero turns passive checks off.
	PassiveFails int `json:"passive_fails"`
}

// RateLimit is a token bucket per client address.
type RateLimit struct {
	// Rate is in requests per second. Zero means no limit.
	Rate float64 `json:"rate_per_s"`
	// Burst is the size of the bucket in requests.
	Burst int `json:"burst"`
}

// Nameserver answers DNS for one zone, over UDP and TCP.
type Nameserver struct {
	// Zone is the fully qualified name of the zone; "." is the root.
	Zone string `json:"zone"`
	// Records are the zone's own addresses.
	Records []Record `json:"records,omitempty"`
	// Delegations name the zones below, and who serves them.
	Delegations []Delegation `json:"delegations,omitempty"`
	// Health of the roles behind the records, so that a dead one is not
	// answered. A zero Interval turns checks off. PassiveFails has no use.
	Health Health `json:"health,omitzero"`
}

// watched lists the roles behind the records.
func (n Nameserver) watched() []string {
	var roles []string
	for _, r := range n.Records {
		roles = append(append(roles, r.Role), r.Backup...)
		for _, region := range slices.Sorted(maps.Keys(r.Regions)) {
			roles = append(roles, r.Regions[region]...)
		}
	}
	return once(roles)
}

// Record is an address record whose value is the address of a role's node.
type Record struct {
	Name string        `json:"name"`
	Role string        `json:"role"`
	TTL  time.Duration `json:"ttl_ns"`
	// Backup are answered in place of Role, the first healthy one, when
	// Role is not healthy.
	Backup []string `json:"backup,omitempty"`
	// Regions answers clients of a region, known by their EDNS client
	// subnet (RFC 7871) or their address, with the first healthy role of a
	// list, before Role and Backup are thought of.
	Regions map[string][]string `json:"regions,omitempty"`
	// Every answers every healthy role of the list, in its order, in place
	// of the first: clients try one after the other. Then Role and Backup
	// are one list.
	Every bool `json:"every,omitempty"`
}

// Delegation hands a child zone to another nameserver role.
type Delegation struct {
	Zone string        `json:"zone"`
	Role string        `json:"role"`
	TTL  time.Duration `json:"ttl_ns"`
}

// Resolver is a recursive DNS resolver with a cache.
type Resolver struct {
	// Root names the root nameserver role.
	Root string `json:"root"`
	// Reaches names every nameserver role that the resolver has a wire to,
	// the root among them.
	Reaches []string `json:"reaches"`
	// MaxTTL caps how long an answer is kept. Zero means no cap.
	MaxTTL time.Duration `json:"max_ttl_ns"`
	// Timeout bounds one question to one nameserver.
	Timeout time.Duration `json:"timeout_ns"`
}
