package configs

// stageFile is the shape of a stage file. Durations under ttl, health and
// down are published values: the loader divides them by time_scale.
type stageFile struct {
	Stage       string           `yaml:"stage"`
	Title       string           `yaml:"title"`
	Adds        string           `yaml:"adds"`
	Previous    string           `yaml:"previous"`
	Compare     string           `yaml:"compare"`
	Parts       []string         `yaml:"parts"`
	Site        string           `yaml:"site"`
	Entry       string           `yaml:"entry"`
	Resolver    string           `yaml:"resolver"`
	TimeScale   float64          `yaml:"time_scale"`
	Nodes       []nodeFile       `yaml:"nodes"`
	Links       []linkFile       `yaml:"links"`
	Variants    []variantFile    `yaml:"variants"`
	Kills       []killFile       `yaml:"kills"`
	Experiments []experimentFile `yaml:"experiments"`
	Claims      []claimFile      `yaml:"claims"`
}

// partFile is a set of nodes and links that several stages share.
type partFile struct {
	Nodes []nodeFile `yaml:"nodes"`
	Links []linkFile `yaml:"links"`
}

type nodeFile struct {
	Name string `yaml:"name"`
	// CPUs and Disks are slots; a node without them is not emulated and
	// costs nothing.
	CPUs     int        `yaml:"cpus"`
	Disks    int        `yaml:"disks"`
	MemoryGB float64    `yaml:"memory_gb"`
	Quantum  *span      `yaml:"quantum"`
	Queue    *int       `yaml:"queue"`
	Roles    []roleFile `yaml:"roles"`
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
}

// roleKinds are the fields of a role that say what it does.
func roleKinds() []string {
	return []string{"web", "database", "keyvalue", "balancer", "nameserver", "resolver"}
}

// kinds lists those that the role has: one, if all is well.
func (r roleFile) kinds() []string {
	var out []string
	for i, there := range []bool{r.Web != nil, r.Database != nil, r.KeyValue != nil, r.Balancer != nil, r.Nameserver != nil, r.Resolver != nil} {
		if there {
			out = append(out, roleKinds()[i])
		}
	}
	return out
}

// without is the role with nothing to do.
func (r roleFile) without() roleFile { return roleFile{Name: r.Name, Port: r.Port, Private: r.Private} }

type webFile struct {
	Store       string `yaml:"store"`
	Connections int    `yaml:"connections"`
	SessionTTL  *span  `yaml:"session_ttl"`
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
}

// recordFile: the role "entry" stands for the stage's entry.
type recordFile struct {
	Name string `yaml:"name"`
	Role string `yaml:"role"`
	TTL  span   `yaml:"ttl"`
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

// linkFile: wire names a kind of wire (lan, wan) whose delay is a row of the
// hardware's latency numbers; delay (one way) states it instead.
type linkFile struct {
	From   string `yaml:"from"`
	To     string `yaml:"to"`
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
}

type killFile struct {
	Node string `yaml:"node"`
	Down span   `yaml:"down"`
}

type experimentFile struct {
	Name       string   `yaml:"name"`
	Kind       string   `yaml:"kind"`
	Variant    string   `yaml:"variant"`
	Role       string   `yaml:"role"`
	Rate       float64  `yaml:"rate"`
	Operations []string `yaml:"operations"`
	Profiles   []string `yaml:"profiles"`
}

type claimFile struct {
	ID       string   `yaml:"id"`
	Text     string   `yaml:"text"`
	Checks   []string `yaml:"checks"`
	Profiles []string `yaml:"profiles"`
}
