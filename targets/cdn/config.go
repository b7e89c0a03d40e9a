package cdn

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"time"

	"rung/targets"
	"rung/targets/machine"
)

// Config is what an edge gets from the node it runs on.
type Config struct {
	// Role is the edge's own name; it signs Via, Cache-Status and X-Served-By.
	Role string
	// Dial connects to the origin and to peers by role, through the emulated
	// wire. It must honour its context. It is required.
	Dial func(ctx context.Context, role string) (net.Conn, error)
	// Site is the Host that the origin is asked for. Empty keeps the
	// client's. A final dot is dropped.
	Site string
	// Share is charged with the CPU time of requests. Nil charges nothing.
	Share *machine.Share
	// Log gets what no client is told. Nil means slog.Default().
	Log *slog.Logger
	// Now is the clock of ages and lifetimes, not of timeouts. Nil means
	// time.Now.
	Now func() time.Time
	// Access gets a line "request" for each request but GET /healthz, at level
	// info: method, path, status (499 when the client left before its answer),
	// took_ns, bytes (of the body), cache (this edge's Cache-Status without its
	// name, as "hit; ttl=7"; left out where the cache had no say), aborted if
	// the answer broke off, and trace_id, span_id and request_id. Method and
	// path are cut to 16 and 256 bytes. Nil means none.
	Access *slog.Logger
	// Sample is the share, 0 to 1, of the requests without a trace context
	// whose new one says that it is sampled. What a client's own says stays.
	//
	// With Access or a Sample above zero every request has a trace context, a
	// child of the client's or a new one, asks the origin with that, and its
	// answer carries X-Request-Id. Of requests that share a question the
	// origin sees the first one's. With neither, those headers pass as they
	// come; but a stored answer never has an X-Request-Id.
	Sample float64
	// Seed has no effect: an edge does nothing at random
	// that an answer depends on.
	Seed uint64
}

func check(spec targets.Edge, config Config) error {
	switch {
	case config.Dial == nil:
		return errors.New("there is no dialer")
	case spec.Origin == "":
		return errors.New("there is no origin")
	case spec.Bytes < 1:
		return fmt.Errorf("size is %d bytes: it must be positive", spec.Bytes)
	case spec.TTL < 0:
		return fmt.Errorf("ttl is %v: it must not be negative", spec.TTL)
	case spec.StaleIfError < 0:
		return fmt.Errorf("stale-if-error is %v: it must not be negative", spec.StaleIfError)
	case spec.Timeout <= 0:
		return fmt.Errorf("timeout is %v: it must be positive", spec.Timeout)
	case !(config.Sample >= 0 && config.Sample <= 1): // NaN is refused too
		return fmt.Errorf("share of sampled requests is %v: it must be 0 to 1", config.Sample)
	case spec.Connections < 1:
		return fmt.Errorf("connections are %d: at least 1 is needed", spec.Connections)
	case slices.Contains(spec.Peers, ""):
		return errors.New("a peer has no name")
	}
	if err := spec.Demand.Check(); err != nil {
		return fmt.Errorf("demand: %w", err)
	}
	return nil
}

func withDefaults(config Config) Config {
	if config.Role == "" {
		config.Role = "edge"
	}
	if config.Log == nil {
		config.Log = slog.Default()
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	return config
}
