package configs

// The shapes of the data rungs in a stage file.

// replicationFile makes database roles members of one group; web roles whose
// store is one of them know them all. Lease and heartbeat are published values.
type replicationFile struct {
	Members   []string `yaml:"members"`
	Primary   string   `yaml:"primary"`
	Mode      string   `yaml:"mode"`
	Lease     span     `yaml:"lease"`
	Heartbeat span     `yaml:"heartbeat"`
	Compress  bool     `yaml:"compress"`
}

// readThroughFile: ttl is a published value.
type readThroughFile struct {
	Nodes        []string `yaml:"nodes"`
	VirtualNodes int      `yaml:"virtual_nodes"`
	TTL          span     `yaml:"ttl"`
	Jitter       ratio    `yaml:"jitter"`
	Coalesce     *bool    `yaml:"coalesce"`
	Invalidate   *bool    `yaml:"invalidate"`
	Connections  int      `yaml:"connections"`
	Timeout      *span    `yaml:"timeout"`
	Hold         *span    `yaml:"hold"`
}

type sessionsFile struct {
	Store string   `yaml:"store"`
	Roles []string `yaml:"roles"`
	Key   string   `yaml:"key"`
}

type cacheFile struct {
	Bytes       int64  `yaml:"bytes"`
	Policy      string `yaml:"policy"`
	Connections int    `yaml:"connections"`
}

// edgeFile: ttl and stale_if_error are published values.
type edgeFile struct {
	Origin       string   `yaml:"origin"`
	Backups      []string `yaml:"backups"`
	Provider     string   `yaml:"provider"`
	Region       string   `yaml:"region"`
	Peers        []string `yaml:"peers"`
	Bytes        int64    `yaml:"bytes"`
	TTL          span     `yaml:"ttl"`
	StaleIfError span     `yaml:"stale_if_error"`
	Timeout      *span    `yaml:"timeout"`
	Connections  int      `yaml:"connections"`
	PurgeKey     string   `yaml:"purge_key"`
}

type volumeFile struct {
	PoolFiles   int    `yaml:"pool_files"`
	Fsync       string `yaml:"fsync"`
	Connections int    `yaml:"connections"`
}

// names is a list of names, or one name.
type names []string

type regionFile struct {
	Name   string `yaml:"name"`
	Subnet string `yaml:"subnet"`
}

// autoscaleFile: its periods are published values.
type autoscaleFile struct {
	Nodes     []string `yaml:"nodes"`
	Balancer  string   `yaml:"balancer"`
	Backlog   int      `yaml:"backlog"`
	Min       int      `yaml:"min"`
	Max       int      `yaml:"max"`
	Target    ratio    `yaml:"target"`
	Tolerance ratio    `yaml:"tolerance"`
	Interval  span     `yaml:"interval"`
	UpAfter   span     `yaml:"up_after"`
	DownAfter span     `yaml:"down_after"`
	Drain     span     `yaml:"drain"`
}

// figureFile draws facts: a point is a value of x and the name of a fact.
type figureFile struct {
	ID     string       `yaml:"id"`
	Title  string       `yaml:"title"`
	How    string       `yaml:"how"`
	X      axisFile     `yaml:"x"`
	Y      axisFile     `yaml:"y"`
	Series []seriesFile `yaml:"series"`
}

type scalingFile struct {
	Of     string `yaml:"of"`
	Points []struct {
		Nodes int    `yaml:"nodes"`
		Fact  string `yaml:"fact"`
	} `yaml:"points"`
	Simulate []int `yaml:"simulate"`
}

type axisFile struct {
	Label string   `yaml:"label"`
	Unit  string   `yaml:"unit"`
	Log   bool     `yaml:"log"`
	Names []string `yaml:"names"`
}

type seriesFile struct {
	Name      string      `yaml:"name"`
	Mark      string      `yaml:"mark"`
	Predicted bool        `yaml:"predicted"`
	Points    []pointFile `yaml:"points"`
}

type pointFile struct {
	X    float64 `yaml:"x"`
	Fact string  `yaml:"fact"`
}
