package balancer

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httputil"
	"slices"
	"strings"
	"sync"
	"time"

	"rung/targets"
	"rung/targets/asset"
	"rung/targets/machine"
)

// Server is a load balancer. It is safe for concurrent use.
type Server struct {
	role, site string
	law        targets.Law
	limiter    *limiter
	static     http.Handler // nil unless static files are served here
	fleet      *fleet
	forwarder  *forwarder
	proxy      *httputil.ReverseProxy
	share      *machine.Share
	log        *slog.Logger
	now        func() time.Time
	slots      chan struct{} // one for each request in flight
	counters   counters
	durations  durations
	tracing    tracing

	// life ends with Close.
	life context.Context
	end  context.CancelFunc

	mu     sync.Mutex
	cert   *certificate // nil without TLS
	served bool
}

// New makes a balancer. It dials nothing and starts nothing: Serve does. Every
// server is taken to be up at first. An error says what is wrong with the
// specification or the configuration.
func New(spec targets.Balancer, cfg Config) (*Server, error) {
	if err := check(spec, cfg); err != nil {
		return nil, fmt.Errorf("balancer %s: %w", cfg.Role, err)
	}
	policy, err := newPolicy(spec.Policy, cfg.Seed)
	if err != nil {
		return nil, fmt.Errorf("balancer %s: %w", cfg.Role, err)
	}
	cfg = withDefaults(cfg)
	s := &Server{
		role:    cfg.Role,
		site:    strings.TrimSuffix(cfg.Site, "."),
		law:     spec.Demand,
		limiter: newLimiter(spec.Limit, clientsKept),
		share:   cfg.Share,
		log:     cfg.Log,
		now:     cfg.Now,
		slots:   make(chan struct{}, cfg.MaxInFlight),
		tracing: tracing{access: cfg.Access, sample: cfg.Sample},
	}
	s.life, s.end = context.WithCancel(context.Background())
	if spec.Static {
		s.static = asset.Handler(spec.AssetSizes)
	}
	if spec.TLS {
		if s.cert, err = newCertificate(s.site, net.ParseIP(cfg.Address), s.now()); err != nil {
			return nil, fmt.Errorf("balancer %s: %w", cfg.Role, err)
		}
	}
	s.fleet = &fleet{
		spec: spec.Health, held: cfg.Hold, now: s.now, log: s.log, policy: policy,
		make: func(name, address string) *backend {
			b := newBackend(name, address, dialTo(cfg.Dial, address), spec.Timeout)
			b.health = newHealth(spec.Health)
			return b
		},
	}
	first := map[string]string{}
	for _, name := range spec.Servers {
		first[name] = cfg.Servers[name]
	}
	s.fleet.set(spec.Servers, first)
	s.forwarder = &forwarder{
		fleet: s.fleet, sticky: spec.Sticky,
		retries: spec.Retries, timeout: spec.Timeout, retried: &s.counters.retries,
	}
	s.proxy = &httputil.ReverseProxy{
		Rewrite:        s.rewrite,
		Transport:      s.forwarder,
		ModifyResponse: s.decorate,
		ErrorHandler:   s.failed,
		BufferPool:     newBuffers(),
		ErrorLog:       slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	return s, nil
}

// SetServers replaces the servers, also while the balancer serves. One that
// stays at its address keeps its state; one that is new is up at first; one
// that goes finishes the requests it has and its counters are forgotten. An
// empty map is allowed: every request is answered 503.
//
// To replace a server without a failed request: take it away, wait until
// leaving_active of Metrics is 0, stop it, and give the new one. Nothing new
// goes to a server once SetServers has returned, unused connections to it are
// closed, and a request that had chosen it and sent nothing yet moves on to
// another one, whatever Retries says. A server that is stopped before
// leaving_active is 0 has to finish what it began by itself.
func (s *Server) SetServers(servers map[string]string) {
	s.fleet.set(slices.Sorted(maps.Keys(servers)), maps.Clone(servers))
}

// Drain sends no new requests to a server, those of its sticky clients
// included; the requests it has finish. The error says that there is no such
// server.
func (s *Server) Drain(server string) error { return s.fleet.drain(server, true) }

// Undrain takes Drain back.
func (s *Server) Undrain(server string) error { return s.fleet.drain(server, false) }

// Events returns the last 1000 health changes, oldest first.
func (s *Server) Events() []Event { return s.fleet.events() }

// Certificate returns the TLS certificate in PEM, or nil without TLS. It is
// final once Serve was called; see Config.Address.
func (s *Server) Certificate() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cert == nil {
		return nil
	}
	return slices.Clone(s.cert.pem)
}

// Close stops at once: requests in flight are broken off and Serve returns.
// Calling it again does no harm.
func (s *Server) Close() {
	s.end()
	s.fleet.close()
}
