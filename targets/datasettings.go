package targets

import (
	"encoding/hex"
	"slices"
	"time"
)

// minKey is the least length of a key that signs, in bytes (RFC 2104 3: the
// length of the hash's output).
const minKey = 32

func (t Topology) checkDatabase(ps *problems, at, name string, d Database) {
	checkStore(ps, at, d.Storage(), []Statement{StatementRead, StatementJoin, StatementWrite})
	if d.Replication != nil {
		t.checkReplication(ps, at+".replication", name, *d.Replication)
	}
	checkRange(ps, at+".data.follows", d.Data.Follows, 0, min(100, max(0, d.Data.Users-1)))
	if (d.Sharding == nil) != (d.Shard == "") {
		ps.add(at+".shard", "sharding and the name of a shard, or neither", "is %q", d.Shard)
	}
	if d.Sharding == nil {
		return
	}
	if s, ok := d.Sharding.Shard(d.Shard); !ok || !slices.Contains(s.Members, name) {
		ps.add(at+".shard", "the shard that the role is a member of", "is %q", d.Shard)
	}
}

func (t Topology) checkReplication(ps *problems, at, name string, r Replication) {
	checkNames(ps, at+".members", r.Members, 1, 9)
	for i, m := range r.Members {
		field := index(at+".members", i)
		if !t.wantRole(ps, field, m, KindDatabase) {
			continue
		}
		other, _, _ := t.Role(m)
		if d := other.Database; d != nil && (d.Replication == nil || !sameGroup(r, *d.Replication)) {
			ps.add(field, "the same members, primary, mode, lease, heartbeat and compression in every member", "%q is of another group", m)
		}
	}
	if !slices.Contains(r.Members, name) {
		ps.add(at+".members", "must hold the role itself", "%q is not in it", name)
	}
	if !slices.Contains(r.Members, r.Primary) {
		ps.add(at+".primary", oneOf(r.Members), "%q is not a member", r.Primary)
	}
	if !slices.Contains(Modes(), r.Mode) {
		ps.add(at+".mode", oneOf(Modes()), "%q is not a mode", r.Mode)
	}
	if r.Heartbeat < time.Millisecond || r.Lease < 3*r.Heartbeat || r.Lease > 10*time.Minute {
		ps.add(at+".lease", "heartbeat at least 1ms, lease at least 3 heartbeats and at most 10m", "lease %v, heartbeat %v", r.Lease, r.Heartbeat)
	}
}

func sameGroup(a, b Replication) bool {
	return slices.Equal(a.Members, b.Members) && a.Primary == b.Primary && a.Mode == b.Mode &&
		a.Lease == b.Lease && a.Heartbeat == b.Heartbeat && a.Compress == b.Compress
}

func (w Web) checkReads(ps *problems, at string) {
	if w.Reads != "" && !slices.Contains(ReadPolicies(), w.Reads) {
		ps.add(at+".reads", oneOf(ReadPolicies()), "%q is not a read policy", w.Reads)
	}
	if w.Reads != "" && len(w.Members) == 0 && w.Sharding == nil {
		ps.add(at+".reads", "only with members", "is %q, but the store is not replicated", w.Reads)
	}
}

func (t Topology) checkReadThrough(ps *problems, at string, r ReadThrough) {
	checkNames(ps, at+".nodes", r.Nodes, 1, 100)
	for i, n := range r.Nodes {
		t.wantRole(ps, index(at+".nodes", i), n, KindCache)
	}
	checkRange(ps, at+".virtual_nodes", r.VirtualNodes, 1, 10_000)
	checkRange(ps, at+".connections", r.Connections, 1, 10_000)
	checkPeriod(ps, at+".ttl", r.TTL, 0, 30*24*time.Hour)
	checkPeriod(ps, at+".timeout", r.Timeout, time.Millisecond, time.Minute)
	checkPeriod(ps, at+".hold", r.Hold, 0, time.Hour)
	checkRatio(ps, at+".jitter", r.Jitter)
}

func (t Topology) checkSessions(ps *problems, at string, s Sessions) {
	wants := map[SessionStore]Kind{SessionsCache: KindCache, SessionsVolume: KindVolume}
	if s.Store != "" && !slices.Contains(SessionStores(), s.Store) {
		ps.add(at+".store", oneOf(SessionStores()), "%q is not a session store", s.Store)
		return
	}
	kind, needs := wants[s.Store]
	switch {
	case needs && len(s.Roles) == 0:
		ps.add(at+".roles", oneOf(t.roleNames([]Kind{kind})), "sessions in a %s need a role", s.Store)
	case s.Store == SessionsVolume && len(s.Roles) > 1:
		ps.add(at+".roles", "one volume", "there are %d", len(s.Roles))
	case !needs && len(s.Roles) > 0:
		ps.add(at+".roles", "only with store cache or volume", "there are %d", len(s.Roles))
	}
	if needs {
		for i, r := range s.Roles {
			t.wantRole(ps, index(at+".roles", i), r, kind)
		}
	}
	key, err := hex.DecodeString(s.Key)
	switch {
	case s.Store == SessionsCookie && (err != nil || len(key) < minKey):
		ps.add(at+".key", "at least 64 hexadecimal digits", "cookies need a key to be signed with")
	case s.Store != SessionsCookie && s.Key != "":
		ps.add(at+".key", "only with store cookie", "there is one")
	}
}

func checkCache(ps *problems, at string, c Cache) {
	if c.Bytes < 1024 || c.Bytes > 1<<40 {
		ps.add(at+".bytes", "allowed is 1024 to 1 TiB", "is %d", c.Bytes)
	}
	if !slices.Contains(Evictions(), c.Policy) {
		ps.add(at+".policy", oneOf(Evictions()), "%q is not an eviction policy", c.Policy)
	}
	checkLaw(ps, at+".demand", c.Demand)
	checkRange(ps, at+".connections", c.Connections, 1, 100_000)
}

func checkVolume(ps *problems, at string, v Volume) {
	checkLaw(ps, at+".access", v.Access)
	checkLaw(ps, at+".demand", v.Demand)
	checkRange(ps, at+".pool_files", v.PoolFiles, 0, 10_000_000)
	checkRange(ps, at+".connections", v.Connections, 1, 100_000)
	if v.Fsync != FsyncFull && v.Fsync != FsyncOff {
		ps.add(at+".fsync", "allowed is full, off", "is %q", v.Fsync)
	}
}
