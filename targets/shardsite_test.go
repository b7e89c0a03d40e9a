package targets_test

import (
	"strings"
	"testing"
	"time"

	"rung/targets"
)

// shardedSite has two shards, a queue with a worker, and a monitor.
func shardedSite() targets.Topology {
	s := site()
	sharding := &targets.Sharding{Method: targets.ShardRing, VirtualNodes: 100,
		Shards: []targets.Shard{{Name: "one", Members: []string{"db"}}, {Name: "two", Members: []string{"db-2"}}},
		Pins:   []targets.Pin{{User: 7, Shards: []string{"two", "one"}}}}
	db := role(&s, "db")
	db.Database.Sharding, db.Database.Shard = sharding, "one"
	second := *db.Database
	second.Shard = "two"
	for _, name := range []string{"web-1", "web-2"} {
		role(&s, name).Web.Store = ""
		role(&s, name).Web.Sharding = sharding
		role(&s, name).Web.Queues = []string{"queue"}
	}
	add := func(name string, r targets.Role) {
		s.Nodes = append(s.Nodes, targets.Node{Name: name, Roles: []targets.Role{r}})
	}
	add("db-2", targets.Role{Name: "db-2", Kind: targets.KindDatabase, Database: &second})
	add("queue", targets.Role{Name: "queue", Kind: targets.KindQueue, Queue: &targets.Queue{Sync: targets.SyncAlways, Bytes: 1 << 20,
		Window: time.Second, AckWait: time.Second, Connections: 10}})
	add("worker", targets.Role{Name: "worker", Kind: targets.KindWorker, Worker: &targets.Worker{Queues: []string{"queue"},
		Data: targets.DataTier{Sharding: sharding, Connections: 1}, Concurrency: 2}})
	add("monitor", targets.Role{Name: "monitor", Kind: targets.KindMonitor, Private: true, Monitor: &targets.Monitor{Bytes: 1 << 20, Connections: 10}})
	s.Telemetry = &targets.Telemetry{Logs: "monitor", Sample: 0.1}
	s.Supervisor = &targets.Supervisor{Nodes: []string{"worker"}, Interval: time.Second, Timeout: time.Second, Fall: 3, Patience: time.Second}
	link := func(from, to string) { s.Links = append(s.Links, targets.Link{From: from, To: to}) }
	for _, from := range []string{"web-1", "web-2", "worker"} {
		link(from, "db-2")
		link(from, "queue")
	}
	link("worker", "db")
	for _, n := range s.Nodes {
		if n.Name != "monitor" {
			link(n.Name, "monitor")
		}
	}
	return s
}

func TestValidateShardedSite(t *testing.T) {
	if problems := shardedSite().Validate(); len(problems) > 0 {
		t.Fatalf("nothing is wrong, but: %v", problems)
	}
	for _, row := range []struct {
		name    string
		damage  func(*targets.Topology)
		problem string
	}{
		{"store and shards", func(s *targets.Topology) { role(s, "web-1").Web.Store = "db" }, "no store and no members with sharding"},
		{"one shard as the whole", func(s *targets.Topology) { w := role(s, "web-1").Web; w.Store, w.Sharding = "db", nil }, "holds one shard of several"},
		{"unknown method", func(s *targets.Topology) { role(s, "web-1").Web.Sharding.Method = "luck" }, `"luck" is not a method`},
		{"ring without points", func(s *targets.Topology) { role(s, "web-1").Web.Sharding.VirtualNodes = 0 }, "sharding.virtual_nodes"},
		{"no shards", func(s *targets.Topology) {
			role(s, "worker").Worker.Data.Sharding = &targets.Sharding{Method: targets.ShardModulo}
		}, "data.sharding.shards"},
		{"shard of another database", func(s *targets.Topology) { role(s, "db-2").Database.Shard = "one" }, "the shard that the role is a member of"},
		{"shard without sharding", func(s *targets.Topology) { role(s, "db-2").Database.Sharding = nil }, "sharding and the name of a shard, or neither"},
		{"pin to nowhere", func(s *targets.Topology) { role(s, "web-1").Web.Sharding.Pins[0].Shards[0] = "three" }, `there is no shard "three"`},
		{"pin of nobody", func(s *targets.Topology) { role(s, "web-1").Web.Sharding.Pins[0].User = 0 }, "pins[0].user"},
		{"member of no database", func(s *targets.Topology) { role(s, "web-1").Web.Sharding.Shards[0].Members[0] = "lb" }, `role "lb" is a "balancer"`},
		{"sessions without a key", func(s *targets.Topology) { role(s, "web-1").Web.Sessions.Store = targets.SessionsDatabase }, "sessions have no shard key"},
		{"photos to a database", func(s *targets.Topology) { role(s, "web-1").Web.Queues[0] = "db" }, `role "db" is a "database"`},
		{"sync mode that is none", func(s *targets.Topology) { role(s, "queue").Queue.Sync = "sometimes" }, `"sometimes" is not a sync mode`},
		{"interval that is none", func(s *targets.Topology) { role(s, "queue").Queue.Sync = targets.SyncInterval }, "queue.interval"},
		{"worker with no queue", func(s *targets.Topology) { role(s, "worker").Worker.Queues = nil }, "worker.queues"},
		{"lazy worker", func(s *targets.Topology) { role(s, "worker").Worker.Concurrency = 0 }, "worker.concurrency"},
		{"no room for lines", func(s *targets.Topology) { role(s, "monitor").Monitor.Bytes = 1 }, "monitor.bytes"},
		{"logs to a queue", func(s *targets.Topology) { s.Telemetry.Logs = "queue" }, `role "queue" is a "queue"`},
		{"logs without a wire", func(s *targets.Topology) { s.Links = s.Links[:len(s.Links)-1] }, "where the logs are gathered"},
		{"sample of more than all", func(s *targets.Topology) { s.Telemetry.Sample = 2 }, "telemetry.sample"},
		{"watched blindly", func(s *targets.Topology) { s.Telemetry = nil }, "cannot be watched"},
		{"watched nobody", func(s *targets.Topology) { s.Supervisor.Nodes[0] = "nobody" }, `there is no node "nobody"`},
		{"no patience", func(s *targets.Topology) { s.Supervisor.Patience = 0 }, "supervisor.patience"},
		{"resolver that is none", func(s *targets.Topology) { s.Resolvers = []string{"lb"} }, `role "lb" is a "balancer"`},
		{"data centre without a name", func(s *targets.Topology) { s.Nodes[0].DataCenter = "Mars!" }, "nodes[0].datacenter"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := shardedSite()
			row.damage(&s)
			problems := s.Validate()
			for _, p := range problems {
				if strings.Contains(p.Error(), row.problem) {
					return
				}
			}
			t.Errorf("nothing says %q: %v", row.problem, problems)
		})
	}
}

func TestEveryNodeMayCallTheMonitor(t *testing.T) {
	s := shardedSite()
	if got := s.Callers("monitor"); len(got) != len(s.Nodes) {
		t.Errorf("callers of the monitor: %q, want all %d nodes", got, len(s.Nodes))
	}
}
