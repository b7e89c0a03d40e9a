package node

import (
	"context"
	"net"
	"time"

	"rung/targets"
	"rung/targets/shard"
	"rung/targets/store"
)

// tier is a role's way to the data: the whole of it, the store without the
// cache in front, and the shards if there are any.
type tier struct {
	store.Store
	plain  store.Store
	shards *store.Sharded
}

// reading is how a role reads a replicated database.
type reading struct {
	policy       targets.Reads
	denormalised bool
}

func (n *Node) openTier(w targets.Web) (tier, error) {
	t, err := n.openData(w.Data(), reading{w.Reads, w.Denormalised})
	if err != nil || w.Cache == nil {
		return t, err
	}
	c := w.Cache
	t.Store = store.Cached(t.plain, store.CacheConfig{Nodes: n.cacheNodes(c.Nodes), Dial: n.dialCache, TTL: c.TTL, Jitter: c.Jitter,
		Coalesce: c.Coalesce, Invalidate: c.Invalidate, VirtualNodes: c.VirtualNodes, Connections: c.Connections,
		Timeout: c.Timeout, Hold: c.Hold, Seed: n.ringSeed()})
	return t, nil
}

// openData opens one store, a group, or shards.
func (n *Node) openData(d targets.DataTier, r reading) (tier, error) {
	switch {
	case d.Sharding != nil:
		return n.openShards(d, r)
	case n.kindOf(d.Store) == targets.KindKeyValue:
		dial := func(ctx context.Context, network, _ string) (net.Conn, error) { return n.dial(ctx, network, d.Store) }
		kv := store.OpenKV(store.KVConfig{Address: n.address(d.Store), Connections: d.Connections, Dial: dial, Timeout: storeTimeout})
		return tier{Store: kv, plain: kv}, nil
	}
	sql, err := n.openSQL(d.Store, d.Members, d.Connections, r)
	if err != nil {
		return tier{}, err
	}
	return tier{Store: sql, plain: sql}, nil
}

func (n *Node) openShards(d targets.DataTier, r reading) (tier, error) {
	m, err := shard.New(*d.Sharding)
	if err != nil {
		return tier{}, err
	}
	s, err := store.OpenSharded(store.ShardedConfig{Router: shard.NewRouter(m), Shards: d.Sharding.All(), Denormalised: r.denormalised,
		Follows: d.Follows, Patience: storeTimeout, Open: func(x targets.Shard) (*store.SQL, error) {
			members := x.Members
			if len(members) == 1 {
				members = nil
			}
			return n.openSQL(x.Members[0], members, d.Connections, r)
		}})
	if err != nil {
		return tier{}, err
	}
	return tier{Store: s, plain: s, shards: s}, nil
}

// openSQL opens a database, or the group of its members.
func (n *Node) openSQL(name string, members []string, connections int, r reading) (*store.SQL, error) {
	names := members
	if len(names) == 0 {
		names = []string{name}
	}
	roles, all := map[string]string{}, []store.SQLMember(nil)
	for _, name := range names {
		roles[n.address(name)] = name
		all = append(all, store.SQLMember{Name: name, Address: n.address(name), Distance: n.distance(name)})
	}
	config := store.SQLConfig{Address: n.address(name), Database: "shop", User: "web", Connections: connections, Timeout: storeTimeout,
		Denormalised: r.denormalised, Seed: n.spec.Seed,
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			return n.dial(ctx, network, roles[address])
		}}
	if len(members) > 0 {
		config.Members, config.Reads, config.Probe = all, string(r.policy), n.scaled(probePeriod)
	}
	s, err := store.OpenSQL(context.Background(), config)
	if err != nil {
		return nil, err
	}
	return s.(*store.SQL), nil // as OpenSQL says
}

// distance is the delay of the wire to a role's node.
func (n *Node) distance(role string) time.Duration {
	e, _ := n.endpoint(role)
	for _, l := range n.spec.Links {
		if l.To == e.Node {
			return l.OneWay
		}
	}
	return 0
}
