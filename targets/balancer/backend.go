package balancer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

const (
	// idlePerBackend is how many unused connections to one backend are kept.
	// net/http's default of 2 makes a busy proxy dial for most requests.
	idlePerBackend = 256
	// idleTimeout is how long they are kept: shorter than servers usually
	// keep theirs, so that the end that may send closes first.
	idleTimeout = 30 * time.Second
	// dialTimeout caps the dial: within a data centre, a second is ample.
	dialTimeout = time.Second
)

// dialer makes a connection to a role.
type dialer = func(ctx context.Context, role string) (net.Conn, error)

// backend is one server behind the balancer.
type backend struct {
	name, address string
	// token stands for the backend in the sticky cookie.
	token       string
	transport   *http.Transport
	prober      *http.Client
	connections atomic.Int64 // open, those of requests

	// The rest belongs to the fleet and its lock.
	health           health
	drained, removed bool
	active           int    // requests in flight
	turn             uint64 // number of the last pick by policy
	tries, failures  int64
	hold             *time.Timer
	stop             context.CancelFunc // ends the checks; nil before they start
}

func newBackend(name, address string, dial dialer, limit time.Duration) *backend {
	b := &backend{name: name, address: address, token: token(name)}
	limit = min(limit, dialTimeout)
	open := func(ctx context.Context) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		conn, err := dial(ctx, name)
		if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return nil, fmt.Errorf("dial %s: %w: %w", name, errTimeout, err)
		}
		if err != nil {
			return nil, fmt.Errorf("dial %s: %w", name, err)
		}
		return conn, nil
	}
	b.transport = &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			conn, err := open(ctx)
			if err != nil {
				return nil, err
			}
			return newMeteredConn(conn, &b.connections), nil
		},
		MaxIdleConnsPerHost: idlePerBackend,
		IdleConnTimeout:     idleTimeout,
		DisableCompression:  true, // bodies pass as they are
	}
	// A check makes a connection of its own, so that it also tests whether
	// the server accepts.
	b.prober = &http.Client{
		Transport: &http.Transport{
			DialContext:        func(ctx context.Context, _, _ string) (net.Conn, error) { return open(ctx) },
			DisableKeepAlives:  true,
			DisableCompression: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return b
}

// available says whether new requests may go there. Needs the fleet's lock.
func (b *backend) available() bool { return !b.health.down && !b.drained && !b.removed }

// probe is one active check: GET /healthz must answer 2xx or 3xx in time.
func (b *backend) probe(ctx context.Context, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+b.address+"/healthz", nil)
	if err != nil {
		return fmt.Errorf("check %s: %w", b.name, err)
	}
	r.Header.Set("User-Agent", "rung-balancer-check")
	res, err := b.prober.Do(r)
	if err != nil {
		return fmt.Errorf("check %s: %w", b.name, err)
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(res.Body, 4<<10)); err != nil {
		return fmt.Errorf("check %s: read answer: %w", b.name, err)
	}
	if res.StatusCode < 200 || res.StatusCode > 399 {
		return fmt.Errorf("check %s: status %d", b.name, res.StatusCode)
	}
	return nil
}

// token derives a name that is stable, also over restarts, and does not show
// the role's.
func token(name string) string {
	sum := sha256.Sum256([]byte(cookieName + "\x00" + name))
	return hex.EncodeToString(sum[:tokenLength/2])
}
