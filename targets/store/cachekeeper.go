package store

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/redis/go-redis/v9"

	"rung/targets/ring"
)

// KeeperConfig says how values are kept on a tier of cache servers that speak RESP.
type KeeperConfig struct {
	// Nodes of the tier, with names that differ.
	Nodes []CacheNode
	// Dial connects to a node. Nil dials plainly.
	Dial func(ctx context.Context, node, network, address string) (net.Conn, error)
	// Connections bounds the open connections to each node. Below 1 means 1.
	Connections int
	// Timeout bounds one command to a node, from waiting for a connection to its
	// reply, and one dial. 0 or less means 100 ms.
	Timeout time.Duration
	// VirtualNodes of each node on the ring. Below 1 means 100.
	VirtualNodes int
	// Seed of the ring. All clients of the same nodes must have the same one.
	Seed uint64
	// Prefix of every key on the nodes, to keep them apart from other entries.
	Prefix string
}

// errNoNodes says that there is nothing to keep values on.
var errNoNodes = errors.New("there are no cache nodes")

// cacheKeeper keeps each value on one node of a consistent-hash ring, and on no other
// one: with the node it is lost, and while the node is down its keys cannot be used.
type cacheKeeper struct {
	prefix string
	ring   *ring.Consistent
	nodes  map[string]*KV
}

// OpenCacheKeeper returns a Keeper on a tier of caches: one SET with the lifetime in
// milliseconds, one GET. A full cache drops values before their time. A GET is tried a
// second time when its connection broke under it, a SET never. It does not connect yet.
func OpenCacheKeeper(config KeeperConfig) Keeper {
	if config.VirtualNodes < 1 {
		config.VirtualNodes = 100
	}
	if config.Timeout <= 0 {
		config.Timeout = 100 * time.Millisecond
	}
	k := &cacheKeeper{prefix: config.Prefix, ring: ring.NewConsistent(config.Seed, config.VirtualNodes), nodes: map[string]*KV{}}
	for _, n := range config.Nodes {
		if k.ring.Add(n.Name) {
			k.nodes[n.Name] = OpenKV(KVConfig{Address: n.Address, Connections: config.Connections,
				Dial: nodeDialer(n.Name, config.Dial), Timeout: config.Timeout}).(*KV)
		}
	}
	return k
}

func (k *cacheKeeper) Put(ctx context.Context, key string, value []byte, ttl time.Duration) (Timing, error) {
	if err := checkLifetime(ttl); err != nil {
		return Timing{}, fmt.Errorf("keep a value: %w", err)
	}
	milliseconds := (ttl + time.Millisecond - 1) / time.Millisecond
	_, took, err := onNode(ctx, k, key, once, func(ctx context.Context, kv *KV, key string) (any, error) {
		return named(ctx, kv.client, func(c kvCommander) *redis.Cmd {
			set := redis.NewCmd(ctx, "SET", key, value, "PX", int64(milliseconds))
			_ = c.Process(ctx, set) // the command has its own error
			return set
		}).Result()
	})
	if err != nil {
		return took, fmt.Errorf("keep a value: %w", err)
	}
	return took, nil
}

func (k *cacheKeeper) Get(ctx context.Context, key string) ([]byte, Timing, error) {
	value, took, err := onNode(ctx, k, key, again, func(ctx context.Context, kv *KV, key string) ([]byte, error) {
		return named(ctx, kv.client, func(c kvCommander) *redis.StringCmd { return c.Get(ctx, key) }).Bytes()
	})
	if err != nil {
		return nil, took, fmt.Errorf("look up a value: %w", err)
	}
	return value, took, nil
}

func (k *cacheKeeper) Close() {
	for _, kv := range k.nodes {
		kv.Close()
	}
}

// onNode sends one command to the node of a key.
func onNode[T any](ctx context.Context, k *cacheKeeper, key string, most tries, send func(context.Context, *KV, string) (T, error)) (T, Timing, error) {
	key = k.prefix + key
	name := k.ring.Locate(key)
	kv := k.nodes[name]
	if kv == nil {
		var none T
		return none, Timing{}, errNoNodes
	}
	s := kv.session(ctx)
	got, err := statement(s, most, name, func(ctx context.Context) (T, error) { return send(ctx, kv, key) })
	return got, s.timing(), err
}
