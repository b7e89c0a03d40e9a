package node

import (
	"context"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"net"
	"time"

	"rung/targets"
	"rung/targets/cache"
	"rung/targets/database"
	"rung/targets/session"
	"rung/targets/shard"
	"rung/targets/store"
	"rung/targets/volume"
)

const (
	// storeTimeout bounds one statement; the web tier's clients wait less.
	storeTimeout = 5 * time.Second
	// sessionTimeout bounds one question to a session store.
	sessionTimeout = time.Second
	// sessionConnections to each node of a session store.
	sessionConnections = 32
	// probePeriod is how often a member that is away is asked again, before
	// it is divided by the time scale: HAProxy's inter of 2 s.
	probePeriod = 2 * time.Second
)

func (n *Node) buildDatabase(r targets.Role) (role, error) {
	owns, err := ownedBy(*r.Database)
	if err != nil {
		return nil, err
	}
	s, err := database.New(*r.Database, database.Config{Role: r.Name, Share: n.machine.For(r.Name), Owns: owns, Template: n.spec.Templates,
		Directory: n.folder(r), Log: n.log, Seed: n.spec.Seed, Replacement: n.spec.Replacement,
		Dial: func(ctx context.Context, member string) (net.Conn, error) { return n.dial(ctx, "tcp", member) }})
	if err != nil {
		return nil, err
	}
	return databaseRole{s}, nil
}

// ownedBy says which users a shard starts with; nil means all.
func ownedBy(d targets.Database) (func(user int64) bool, error) {
	if d.Sharding == nil {
		return nil, nil
	}
	m, err := shard.New(*d.Sharding)
	if err != nil {
		return nil, fmt.Errorf("shard %s: %w", d.Shard, err)
	}
	return func(user int64) bool { return m.Holds(d.Shard, user) }, nil
}

func (n *Node) buildCache(r targets.Role) (role, error) {
	s, err := cache.New(cache.Settings{Bytes: r.Cache.Bytes, Policy: string(r.Cache.Policy), Demand: r.Cache.Demand,
		Connections: r.Cache.Connections}, cache.Config{Role: r.Name, Share: n.machine.For(r.Name), Log: n.log.With("role", r.Name)})
	if err != nil {
		return nil, err
	}
	return cacheRole{s}, nil
}

func (n *Node) buildVolume(r targets.Role) (role, error) {
	s, err := volume.New(*r.Volume, volume.Config{Role: r.Name, Share: n.machine.For(r.Name), Directory: n.folder(r),
		Log: n.log.With("role", r.Name)})
	if err != nil {
		return nil, err
	}
	return volumeRole{s}, nil
}

// openSessions opens where logins are kept; nil is the web server's memory.
func (n *Node) openSessions(w targets.Web, plain store.Store) (session.Store, error) {
	switch w.Sessions.Store {
	case targets.SessionsCache:
		return session.NewKept(store.OpenCacheKeeper(store.KeeperConfig{Nodes: n.cacheNodes(w.Sessions.Roles), Dial: n.dialCache,
			Connections: sessionConnections, Timeout: sessionTimeout, VirtualNodes: 100, Seed: n.ringSeed(), Prefix: "session:"}),
			w.SessionTTL, time.Now), nil
	case targets.SessionsDatabase:
		sql, ok := plain.(*store.SQL)
		if !ok {
			return nil, fmt.Errorf("sessions in the database: store %s is none", w.Store)
		}
		return session.NewKept(sql.Keeper(time.Now), w.SessionTTL, time.Now), nil
	case targets.SessionsVolume:
		dial := func(ctx context.Context) (net.Conn, error) { return n.dial(ctx, "tcp", w.Sessions.Roles[0]) }
		return session.NewKept(volume.Open(volume.ClientConfig{Dial: dial, Connections: sessionConnections, Timeout: sessionTimeout}),
			w.SessionTTL, time.Now), nil
	case targets.SessionsCookie:
		key, err := hex.DecodeString(w.Sessions.Key)
		if err != nil {
			return nil, fmt.Errorf("key of session cookies: %w", err)
		}
		return session.NewCookie(key, w.SessionTTL, time.Now)
	}
	return nil, nil
}

func (n *Node) cacheNodes(roles []string) []store.CacheNode {
	var nodes []store.CacheNode
	for _, r := range roles {
		nodes = append(nodes, store.CacheNode{Name: r, Address: n.address(r)})
	}
	return nodes
}

func (n *Node) dialCache(ctx context.Context, node, network, _ string) (net.Conn, error) {
	return n.dial(ctx, network, node)
}

// ringSeed is the same on every node of a site: they must agree where on the
// ring a key lies.
func (n *Node) ringSeed() uint64 {
	h := fnv.New64a()
	h.Write([]byte(n.spec.Site))
	return h.Sum64()
}

// scaled divides a published period by the time scale.
func (n *Node) scaled(d time.Duration) time.Duration {
	return time.Duration(float64(d) / max(n.spec.TimeScale, 1))
}
