package configs

import (
	"slices"
	"time"

	"rung/bench"
	"rung/targets"
)

// Defaults of the wide rungs' settings.
const (
	defaultQueueBytes   = 256 << 20
	defaultMonitorBytes = 64 << 20
	defaultPatience     = 30 * time.Second
	// defaultWindow and defaultAckWait are JetStream's; they are scaled.
	defaultWindow  = 2 * time.Minute
	defaultAckWait = 30 * time.Second
)

func (b *builder) queue(f queueFile) *targets.Queue {
	access, _ := b.hardware.take(useDisk)
	const source = "JetStream's defaults (duplicates 2 min, ack wait 30 s, sync 2 min)"
	q := &targets.Queue{Sync: targets.Sync(f.Sync), Interval: b.scaled("sync interval of the queue", f.Interval, source),
		Demand: b.workload.Queue, Access: targets.Constant(access), Bytes: f.Bytes, Connections: f.Connections,
		Window:  b.scaled("duplicate window of the queue", either(f.Window, defaultWindow), source),
		AckWait: b.scaled("ack wait of the queue", either(f.AckWait, defaultAckWait), source)}
	if q.Sync == "" {
		q.Sync = targets.SyncAlways
	}
	if q.Bytes == 0 {
		q.Bytes = defaultQueueBytes
	}
	if q.Connections == 0 {
		q.Connections = defaultServed
	}
	return q
}

// either is a span that a file gives, or its default.
func either(s *span, otherwise time.Duration) span {
	if s != nil {
		return *s
	}
	return span(otherwise)
}

func (b *builder) worker(f workerFile) *targets.Worker {
	w := &targets.Worker{Queues: f.Queues, Data: targets.DataTier{Store: f.Store, Connections: f.Connections},
		Demand: b.workload.Web[targets.OpPhoto], Concurrency: f.Concurrency, Idempotent: f.Idempotent == nil || *f.Idempotent}
	if w.Data.Connections == 0 {
		w.Data.Connections = defaultConnections
	}
	if w.Concurrency == 0 {
		w.Concurrency = 4
	}
	return w
}

func (b *builder) monitor(f monitorFile) *targets.Monitor {
	m := &targets.Monitor{Bytes: f.Bytes, Demand: b.workload.Monitor, Connections: f.Connections}
	if m.Bytes == 0 {
		m.Bytes = defaultMonitorBytes
	}
	if m.Connections == 0 {
		m.Connections = defaultServed
	}
	return m
}

func (b *builder) telemetry(f *telemetryFile) *targets.Telemetry {
	if f == nil {
		return nil
	}
	return &targets.Telemetry{Logs: f.Logs, Access: f.Access, Sample: float64(f.Sample)}
}

func (b *builder) supervisor(f *supervisorFile) *targets.Supervisor {
	if f == nil {
		return nil
	}
	const source = "Kubernetes' liveness probes (every 10 s, 3 failures)"
	return &targets.Supervisor{Nodes: f.Nodes, Fall: f.Fall, Interval: b.scaled("supervisor's checks", f.Interval, source),
		Timeout: b.scaled("supervisor's time-out", f.Timeout, source), Patience: either(f.Patience, defaultPatience).duration()}
}

// shard spreads the data of the web and worker roles that name no store.
func (b *builder) shard(t *targets.Topology, f *shardingFile) {
	if f == nil {
		return
	}
	s := &targets.Sharding{Method: targets.ShardMethod(f.Method), VirtualNodes: f.VirtualNodes}
	if s.VirtualNodes == 0 && s.Method == targets.ShardRing {
		s.VirtualNodes = defaultVirtualNodes
	}
	for _, x := range f.Shards {
		s.Shards = append(s.Shards, targets.Shard(x))
	}
	for _, x := range f.Spare {
		s.Spare = append(s.Spare, targets.Shard(x))
	}
	for _, p := range f.Pins {
		s.Pins = append(s.Pins, targets.Pin(p))
	}
	for _, n := range t.Nodes {
		for _, r := range n.Roles {
			switch {
			case r.Web != nil && r.Web.Store == "":
				r.Web.Sharding = s
			case r.Worker != nil && r.Worker.Data.Store == "":
				r.Worker.Data.Sharding = s
			case r.Database != nil:
				for _, x := range s.All() {
					if slices.Contains(x.Members, r.Name) {
						r.Database.Sharding, r.Database.Shard = s, x.Name
					}
				}
			}
		}
	}
}

// follow gives every database the table of who follows whom, and says so to
// those who use it.
func (b *builder) follow(t targets.Topology, each int) {
	for _, n := range t.Nodes {
		for _, r := range n.Roles {
			switch {
			case r.Database != nil:
				r.Database.Data.Follows = each
			case r.Web != nil:
				r.Web.Follows = each > 0
			case r.Worker != nil:
				r.Worker.Data.Follows = each > 0
			}
		}
	}
}

func (b *builder) experimentOf(e experimentFile) bench.Experiment {
	x := bench.Experiment{Name: e.Name, Kind: bench.ExperimentKind(e.Kind), Variant: e.Variant, Role: e.Role, Rate: e.Rate, Profiles: e.Profiles,
		Regions: e.Regions, Nodes: e.Nodes, Length: e.Length.duration(), Slow: e.Slow.duration(), Count: e.Count, Peak: e.Peak,
		Exponent: e.Exponent, Method: e.Method, DataCenter: e.DataCenter, Values: e.Values,
		Hot: bench.Hot{User: e.Hot.User, Ratio: float64(e.Hot.Ratio)}}
	if e.Down > 0 {
		x.Down = b.scaled("down time in "+e.Name, e.Down, "the stage file: the time until a replacement starts")
	}
	for _, op := range e.Operations {
		x.Operations = append(x.Operations, targets.Operation(op))
	}
	return x
}
