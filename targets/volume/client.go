package volume

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"rung/targets/store"
)

// ClientConfig says how to reach a volume.
type ClientConfig struct {
	// Dial connects to it. It must not be nil.
	Dial func(ctx context.Context) (net.Conn, error)
	// Connections bounds the open connections, and so the requests on their
	// way at once. Below 1 means 1.
	Connections int
	// Timeout bounds one request, from waiting for a connection to its
	// answer, and one dial. 0 or less means 1 s.
	Timeout time.Duration
	// Now is the time that lifetimes begin at. Nil means time.Now.
	Now func() time.Time
}

const (
	defaultTimeout = time.Second
	// idleConnection is below the server's, so that it is this side which
	// closes a connection that nobody uses.
	idleConnection = 90 * time.Second
	minLifetime    = time.Millisecond
)

var (
	errClientClosed = errors.New("client of the volume is closed")
	errKey          = errors.New("key is not the name of a file: " + nameAllowed)
	errLifetime     = errors.New("lifetime must be at least 1ms")
	errValue        = errors.New("value is over 65536 bytes")
)

// client keeps each value in one file.
type client struct {
	transport *http.Transport
	timeout   time.Duration
	now       func() time.Time
	turns     chan struct{} // holds one value for each request on its way

	life    context.Context // ends with Close
	end     context.CancelFunc
	mu      sync.Mutex
	closed  bool
	running sync.WaitGroup
}

// Open returns a Keeper on a volume: one PUT, one GET. Keys are names of
// files, values up to 64 KiB. Values end by the server's clock, rounded up to
// a millisecond. A GET is sent a second time when the kept connection broke
// under it, a PUT only when nothing of it was sent. It does not connect yet.
func Open(config ClientConfig) store.Keeper {
	if config.Timeout <= 0 {
		config.Timeout = defaultTimeout
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	connections := max(config.Connections, 1)
	c := &client{timeout: config.Timeout, now: config.Now, turns: make(chan struct{}, connections)}
	c.life, c.end = context.WithCancel(context.Background())
	c.transport = &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			ctx, cancel := context.WithTimeout(ctx, c.timeout)
			defer cancel()
			defer context.AfterFunc(c.life, cancel)()
			return config.Dial(ctx)
		},
		MaxConnsPerHost:        connections,
		MaxIdleConnsPerHost:    connections,
		IdleConnTimeout:        idleConnection,
		MaxResponseHeaderBytes: headerBytes,
		DisableCompression:     true,
	}
	return c
}

func (c *client) Put(ctx context.Context, key string, value []byte, ttl time.Duration) (store.Timing, error) {
	switch {
	case !isName(key):
		return store.Timing{}, fmt.Errorf("keep a value: %w", errKey)
	case ttl < minLifetime:
		return store.Timing{}, fmt.Errorf("keep a value: %w: is %v", errLifetime, ttl)
	case len(value) > contentBytes:
		return store.Timing{}, fmt.Errorf("keep a value: %w: it has %d", errValue, len(value))
	}
	// Rounded up: it is kept for ttl at least. No Keeper's ttl is too long.
	ends := min(c.now().Add(ttl+time.Millisecond-1).UnixMilli(), lastEnd)
	_, took, err := c.do(ctx, http.MethodPut, key, value, strconv.FormatInt(ends, 10))
	if err != nil {
		return took, fmt.Errorf("keep a value: %w", err)
	}
	return took, nil
}

func (c *client) Get(ctx context.Context, key string) ([]byte, store.Timing, error) {
	if !isName(key) {
		return nil, store.Timing{}, fmt.Errorf("look up a value: %w", errKey)
	}
	value, took, err := c.do(ctx, http.MethodGet, key, nil, "")
	if err != nil {
		return nil, took, fmt.Errorf("look up a value: %w", err)
	}
	return value, took, nil
}

// Close closes every connection; requests on their way fail. It may be called
// again.
func (c *client) Close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.end()
	c.running.Wait()
	c.transport.CloseIdleConnections()
}

// enter counts one more running request, unless the client is closed.
func (c *client) enter() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.running.Add(1)
	}
	return !c.closed
}
