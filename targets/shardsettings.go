package targets

import (
	"fmt"
	"slices"
	"time"
)

// checkData checks how a role reaches the data.
func (t Topology) checkData(ps *problems, at string, d DataTier) {
	checkRange(ps, at+".connections", d.Connections, 1, 10_000)
	if d.Sharding == nil {
		t.wantRole(ps, at+".store", d.Store, KindDatabase, KindKeyValue)
		t.checkMembers(ps, at, d)
		return
	}
	if d.Store != "" || len(d.Members) > 0 {
		ps.add(at+".store", "no store and no members with sharding", "store %q, members %q", d.Store, d.Members)
	}
	t.checkSharding(ps, at+".sharding", *d.Sharding)
}

// checkMembers makes sure that a role knows the whole group of its store.
func (t Topology) checkMembers(ps *problems, at string, d DataTier) {
	store, _, _ := t.Role(d.Store)
	var group []string
	if store.Database != nil && store.Database.Replication != nil {
		group = store.Database.Replication.Members
	}
	if !sameNames(d.Members, group) {
		ps.add(at+".members", oneOf(group), "the members are %q: they must be those of the store's group, or none when it stands alone", d.Members)
	}
	if store.Database != nil && store.Database.Sharding != nil {
		ps.add(at+".store", "sharding", "role %q holds one shard of several", d.Store)
	}
}

func sameNames(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

func (t Topology) checkSharding(ps *problems, at string, s Sharding) {
	if !slices.Contains(ShardMethods(), s.Method) {
		ps.add(at+".method", oneOf(ShardMethods()), "%q is not a method", s.Method)
	}
	if s.Method == ShardRing {
		checkRange(ps, at+".virtual_nodes", s.VirtualNodes, 1, 10_000)
	}
	checkRange(ps, at+".shards", len(s.Shards), 1, 100)
	names, members := map[string]string{}, map[string]bool{}
	for i, x := range s.All() {
		field := index(at+".shards", i)
		if i >= len(s.Shards) {
			field = index(at+".spare", i-len(s.Shards))
		}
		checkName(ps, field+".name", x.Name, names)
		t.checkShard(ps, field, x, members)
	}
	for i, p := range s.Pins {
		field := index(at+".pins", i)
		if p.User < 1 {
			ps.add(field+".user", "1 or more", "is %d", p.User)
		}
		checkNames(ps, field+".shards", p.Shards, 1, 100)
		for j, name := range p.Shards {
			if _, ok := s.Shard(name); !ok {
				ps.add(index(field+".shards", j), "the name of a shard", "there is no shard %q", name)
			}
		}
	}
}

// checkShard makes sure that a shard is one database, or one whole group.
func (t Topology) checkShard(ps *problems, at string, s Shard, taken map[string]bool) {
	checkNames(ps, at+".members", s.Members, 1, 9)
	for i, m := range s.Members {
		field := index(at+".members", i)
		if !t.wantRole(ps, field, m, KindDatabase) {
			continue
		}
		if taken[m] {
			ps.add(field, "each database in one shard", "%q is in another one too", m)
		}
		taken[m] = true
		role, _, _ := t.Role(m)
		var group []string
		if role.Database != nil && role.Database.Replication != nil {
			group = role.Database.Replication.Members
		}
		if len(s.Members) > 1 && !sameNames(group, s.Members) || len(s.Members) == 1 && len(group) > 1 {
			ps.add(field, oneOf(group), "the members of shard %q are not those of the group of %q", s.Name, m)
		}
		if role.Database != nil && role.Database.Shard != s.Name {
			ps.add(field, fmt.Sprintf("database %q of shard %q", m, s.Name), "it holds shard %q", role.Database.Shard)
		}
	}
}

func (t Topology) checkQueue(ps *problems, at string, q Queue) {
	if !slices.Contains(Syncs(), q.Sync) {
		ps.add(at+".sync", oneOf(Syncs()), "%q is not a sync mode", q.Sync)
	}
	if q.Sync == SyncInterval {
		checkPeriod(ps, at+".interval", q.Interval, 10*time.Millisecond, time.Hour)
	}
	checkLaw(ps, at+".demand", q.Demand)
	checkLaw(ps, at+".access", q.Access)
	if q.Bytes < 1<<16 || q.Bytes > 1<<40 {
		ps.add(at+".bytes", "allowed is 65536 to 1 TiB", "is %d", q.Bytes)
	}
	checkPeriod(ps, at+".window", q.Window, 100*time.Millisecond, 24*time.Hour)
	checkPeriod(ps, at+".ack_wait", q.AckWait, 10*time.Millisecond, time.Hour)
	checkRange(ps, at+".connections", q.Connections, 1, 100_000)
}

func (t Topology) checkWorker(ps *problems, at string, w Worker) {
	checkNames(ps, at+".queues", w.Queues, 1, 20)
	for i, q := range w.Queues {
		t.wantRole(ps, index(at+".queues", i), q, KindQueue)
	}
	t.checkData(ps, at+".data", w.Data)
	checkLaw(ps, at+".demand", w.Demand)
	checkRange(ps, at+".concurrency", w.Concurrency, 1, 1000)
}

func checkMonitor(ps *problems, at string, m Monitor) {
	if m.Bytes < 1<<16 || m.Bytes > 1<<40 {
		ps.add(at+".bytes", "allowed is 65536 to 1 TiB", "is %d", m.Bytes)
	}
	checkLaw(ps, at+".demand", m.Demand)
	checkRange(ps, at+".connections", m.Connections, 1, 100_000)
}

// checkTelemetry makes sure that every node can reach the place where lines
// are gathered.
func (t Topology) checkTelemetry(ps *problems) {
	tel := t.Telemetry
	if tel == nil {
		return
	}
	checkRatio(ps, "telemetry.sample", tel.Sample)
	if tel.Logs == "" || !t.wantRole(ps, "telemetry.logs", tel.Logs, KindMonitor) {
		return
	}
	_, home, _ := t.Role(tel.Logs)
	for _, n := range t.Nodes {
		if _, wired := t.Link(n.Name, home.Name); !wired {
			ps.add("telemetry.logs", "add it to links", "no link goes from %q to %q, where the logs are gathered", n.Name, home.Name)
		}
	}
}

func (t Topology) checkSupervisor(ps *problems) {
	s := t.Supervisor
	if s == nil {
		return
	}
	if t.Telemetry == nil {
		ps.add("supervisor", "telemetry", "nodes without telemetry cannot be watched")
	}
	checkNames(ps, "supervisor.nodes", s.Nodes, 1, MaxNodes)
	for i, name := range s.Nodes {
		if _, ok := t.Node(name); !ok {
			ps.add(index("supervisor.nodes", i), oneOf(t.nodeNames()), "there is no node %q", name)
		}
	}
	checkPeriod(ps, "supervisor.interval", s.Interval, 10*time.Millisecond, time.Hour)
	checkPeriod(ps, "supervisor.timeout", s.Timeout, 10*time.Millisecond, time.Hour)
	checkRange(ps, "supervisor.fall", s.Fall, 1, 100)
	checkPeriod(ps, "supervisor.patience", s.Patience, 100*time.Millisecond, time.Hour)
}

// checkResolvers checks the further resolvers of the users.
func (t Topology) checkResolvers(ps *problems) {
	checkNames(ps, "resolvers", t.Resolvers, 0, 10)
	if len(t.Resolvers) > 0 && t.Resolver == "" {
		ps.add("resolver", "a resolver role", "there are further resolvers, but no first one")
	}
	for i, r := range t.Resolvers {
		t.checkOpen(ps, index("resolvers", i), r, KindResolver)
	}
}
