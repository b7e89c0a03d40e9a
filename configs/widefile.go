package configs

// The shapes of the wide rungs in a stage file.

// shardingFile says where the data of web and worker roles without a store
// is.
type shardingFile struct {
	Method       string      `yaml:"method"`
	VirtualNodes int         `yaml:"virtual_nodes"`
	Shards       []shardFile `yaml:"shards"`
	Spare        []shardFile `yaml:"spare"`
	Pins         []pinFile   `yaml:"pins"`
}

type shardFile struct {
	Name    string   `yaml:"name"`
	Members []string `yaml:"members"`
}

type pinFile struct {
	User   int64    `yaml:"user"`
	Shards []string `yaml:"shards"`
}

// queueFile: interval, window and ack_wait are published values.
type queueFile struct {
	Sync        string `yaml:"sync"`
	Interval    span   `yaml:"interval"`
	Bytes       int64  `yaml:"bytes"`
	Window      *span  `yaml:"window"`
	AckWait     *span  `yaml:"ack_wait"`
	Connections int    `yaml:"connections"`
}

type workerFile struct {
	Queues      []string `yaml:"queues"`
	Store       string   `yaml:"store"`
	Connections int      `yaml:"connections"`
	Concurrency int      `yaml:"concurrency"`
	Idempotent  *bool    `yaml:"idempotent"`
}

type monitorFile struct {
	Bytes       int64 `yaml:"bytes"`
	Connections int   `yaml:"connections"`
}

type telemetryFile struct {
	Logs   string `yaml:"logs"`
	Access bool   `yaml:"access"`
	Sample ratio  `yaml:"sample"`
}

// supervisorFile: its periods are published values.
type supervisorFile struct {
	Nodes    []string `yaml:"nodes"`
	Interval span     `yaml:"interval"`
	Timeout  span     `yaml:"timeout"`
	Fall     int      `yaml:"fall"`
	Patience *span    `yaml:"patience"`
}

type hotFile struct {
	User  int64 `yaml:"user"`
	Ratio ratio `yaml:"share"`
}
