package dns

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"rung/targets"
)

// NameserverConfig is what a nameserver needs besides its settings.
type NameserverConfig struct {
	// Addresses are the IPv4 addresses of all roles that the zone names, by
	// role.
	Addresses map[string]netip.Addr
	// Dial opens a TCP connection to a role for a health check. It must be
	// safe for concurrent use and honour its context. Nil is allowed when
	// the settings have no health checks.
	Dial func(ctx context.Context, role string) (net.Conn, error)
	// Regions are known by their IPv4 subnets; where two overlap, the longer
	// prefix counts.
	Regions []targets.Region
	// Seed spreads the health checks of several nameservers in time.
	Seed uint64
	// Work charges one query that is well formed, and returns when the work
	// is done; its error makes the answer SERVFAIL. Nil costs nothing.
	Work func(context.Context) error
	// Log gets changes of health, and failures. Nil means silence.
	Log *slog.Logger
	// Now stamps events. Nil means time.Now.
	Now func() time.Time
}

// NewNameserver returns a server for the zone of spec that knows no regions
// and checks nobody's health. Addresses, work and log are those of
// NameserverConfig. For errors see NewNameserverWith.
func NewNameserver(spec targets.Nameserver, addresses map[string]netip.Addr, work func(context.Context) error, log *slog.Logger) (*Nameserver, error) {
	return NewNameserverWith(spec, NameserverConfig{Addresses: addresses, Work: work, Log: log})
}

// NewNameserverWith returns a server for the zone of spec.
//
// The error says which record, delegation or region is wrong: a name outside
// the zone or inside a delegated one, a wildcard, a negative TTL, a role
// without an IPv4 address, a region that is not there, or that is no IPv4
// subnet or another's; or that health checks have no Dial.
func NewNameserverWith(spec targets.Nameserver, cfg NameserverConfig) (*Nameserver, error) {
	regions, err := newAtlas(cfg.Regions)
	if err != nil {
		return nil, err
	}
	z, err := newZone(spec, cfg.Addresses, regions)
	if err != nil {
		return nil, err
	}
	n := &Nameserver{zone: z, regions: regions, work: cfg.Work, log: orSilent(cfg.Log)}
	if n.work == nil {
		n.work = func(context.Context) error { return nil }
	}
	watched := targets.Role{Nameserver: &spec}.Peers()
	if len(watched) > 0 && cfg.Dial == nil {
		return nil, fmt.Errorf("zone %s: health checks need a way to dial", z.apex)
	}
	n.watch = newWatch(spec.Health, watched, cfg)
	return n, nil
}
