package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"rung/targets"
	"rung/targets/asset"
	"rung/targets/machine"
	"rung/targets/session"
	"rung/targets/store"
)

// Defaults of Config.
const (
	defaultSessions     = 1 << 16
	defaultStoreTimeout = 10 * time.Second
)

// Config is what a Server is given by the node it runs on.
type Config struct {
	// Role is the server's name, sent as X-Served-By. It must not be empty.
	Role string
	// Store holds the data. It stays the caller's: Close does not close it.
	Store store.Store
	// Share is where CPU time is charged.
	Share *machine.Share
	// Log gets what goes wrong on this side of the client. Nil means nothing
	// is logged.
	Log *slog.Logger
	// Now tells the time for sessions. Nil means time.Now.
	Now func() time.Time
	// Seed of everything random in the server but session ids, which nobody
	// may foresee. Nothing draws from it yet: the static files are the same
	// on every node and the machine has a seed of its own.
	Seed uint64
	// SessionStore keeps logins. It stays the caller's. Nil means the
	// server's own memory.
	SessionStore session.Store
	// Sessions bounds the sessions held in the server's own memory; the
	// oldest is dropped for a new one. Zero means 65,536.
	Sessions int
	// StoreTimeout bounds one call of the store or of the session store, the
	// wait for a connection included. Zero means 10 s.
	StoreTimeout time.Duration
	// Enqueue puts a photo into a queue and returns when that has it for
	// good, and how long it took. Its context carries the trace and ends
	// after StoreTimeout. When it is set, POST /photos costs the CPU time of
	// OpPost and answers 202. Nil means that the server does the work.
	Enqueue func(ctx context.Context, id string, user int64) (took time.Duration, err error)
	// Access gets a line "request" for each operation. Nil means none; then
	// those of sampled requests go to Log.
	Access *slog.Logger
	// Sample is the share of requests, 0 to 1, that are sampled of those that
	// come without a trace.
	Sample float64
	// Version of the program, sent as X-Version. Empty means no header.
	Version string
}

// Server is one web server. It is an http.Handler, and safe for concurrent
// use.
type Server struct {
	store        store.Store
	share        *machine.Share
	log          *slog.Logger
	now          func() time.Time
	storeTimeout time.Duration
	sessions     session.Store
	library      *asset.Library
	routes       routes
	servedBy     []string
	version      []string // nil without one
	enqueue      func(ctx context.Context, id string, user int64) (time.Duration, error)
	access       *slog.Logger
	sample       float64
	exchanges    sync.Pool
	counters     counters
	draining     atomic.Bool
	active       active
	// These hold the log to one line per outage.
	storeDown, sessionsDown, queueDown atomic.Bool
	closing                            sync.Once
	closed                             chan struct{}
}

// New returns a server of that specification. The error names the first
// setting that is not usable.
func New(spec targets.Web, cfg Config) (*Server, error) {
	if err := check(spec, cfg); err != nil {
		return nil, fmt.Errorf("web role %q: %w", cfg.Role, err)
	}
	s := &Server{
		store:        cfg.Store,
		share:        cfg.Share,
		log:          cfg.Log,
		now:          cfg.Now,
		storeTimeout: cfg.StoreTimeout,
		sessions:     cfg.SessionStore,
		library:      asset.NewLibrary(spec.AssetSizes, spec.AssetMaxAge),
		servedBy:     []string{cfg.Role},
		enqueue:      cfg.Enqueue,
		access:       cfg.Access,
		sample:       cfg.Sample,
		closed:       make(chan struct{}),
	}
	if cfg.Version != "" {
		s.version = []string{cfg.Version}
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.storeTimeout == 0 {
		s.storeTimeout = defaultStoreTimeout
	}
	if s.sessions == nil {
		capacity := cfg.Sessions
		if capacity == 0 {
			capacity = defaultSessions
		}
		s.sessions = session.NewMemory(capacity, spec.SessionTTL, s.now)
	}
	s.routes = s.newRoutes(spec.Demand)
	s.exchanges.New = func() any {
		x := new(exchange)
		x.encoder = json.NewEncoder(&x.body)
		x.encoder.SetEscapeHTML(false)
		return x
	}
	return s, nil
}

func check(spec targets.Web, cfg Config) error {
	if cfg.Role == "" {
		return errors.New("it has no name")
	}
	if cfg.Store == nil {
		return errors.New("store is missing")
	}
	if cfg.Share == nil {
		return errors.New("share of the machine is missing")
	}
	if cfg.Sessions < 0 {
		return fmt.Errorf("sessions is %d: it must not be negative", cfg.Sessions)
	}
	if cfg.StoreTimeout < 0 {
		return fmt.Errorf("store timeout is %v: it must not be negative", cfg.StoreTimeout)
	}
	if !(cfg.Sample >= 0 && cfg.Sample <= 1) { // NaN is neither
		return fmt.Errorf("sample is %v: allowed is 0 to 1", cfg.Sample)
	}
	if len(spec.Queues) > 0 && cfg.Enqueue == nil {
		return errors.New("it has queues, but enqueue is missing")
	}
	if spec.SessionTTL <= 0 {
		return fmt.Errorf("session_ttl is %v: it must be above 0", spec.SessionTTL)
	}
	for op, law := range spec.Demand {
		if !slices.Contains(targets.Operations(), op) {
			return fmt.Errorf("demand of unknown operation %q: allowed are %v", op, targets.Operations())
		}
		if err := law.Check(); err != nil {
			return fmt.Errorf("demand of %s: %w", op, err)
		}
	}
	return checkSizes(spec.AssetSizes)
}

// Publish makes version the current one of all static files at once. The error
// says that version is not above the current one.
func (s *Server) Publish(version int) error {
	if err := s.library.Publish(version); err != nil {
		return fmt.Errorf("web role %s: %w", s.servedBy[0], err)
	}
	return nil
}

// Warm plays accesses to pages into the cache in front of the store, in order,
// and takes as long as that does. It is an error when the store has none.
func (s *Server) Warm(ctx context.Context, pages []string) error {
	cached, ok := s.store.(interface {
		Warm(ctx context.Context, pages []string) error
	})
	if !ok {
		return fmt.Errorf("web role %s: warm: there is no cache in front of its store", s.servedBy[0])
	}
	if err := cached.Warm(ctx, pages); err != nil {
		return fmt.Errorf("web role %s: %w", s.servedBy[0], err)
	}
	return nil
}

// Close makes every Serve return as the end of its context does, and does not
// wait for it. It may be called more than once.
func (s *Server) Close() { s.closing.Do(func() { close(s.closed) }) }
