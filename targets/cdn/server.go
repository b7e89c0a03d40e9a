package cdn

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"rung/targets"
	"rung/targets/machine"
)

const (
	idleTimeout = 30 * time.Second // for an unused connection to the origin
	maxInFlight = 4096             // requests served at once; more get 503
)

// Server is an edge. It is safe for concurrent use.
type Server struct {
	spec     targets.Edge
	role     string
	signer   string // the role as Cache-Status writes it
	servedBy []string
	site     string
	share    *machine.Share
	log      *slog.Logger
	now      func() time.Time
	dial     func(ctx context.Context, role string) (net.Conn, error)

	shelf     *shelf
	origin    *http.Transport
	peers     []peer
	key       [sha256.Size]byte // of the purge key
	slots     chan struct{}     // one for each request in flight
	counters  counters
	tracing   tracing
	durations durations
	suspicion suspicion

	// life ends with Close.
	life context.Context
	end  context.CancelFunc
}

// New makes an edge with an empty cache. It dials nothing and starts nothing.
// An error says what is wrong with the specification or the configuration.
func New(spec targets.Edge, config Config) (*Server, error) {
	config = withDefaults(config)
	if err := check(spec, config); err != nil {
		return nil, fmt.Errorf("edge %s: %w", config.Role, err)
	}
	s := &Server{
		spec: spec, role: config.Role, signer: item(config.Role), servedBy: []string{config.Role},
		site:  strings.TrimSuffix(config.Site, "."),
		share: config.Share, log: config.Log, now: config.Now, dial: config.Dial,
		shelf:   newShelf(spec.Bytes),
		key:     sha256.Sum256([]byte(spec.PurgeKey)),
		slots:   make(chan struct{}, maxInFlight),
		tracing: tracing{access: config.Access, sample: config.Sample},
	}
	s.life, s.end = context.WithCancel(context.Background())
	s.origin = s.newTransport(spec.Origin, spec.Backups, spec.Connections, &s.counters.originBytes, &s.counters.originOpen)
	seen := map[string]bool{config.Role: true}
	for _, name := range spec.Peers {
		if !seen[name] {
			seen[name] = true
			s.peers = append(s.peers, peer{name: name, transport: s.newTransport(name, nil, peerConnections, nil, nil)})
		}
	}
	return s, nil
}

// Flush empties the cache, as a purge of everything on this edge does.
func (s *Server) Flush() { s.purgeHere(target{key: "", prefix: true}) }

// Close stops at once: requests in flight are broken off, Serve returns, and
// no connection is kept. It waits for the questions to the origin, which end
// with it. Calling it again does no harm. The error is always nil.
func (s *Server) Close() error {
	s.end()
	s.shelf.close()
	s.origin.CloseIdleConnections()
	for _, p := range s.peers {
		p.transport.CloseIdleConnections()
	}
	return nil
}

// Serve answers HTTP on l until ctx ends; then it lets requests in flight
// finish for up to three seconds, closes the edge and returns nil. It also
// returns nil after Close, be that before. It closes l in any case. The error
// is the listener's. It is to be called once.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	defer func() { _ = s.Close() }()
	front := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       keepTimeout,
		MaxHeaderBytes:    headerBytes,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
		ConnState:         s.counters.connection,
		BaseContext:       func(net.Listener) context.Context { return s.life },
	}
	served := make(chan error, 1)
	go func() { served <- front.Serve(&meteredListener{Listener: l, out: &s.counters.egressBytes}) }()
	select {
	case <-ctx.Done():
	case <-s.life.Done():
	case err := <-served:
		s.end()
		_ = front.Close() // the listener's error is the one that tells
		if errors.Is(err, http.ErrServerClosed) {
			return nil
		}
		return fmt.Errorf("edge %s: %w", s.role, err)
	}
	grace, cancel := context.WithTimeout(s.life, graceTimeout)
	defer cancel()
	if front.Shutdown(grace) != nil {
		s.end()
		_ = front.Close() // whatever is left is broken off on purpose
	}
	<-served
	return nil
}

const (
	// graceTimeout is how long requests in flight may still take when Serve's
	// context ends.
	graceTimeout = 3 * time.Second
	// maxOpen bounds the open connections of clients.
	maxOpen = 1 << 16

	headerTimeout = 10 * time.Second // for a client's request headers
	readTimeout   = time.Minute      // for a whole request
	writeTimeout  = 2 * time.Minute  // for a whole answer
	keepTimeout   = 2 * time.Minute  // for an unused connection
	headerBytes   = 64 << 10
)
