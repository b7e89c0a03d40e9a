package balancer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"rung/targets"
	"rung/targets/machine"
)

// maxInFlight is how many requests are served at once, unless Config says
// otherwise. The next one is answered 503.
const maxInFlight = 4096

// defaultHold is how long a passive ejection lasts when active checks are off:
// nginx's fail_timeout of 10 s at the ladder's usual time scale of 10.
const defaultHold = time.Second

// Config is what a balancer gets from the node it runs on.
type Config struct {
	// Role is the balancer's own name; it signs Via with it.
	Role string
	// Site is the DNS name in the TLS certificate; a final dot is dropped.
	Site string
	// Address is the IP address in the TLS certificate. When it is empty, or
	// not the one that the TLS listener has, Serve makes the certificate
	// anew with the listener's.
	Address string
	// Servers maps every server of the specification to its host:port.
	Servers map[string]string
	// Dial connects to a server by name, through the emulated wire. It must
	// honour its context. Nil means a plain TCP dial to Servers.
	Dial func(ctx context.Context, role string) (net.Conn, error)
	// Share is charged with the CPU time of requests. Nil charges nothing.
	Share *machine.Share
	// Log gets the health changes. It names the role already. Nil means
	// slog.Default().
	Log *slog.Logger
	// Now is the clock of rate limits and events. Nil means time.Now.
	Now func() time.Time
	// Seed of the random policy.
	Seed uint64
	// Hold is how long a passive ejection lasts when active checks are off;
	// then the server is up on trial: the first failed request ejects it
	// again. Zero means 1 s: nginx's fail_timeout of 10 s divided by 10.
	Hold time.Duration
	// MaxInFlight bounds the requests served at once. Zero means 4096.
	MaxInFlight int
	// Access gets a line "request" for each request but GET /healthz, at level
	// info: method, path, status (499 when the client left before its answer),
	// took_ns, server (who answered), tries if more than one, aborted if the
	// answer broke off, and trace_id, span_id and request_id. Method and path
	// are cut to 16 and 256 bytes. Nil means none.
	Access *slog.Logger
	// Sample is the share, 0 to 1, of the requests without a trace context
	// whose new one says that it is sampled. What a client's own says stays.
	//
	// With Access or a Sample above zero every request has a trace context, a
	// child of the client's or a new one, goes to its server with that, and its
	// answer carries X-Request-Id. With neither, those headers pass as they come.
	Sample float64
}

func check(spec targets.Balancer, cfg Config) error {
	if len(spec.Servers) == 0 {
		return errors.New("there are no servers")
	}
	seen := map[string]bool{}
	for _, name := range spec.Servers {
		if cfg.Servers[name] == "" {
			return fmt.Errorf("server %q has no address", name)
		}
		if seen[name] {
			return fmt.Errorf("server %q is there twice", name)
		}
		seen[name] = true
	}
	switch {
	case spec.Timeout <= 0:
		return fmt.Errorf("timeout is %v: it must be positive", spec.Timeout)
	case spec.Retries < 0:
		return fmt.Errorf("retries are %d: they must not be negative", spec.Retries)
	case !(cfg.Sample >= 0 && cfg.Sample <= 1): // NaN is refused too
		return fmt.Errorf("share of sampled requests is %v: it must be 0 to 1", cfg.Sample)
	case cfg.MaxInFlight < 0:
		return fmt.Errorf("at most %d requests in flight: it must not be negative", cfg.MaxInFlight)
	}
	if err := spec.Demand.Check(); err != nil {
		return fmt.Errorf("demand: %w", err)
	}
	return nil
}

func withDefaults(cfg Config) Config {
	if cfg.Role == "" {
		cfg.Role = "balancer"
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Hold <= 0 {
		cfg.Hold = defaultHold
	}
	if cfg.MaxInFlight == 0 {
		cfg.MaxInFlight = maxInFlight
	}
	return cfg
}

func dialTo(dial dialer, address string) dialer {
	if dial != nil {
		return dial
	}
	return func(ctx context.Context, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", address)
	}
}
