package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"rung/targets/shop"
)

const (
	// warmBatch is how many pages are sent to a node at once.
	warmBatch = 128
	// warmTimeout bounds one batch: an emulated cache may charge CPU time for each
	// command.
	warmTimeout = 30 * time.Second
)

// Warm plays accesses to pages ("users/<id>", "orders/<customer>", see package shop)
// into the cache, in order, as reads would have: a look at each, and a row where there
// is none. Other pages are ignored. The rows are those of the seeded data set, so Warm
// is for the time before the first write. How many orders a customer has it learns by
// one read of the store behind.
//
// Nothing is counted in Metrics, and what fails says nothing about a node to later
// reads. The error is of all nodes that failed; the others are warm.
func (c *CachedStore) Warm(ctx context.Context, pages []string) error {
	if !c.enter() {
		return fmt.Errorf("warm the cache: %w", errKVClosed)
	}
	defer c.running.Done()
	w := warming{store: c, entries: map[*cacheNode][]warmEntry{}}
	for _, page := range pages {
		if err := w.add(ctx, page); err != nil {
			return fmt.Errorf("warm the cache: %s: %w", page, err)
		}
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	var failures []error
	for n, entries := range w.entries {
		all.Go(func() {
			if err := n.warm(ctx, entries, c.lifetime); err != nil {
				mu.Lock()
				defer mu.Unlock()
				failures = append(failures, fmt.Errorf("warm cache %s: %w", n.name, err))
			}
		})
	}
	all.Wait()
	return errors.Join(failures...)
}

// warming sorts accesses by node.
type warming struct {
	store   *CachedStore
	entries map[*cacheNode][]warmEntry
	// orders of each customer, once known.
	orders int
	known  bool
}

// warmEntry is one access to a row of a user, or to the orders of a customer.
type warmEntry struct {
	key    string
	user   int64
	orders int // how many; -1 for the row of the user
}

func (w *warming) add(ctx context.Context, page string) error {
	_, text, _ := strings.Cut(page, "/")
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 {
		return nil
	}
	e := warmEntry{user: id, orders: -1}
	switch page {
	case shop.UserPage(id):
		e.key = shop.UserKey(id)
	case shop.OrdersPage(id):
		if !w.known {
			orders, _, err := w.store.inner.Orders(ctx, id)
			if err != nil {
				return err
			}
			w.orders, w.known = len(orders), true
		}
		e.key, e.orders = ordersKey(id), w.orders
	default:
		return nil
	}
	if n := w.store.nodes[w.store.ring.Locate(e.key)]; n != nil {
		w.entries[n] = append(w.entries[n], e)
	}
	return nil
}

// value is what a read would have put into the cache.
func (e warmEntry) value() ([]byte, error) {
	u := User{ID: e.user}
	u.Name, u.Email, u.City = shop.UserRow(e.user)
	if e.orders < 0 {
		return json.Marshal(u)
	}
	orders := make([]Order, 0, e.orders)
	for k := 1; k <= e.orders; k++ {
		o := Order{Customer: u.Name}
		o.ID, o.Item, o.Cents = shop.OrderRow(e.user, k)
		orders = append(orders, o)
	}
	return json.Marshal(orders)
}

// warm sends accesses to the node, over one connection of its own.
func (n *cacheNode) warm(ctx context.Context, entries []warmEntry, lifetime func() time.Duration) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(n.kv.life, cancel)()
	kv := OpenKV(KVConfig{Address: n.address, Dial: n.dial, Timeout: warmTimeout}).(*KV)
	defer kv.Close()
	for len(entries) > 0 {
		batch := entries[:min(len(entries), warmBatch)]
		entries = entries[len(batch):]
		pipe := kv.client.Pipeline()
		for _, e := range batch {
			value, err := e.value()
			if err != nil {
				return fmt.Errorf("encode %s: %w", e.key, err)
			}
			pipe.Get(ctx, e.key)
			pipe.SetArgs(ctx, e.key, value, redis.SetArgs{Mode: "NX", TTL: lifetime()})
		}
		_, err := statement(kv.session(ctx), once, "batch", func(ctx context.Context) ([]redis.Cmder, error) {
			return send(ctx, pipe)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// send returns the first error of a pipeline that is not a missing key.
func send(ctx context.Context, pipe redis.Pipeliner) ([]redis.Cmder, error) {
	commands, err := pipe.Exec(ctx)
	if err == nil || !errors.Is(err, redis.Nil) {
		return commands, err
	}
	for _, c := range commands {
		if err := c.Err(); err != nil && !errors.Is(err, redis.Nil) {
			return commands, err
		}
	}
	return commands, nil
}
