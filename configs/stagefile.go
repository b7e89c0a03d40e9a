package configs

// stageFile is the shape of a stage file. Durations under ttl, health and
// down are published values: the loader divides them by time_scale.
type stageFile struct {
	Stage       string            `yaml:"stage"`
	Title       string            `yaml:"title"`
	Adds        string            `yaml:"adds"`
	Previous    string            `yaml:"previous"`
	Compare     string            `yaml:"compare"`
	Parts       []string          `yaml:"parts"`
	Site        string            `yaml:"site"`
	Static      string            `yaml:"static"`
	Entry       string            `yaml:"entry"`
	Resolver    string            `yaml:"resolver"`
	Resolvers   []string          `yaml:"resolvers"`
	TimeScale   float64           `yaml:"time_scale"`
	Regions     []regionFile      `yaml:"regions"`
	Nodes       []nodeFile        `yaml:"nodes"`
	Links       []linkFile        `yaml:"links"`
	Replication []replicationFile `yaml:"replication"`
	Sharding    *shardingFile     `yaml:"sharding"`
	Follows     int               `yaml:"follows"`
	Autoscale   *autoscaleFile    `yaml:"autoscale"`
	Telemetry   *telemetryFile    `yaml:"telemetry"`
	Supervisor  *supervisorFile   `yaml:"supervisor"`
	Variants    []variantFile     `yaml:"variants"`
	Kills       []killFile        `yaml:"kills"`
	Experiments []experimentFile  `yaml:"experiments"`
	Figures     []figureFile      `yaml:"figures"`
	Scalings    []scalingFile     `yaml:"scalings"`
	Claims      []claimFile       `yaml:"claims"`
}

// partFile is a set of nodes and links that several stages share.
type partFile struct {
	Nodes []nodeFile `yaml:"nodes"`
	Links []linkFile `yaml:"links"`
}

type nodeFile struct {
	Name string `yaml:"name"`
	// Like names another node of the same file that this one is a copy of,
	// with its own name; what is given here is laid over it.
	Like string `yaml:"like"`
	// CPUs and Disks are slots; a node without them is not emulated and
	// costs nothing.
	CPUs     int     `yaml:"cpus"`
	Disks    int     `yaml:"disks"`
	MemoryGB float64 `yaml:"memory_gb"`
	Quantum  *span   `yaml:"quantum"`
	Queue    *int    `yaml:"queue"`
	Standby  bool    `yaml:"standby"`
	// DataCenter is the name of the place that it stands in.
	DataCenter string     `yaml:"datacenter"`
	Roles      []roleFile `yaml:"roles"`
}

type roleFile struct {
	Name       string          `yaml:"name"`
	Port       int             `yaml:"port"`
	Private    bool            `yaml:"private"`
	Web        *webFile        `yaml:"web"`
	Database   *storeFile      `yaml:"database"`
	KeyValue   *storeFile      `yaml:"keyvalue"`
	Balancer   *balancerFile   `yaml:"balancer"`
	Nameserver *nameserverFile `yaml:"nameserver"`
	Resolver   *resolverFile   `yaml:"resolver"`
	Cache      *cacheFile      `yaml:"cache"`
	Edge       *edgeFile       `yaml:"edge"`
	Volume     *volumeFile     `yaml:"volume"`
	Queue      *queueFile      `yaml:"queue"`
	Worker     *workerFile     `yaml:"worker"`
	Monitor    *monitorFile    `yaml:"monitor"`
}

// roleKinds are the fields of a role that say what it does.
func roleKinds() []string {
	return []string{"web", "database", "keyvalue", "balancer", "nameserver", "resolver", "cache", "edge", "volume",
		"queue", "worker", "monitor"}
}

// kinds lists those that the role has: one, if all is well.
func (r roleFile) kinds() []string {
	var out []string
	for i, there := range []bool{r.Web != nil, r.Database != nil, r.KeyValue != nil, r.Balancer != nil, r.Nameserver != nil, r.Resolver != nil,
		r.Cache != nil, r.Edge != nil, r.Volume != nil, r.Queue != nil, r.Worker != nil, r.Monitor != nil} {
		if there {
			out = append(out, roleKinds()[i])
		}
	}
	return out
}

// without is the role with nothing to do.
func (r roleFile) without() roleFile { return roleFile{Name: r.Name, Port: r.Port, Private: r.Private} }

type webFile struct {
	Store        string           `yaml:"store"`
	Reads        string           `yaml:"reads"`
	Connections  int              `yaml:"connections"`
	SessionTTL   *span            `yaml:"session_ttl"`
	AssetMaxAge  span             `yaml:"asset_max_age"`
	Denormalised bool             `yaml:"denormalised"`
	Queues       []string         `yaml:"queues"`
	Cache        *readThroughFile `yaml:"cache"`
	Sessions     sessionsFile     `yaml:"sessions"`
}

type storeFile struct {
	PoolPages   int    `yaml:"pool_pages"`
	Fsync       string `yaml:"fsync"`
	Connections int    `yaml:"connections"`
}

type balancerFile struct {
	Servers []string    `yaml:"servers"`
	Policy  string      `yaml:"policy"`
	Sticky  bool        `yaml:"sticky"`
	Health  *healthFile `yaml:"health"`
	Retries int         `yaml:"retries"`
	Timeout *span       `yaml:"timeout"`
	TLS     bool        `yaml:"tls"`
	Static  bool        `yaml:"static"`
	Limit   limitFile   `yaml:"limit"`
}

type healthFile struct {
	Interval     span `yaml:"interval"`
	Timeout      span `yaml:"timeout"`
	Fall         int  `yaml:"fall"`
	Rise         int  `yaml:"rise"`
	PassiveFails int  `yaml:"passive_fails"`
}

type limitFile struct {
	Rate  float64 `yaml:"rate"`
	Burst int     `yaml:"burst"`
}

type nameserverFile struct {
	Zone        string           `yaml:"zone"`
	Records     []recordFile     `yaml:"records"`
	Delegations []delegationFile `yaml:"delegations"`
	Health      *healthFile      `yaml:"health"`
}

// recordFile: the role "entry" stands for the stage's entry.
type recordFile struct {
	Name    string              `yaml:"name"`
	Role    string              `yaml:"role"`
	TTL     span                `yaml:"ttl"`
	Backup  []string            `yaml:"backup"`
	Regions map[string][]string `yaml:"regions"`
	Every   bool                `yaml:"every"`
}

type delegationFile struct {
	Zone string `yaml:"zone"`
	Role string `yaml:"role"`
	TTL  span   `yaml:"ttl"`
}

type resolverFile struct {
	Root    string   `yaml:"root"`
	Reaches []string `yaml:"reaches"`
	MaxTTL  span     `yaml:"max_ttl"`
	Timeout span     `yaml:"timeout"`
}

// linkFile: wire names a kind of wire (lan, wan, far) whose delay is a row of the
// hardware's latency numbers; delay (one way) states it instead.
// From and to may be lists: every one of from is wired to every other one of
// to.
type linkFile struct {
	From   names  `yaml:"from"`
	To     names  `yaml:"to"`
	Wire   string `yaml:"wire"`
	Delay  *span  `yaml:"delay"`
	Jitter span   `yaml:"jitter"`
	// Bandwidth in bytes per second; zero means the wire's own.
	Bandwidth int64 `yaml:"bandwidth"`
}

// variantFile changes a stage: fields of nodes and roles of the same name are
// laid over, a role of another kind replaces, without takes nodes away.
type variantFile struct {
	Name    string   `yaml:"name"`
	Text    string   `yaml:"text"`
	Nodes   []raw    `yaml:"nodes"`
	Roles   []raw    `yaml:"roles"`
	Without []string `yaml:"without"`
	// Add puts further nodes and links into the stage.
	Add partFile `yaml:"add"`
	// Replication replaces that of the stage, when it is given.
	Replication []replicationFile `yaml:"replication"`
	// Sharding and Follows replace those of the stage, when they are given,
	// NoSharding takes it away.
	Sharding   *shardingFile `yaml:"sharding"`
	NoSharding bool          `yaml:"no_sharding"`
	Follows    *int          `yaml:"follows"`
	// Users replaces the workload's number, when it is above 0.
	Users int `yaml:"users"`
	// NoTelemetry takes telemetry and the supervisor away.
	NoTelemetry bool `yaml:"no_telemetry"`
	// Links are laid over those of the stage that have the same ends.
	Links []linkFile `yaml:"links"`
	// Autoscale replaces that of the stage, when it is given.
	Autoscale *autoscaleFile `yaml:"autoscale"`
	// NoStatic asks the site itself for static files.
	NoStatic bool `yaml:"no_static"`
}

type killFile struct {
	Node       string   `yaml:"node"`
	DataCenter string   `yaml:"datacenter"`
	Down       span     `yaml:"down"`
	Replace    bool     `yaml:"replace"`
	Profiles   []string `yaml:"profiles"`
}

type experimentFile struct {
	Name       string   `yaml:"name"`
	Kind       string   `yaml:"kind"`
	Variant    string   `yaml:"variant"`
	Role       string   `yaml:"role"`
	Rate       float64  `yaml:"rate"`
	Operations []string `yaml:"operations"`
	Regions    []string `yaml:"regions"`
	Nodes      []string `yaml:"nodes"`
	Down       span     `yaml:"down"`
	Length     span     `yaml:"length"`
	Slow       span     `yaml:"slow"`
	Count      int      `yaml:"count"`
	Peak       float64  `yaml:"peak"`
	Exponent   float64  `yaml:"zipf_exponent"`
	Method     string   `yaml:"method"`
	DataCenter string   `yaml:"datacenter"`
	Hot        hotFile  `yaml:"hot"`
	Values     []int    `yaml:"values"`
	Profiles   []string `yaml:"profiles"`
}

type claimFile struct {
	ID       string   `yaml:"id"`
	Text     string   `yaml:"text"`
	Checks   []string `yaml:"checks"`
	Profiles []string `yaml:"profiles"`
}
