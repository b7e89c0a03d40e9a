package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"

	"rung/targets/ring"
	"rung/targets/shop"
)

// CacheNode is one cache server.
type CacheNode struct{ Name, Address string }

// CacheConfig says how reads go through a tier of cache servers that speak RESP.
type CacheConfig struct {
	// Nodes of the tier, with names that differ. Without nodes every read goes to
	// the store behind.
	Nodes []CacheNode
	// Dial connects to a node. Nil dials plainly.
	Dial func(ctx context.Context, node, network, address string) (net.Conn, error)
	// TTL is how long an entry lives at most. 0 or less: until it is evicted.
	TTL time.Duration
	// Jitter is the share of the TTL, 0 to 1, by which lifetimes differ: each is
	// drawn evenly from TTL*(1-Jitter) to TTL. So entries that came together do not
	// go together, and TTL stays the bound of how stale an entry can be.
	Jitter float64
	// Coalesce lets requests that miss one key at the same time share one read of
	// the store behind.
	Coalesce bool
	// Invalidate makes Forget delete entries. Off, what was written is seen when
	// the TTL is over.
	Invalidate bool
	// VirtualNodes of each node on the ring. Below 1 means 100.
	VirtualNodes int
	// Connections bounds the open connections to each node. Below 1 means 1.
	Connections int
	// Timeout bounds one command to a node, from waiting for a connection to its
	// reply, and one dial. 0 or less means 100 ms.
	Timeout time.Duration
	// Hold is how long a node that failed is left alone. 0 or less means 1 s.
	Hold time.Duration
	// Now is the time that Hold runs by. Nil means time.Now.
	Now func() time.Time
	// Seed of the ring, and of the jitter. All clients of the same nodes must have
	// the same one, or they look for a key on different nodes.
	Seed uint64
}

func (c CacheConfig) orDefaults() CacheConfig {
	if c.VirtualNodes < 1 {
		c.VirtualNodes = 100
	}
	if c.Timeout <= 0 {
		c.Timeout = 100 * time.Millisecond
	}
	if c.Hold <= 0 {
		c.Hold = time.Second
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	c.Jitter = min(max(c.Jitter, 0), 1)
	return c
}

// CachedStore is a Store that reads users and orders through a cache: what is not
// there is read from the store behind, put into the cache, and only then returned. A
// miss therefore costs two round trips to the cache. Rows that do not exist are not
// cached, and neither are posts, photos, and who follows whom.
//
// A key lives on one node of a consistent-hash ring, and on no other one. A node that
// does not answer is a miss, never an error: the store behind serves its keys until it
// is back. See circuit for when it is asked again. An entry that it kept meanwhile, cut
// off but not dead, is as stale as its TTL allows if Forget could not reach it.
//
// Timing is that of the store behind, and Total, Cache and Outcome say what the cache
// did. A hit, and a request that shared another's read, has sent no statements.
//
// Over a replicated store a miss can read a replica that has not got the latest write
// yet, and cache the old row after Forget: it then stays for its TTL.
type CachedStore struct {
	inner  Store
	config CacheConfig
	ring   *ring.Consistent
	nodes  map[string]*cacheNode
	users  flights[User]
	orders flights[[]Order]
	fences [fenceCount]fence
	counts cacheCounts

	drawing sync.Mutex
	dice    *rand.Rand

	mu      sync.Mutex
	closed  bool
	running sync.WaitGroup
}

// Cached returns a store in front of inner, which it owns from now on. It does not
// connect yet.
func Cached(inner Store, config CacheConfig) *CachedStore {
	config = config.orDefaults()
	c := &CachedStore{
		inner: inner, config: config,
		ring:  ring.NewConsistent(config.Seed, config.VirtualNodes),
		nodes: map[string]*cacheNode{},
		dice:  rand.New(rand.NewPCG(config.Seed, 0)),
	}
	for _, n := range config.Nodes {
		if c.ring.Add(n.Name) {
			c.nodes[n.Name] = newCacheNode(n, config)
		}
	}
	return c
}

// Close closes the store behind and every connection; calls on their way fail. It may
// be called again.
func (c *CachedStore) Close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.inner.Close()
	for _, n := range c.nodes {
		n.kv.Close()
	}
	c.running.Wait()
}

// enter counts one more running call, unless the store is closed.
func (c *CachedStore) enter() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.running.Add(1)
	}
	return !c.closed
}

func ordersKey(customer int64) string { return "orders:" + strconv.FormatInt(customer, 10) }

// User reads through the cache, under the key "user:<id>".
func (c *CachedStore) User(ctx context.Context, id int64) (User, Timing, error) {
	return readThrough(ctx, c, &c.users, shop.UserKey(id), func(ctx context.Context) (User, Timing, error) {
		return c.inner.User(ctx, id)
	})
}

// Orders reads through the cache, under the key "orders:<customer>".
func (c *CachedStore) Orders(ctx context.Context, customer int64) ([]Order, Timing, error) {
	orders, took, err := readThrough(ctx, c, &c.orders, ordersKey(customer), func(ctx context.Context) ([]Order, Timing, error) {
		return c.inner.Orders(ctx, customer)
	})
	return slices.Clone(orders), took, err // coalesced callers share one
}

// Forget deletes what is cached of a user, and is to be called after each write to one.
// When it has returned nil, reads of this CachedStore see the write. A read through
// another one, begun before the write, may still put the old row back for a TTL, and so
// may a SET that timed out here and is carried out late. Nodes that are left alone
// otherwise are asked too. The errors are the nodes': entries there stay until their
// TTL is over. Without Invalidate it does nothing.
func (c *CachedStore) Forget(ctx context.Context, id int64) error {
	if !c.config.Invalidate {
		return nil
	}
	if !c.enter() {
		return fmt.Errorf("forget user %d: %w", id, errKVClosed)
	}
	defer c.running.Done()
	user, orders := shop.UserKey(id), ordersKey(id)
	c.fence(user).raise()
	c.fence(orders).raise()
	c.users.forget(user)
	c.orders.forget(orders)
	var failures []error
	for _, key := range []string{user, orders} {
		if n := c.nodes[c.ring.Locate(key)]; n != nil {
			if err := n.delete(ctx, key); err != nil {
				c.counts.errors.Add(1)
				c.counts.forgetErrors.Add(1)
				failures = append(failures, fmt.Errorf("forget %s on %s: %w", key, n.name, err))
				continue
			}
		}
		c.counts.invalidations.Add(1)
	}
	return errors.Join(failures...)
}

// AddPost goes to the store behind.
func (c *CachedStore) AddPost(ctx context.Context, p Post) (Timing, error) {
	return c.inner.AddPost(ctx, p)
}

// AddPhoto goes to the store behind.
func (c *CachedStore) AddPhoto(ctx context.Context, p Post) (Timing, error) {
	return c.inner.AddPhoto(ctx, p)
}

// SetCity goes to the store behind, and then Forget deletes what is cached of the
// user; that it could not is counted, not returned. What may have been written, though
// an error came back, is forgotten too, and also when ctx has ended meanwhile.
func (c *CachedStore) SetCity(ctx context.Context, id int64, city string) (Timing, error) {
	start := time.Now()
	took, err := c.inner.SetCity(ctx, id, city)
	if took.Statements > 0 && !errors.Is(err, ErrNotFound) {
		forgetting := time.Now()
		_ = c.Forget(context.WithoutCancel(ctx), id) // counted; CacheConfig.Timeout bounds it
		took.Cache += time.Since(forgetting)
	}
	took.Total = time.Since(start)
	return took, err
}

// Following goes to the store behind, and is not cached: it changes with every user who is
// followed.
func (c *CachedStore) Following(ctx context.Context, id int64) ([]User, Timing, error) {
	return c.inner.Following(ctx, id)
}

// Photos goes to the store behind.
func (c *CachedStore) Photos(ctx context.Context, cursor string, limit int) (ids []string, next string, err error) {
	return c.inner.Photos(ctx, cursor, limit)
}

// Posts goes to the store behind.
func (c *CachedStore) Posts(ctx context.Context, cursor string, limit int) (ids []string, next string, err error) {
	return c.inner.Posts(ctx, cursor, limit)
}
