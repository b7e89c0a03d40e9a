package store

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/redis/go-redis/v9"
)

// cacheNode is one node of the cache and what is known of its health. It is safe for
// concurrent use.
type cacheNode struct {
	name    string
	address string
	dial    func(ctx context.Context, network, address string) (net.Conn, error)
	kv      *KV // for its bounded connections, not as a Store
	circuit circuit
}

func newCacheNode(n CacheNode, config CacheConfig) *cacheNode {
	dial := nodeDialer(n.Name, config.Dial)
	return &cacheNode{
		name: n.Name, address: n.Address, dial: dial,
		kv: OpenKV(KVConfig{Address: n.Address, Connections: config.Connections,
			Dial: dial, Timeout: config.Timeout}).(*KV),
		circuit: circuit{hold: config.Hold, now: config.Now},
	}
}

// nodeDialer dials one node, plainly if dial is nil.
func nodeDialer(node string, dial func(ctx context.Context, node, network, address string) (net.Conn, error)) func(context.Context, string, string) (net.Conn, error) {
	if dial == nil {
		return (&net.Dialer{}).DialContext
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		return dial(ctx, node, network, address)
	}
}

// result is what came of a GET.
type result int

const (
	hit result = iota
	miss
	failed  // it was asked and gave no answer that can be used
	skipped // it was not asked
)

func (n *cacheNode) get(ctx context.Context, key string) ([]byte, result) {
	ok, trial := n.circuit.ask()
	if !ok {
		return nil, skipped
	}
	text, err := command(ctx, n, trial, "get "+key, func(ctx context.Context) ([]byte, error) {
		return named(ctx, n.kv.client, func(c kvCommander) *redis.StringCmd { return c.Get(ctx, key) }).Bytes()
	})
	switch {
	case err == nil:
		return text, hit
	case errors.Is(err, ErrNotFound):
		return nil, miss
	}
	return nil, failed
}

// set reports whether the entry was kept or need not be. A lifetime of 0 has no end.
func (n *cacheNode) set(ctx context.Context, key string, value []byte, lifetime time.Duration) bool {
	ok, trial := n.circuit.ask()
	if !ok {
		return true
	}
	_, err := command(ctx, n, trial, "set "+key, func(ctx context.Context) (string, error) {
		return named(ctx, n.kv.client, func(c kvCommander) *redis.StatusCmd { return c.Set(ctx, key, value, lifetime) }).Result()
	})
	return err == nil
}

// delete asks the node whatever is known of it: a deletion that is left out is a stale
// entry.
func (n *cacheNode) delete(ctx context.Context, key string) error {
	_, trial := n.circuit.ask()
	_, err := command(ctx, n, trial, "delete "+key, func(ctx context.Context) (int64, error) {
		return named(ctx, n.kv.client, func(c kvCommander) *redis.IntCmd { return c.Del(ctx, key) }).Result()
	})
	return err
}

// command sends one command, and again when its connection broke, since carrying any of
// them out twice does no harm. What came of it is told to the circuit.
func command[T any](ctx context.Context, n *cacheNode, trial bool, what string, send func(context.Context) (T, error)) (T, error) {
	s := n.kv.session(ctx)
	got, err := statement(s, again, what, send)
	n.circuit.tell(judge(ctx, s, err), trial)
	return got, err
}

func judge(ctx context.Context, s *kvSession, err error) verdict {
	var said redis.Error
	switch {
	case err == nil, errors.Is(err, ErrNotFound), errors.Is(err, ErrBusy), errors.As(err, &said):
		return answered
	case s.statements == 0, ctx.Err() != nil, errors.Is(err, errKVClosed):
		return unclear
	}
	return silent
}
