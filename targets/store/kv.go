package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"rung/targets/shop"
)

// KVConfig says how to reach a key-value store that speaks RESP: the one of package
// keyvalue, or a Redis that holds the same keys (see package shop).
type KVConfig struct {
	// Address is host:port.
	Address string
	// Connections bounds the open connections, and so the statements that are on
	// their way at once. Below 1 means 1.
	Connections int
	// Dial may be nil, which dials plainly.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Timeout bounds one statement, from waiting for a connection to its reply,
	// and one dial. 0 or less means 5 s.
	Timeout time.Duration
}

// The keys of the hashes that rows are added to, by the rows' ids.
const (
	keyPosts  = "posts"
	keyPhotos = "photos"
)

// KV is a Store on a key-value server. It connects when it is first used, and again
// after the server was away. Reads are tried a second time when the connection
// broke under them; writes never.
type KV struct {
	client  *redis.Client
	timeout time.Duration
	turns   chan struct{} // holds one value for each statement on its way

	life    context.Context // ends with Close
	end     context.CancelFunc
	mu      sync.Mutex
	closed  bool
	running sync.WaitGroup
}

// OpenKV returns a Store. It does not connect yet, so it cannot fail.
func OpenKV(config KVConfig) Store {
	if config.Timeout <= 0 {
		config.Timeout = 5 * time.Second
	}
	if config.Dial == nil {
		config.Dial = (&net.Dialer{}).DialContext
	}
	k := &KV{timeout: config.Timeout, turns: make(chan struct{}, max(1, config.Connections))}
	k.life, k.end = context.WithCancel(context.Background())
	d := &kvDialer{dial: config.Dial, life: k.life}
	k.client = redis.NewClient(&redis.Options{
		Addr:                  config.Address,
		Dialer:                d.DialContext,
		Protocol:              2,
		PoolSize:              cap(k.turns), // never waited for: turns are taken before
		MaxRetries:            -1,
		DialerRetries:         1, // a server that is down is an error now, not in half a second
		DialTimeout:           config.Timeout,
		ReadTimeout:           config.Timeout,
		WriteTimeout:          config.Timeout,
		PoolTimeout:           config.Timeout,
		ContextTimeoutEnabled: true,
		DisableIdentity:       true, // one round trip less for each connection
		MaintNotificationsConfig: &maintnotifications.Config{
			Mode: maintnotifications.ModeDisabled,
		},
	})
	return k
}

// Close closes every connection; calls on their way fail. It may be called again.
func (k *KV) Close() {
	k.mu.Lock()
	k.closed = true
	k.mu.Unlock()
	k.end()
	_ = k.client.Close() // its only error is that it was closed before
	k.running.Wait()
}

// User is one GET.
func (k *KV) User(ctx context.Context, id int64) (User, Timing, error) {
	s := k.session(ctx)
	u, err := s.user(id)
	return u, s.timing(), err
}

// Orders asks for the customer, for the list of order keys, and then for every
// order, each when the one before has answered: 2 + N statements. One MGET could
// fetch all orders at once, but the pattern is the point here: without joins a
// client follows references itself. targets.Visits counts the same statements.
func (k *KV) Orders(ctx context.Context, customer int64) ([]Order, Timing, error) {
	s := k.session(ctx)
	orders, err := s.orders(customer)
	return orders, s.timing(), err
}

// AddPost is one HSETNX.
func (k *KV) AddPost(ctx context.Context, p Post) (Timing, error) { return k.add(ctx, keyPosts, p) }

// AddPhoto is one HSETNX.
func (k *KV) AddPhoto(ctx context.Context, p Post) (Timing, error) { return k.add(ctx, keyPhotos, p) }

func (k *KV) add(ctx context.Context, key string, p Post) (Timing, error) {
	row, err := json.Marshal(p)
	if err != nil {
		return Timing{}, fmt.Errorf("encode %s %s: %w", key, p.ID, err)
	}
	s := k.session(ctx)
	_, err = statement(s, once, "add to "+key, func(ctx context.Context) (bool, error) {
		return named(ctx, k.client, func(c kvCommander) *redis.BoolCmd { return c.HSetNX(ctx, key, p.ID, row) }).Result()
	})
	return s.timing(), err
}

// SetCity is one GET and one SET of the user's whole row. Nothing keeps two of them
// apart: of two cities that are set at the same time, either may stay.
func (k *KV) SetCity(ctx context.Context, id int64, city string) (Timing, error) {
	s := k.session(ctx)
	err := s.setCity(id, city)
	return s.timing(), err
}

// Following fails with ErrNoFollows: the store has no such keys, and cannot join.
func (*KV) Following(context.Context, int64) ([]User, Timing, error) {
	return nil, Timing{}, ErrNoFollows
}

func (s *kvSession) user(id int64) (User, error) {
	var u User
	err := s.get(shop.UserKey(id), &u)
	return u, err
}

func (s *kvSession) setCity(id int64, city string) error {
	u, err := s.user(id)
	if err != nil {
		return err
	}
	u.City = city
	key := shop.UserKey(id)
	row, err := json.Marshal(u)
	if err != nil {
		return fmt.Errorf("encode %s: %w", key, err)
	}
	_, err = statement(s, once, "set "+key, func(ctx context.Context) (string, error) {
		return named(ctx, s.kv.client, func(c kvCommander) *redis.StatusCmd { return c.Set(ctx, key, row, 0) }).Result()
	})
	return err
}

func (s *kvSession) orders(customer int64) ([]Order, error) {
	u, err := s.user(customer)
	if err != nil {
		return nil, err
	}
	var keys []string
	if err := s.get(shop.OrdersKey(customer), &keys); err != nil && !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	orders := make([]Order, 0, len(keys))
	for _, key := range keys {
		var row shop.Order
		if err := s.get(key, &row); err != nil {
			// The customer is there, so that is not what was not found.
			if errors.Is(err, ErrNotFound) {
				err = fmt.Errorf("%s is listed but not there", key)
			}
			return nil, err
		}
		orders = append(orders, Order{ID: row.ID, Customer: u.Name, Item: row.Item, Cents: row.Cents})
	}
	return orders, nil
}

// get reads one key's JSON.
func (s *kvSession) get(key string, into any) error {
	text, err := statement(s, again, "get "+key, func(ctx context.Context) ([]byte, error) {
		return named(ctx, s.kv.client, func(c kvCommander) *redis.StringCmd { return c.Get(ctx, key) }).Bytes()
	})
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("get %s: decode: %w", key, err)
	}
	return nil
}
