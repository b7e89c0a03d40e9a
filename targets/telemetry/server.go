package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"rung/targets"
)

// ErrClosed says that the server was closed before.
var ErrClosed = errors.New("telemetry is closed")

var errNothing = errors.New("the node does not tell its metrics")

// Config is what a Server tells of.
type Config struct {
	// Node and Topology are names, Version that of the software. Below 1
	// means 1.
	Node, Topology string
	Version        int
	// Metrics are read at every scrape, several at a time if it comes to
	// that. It must not be nil; what it returns is not changed.
	Metrics func() *targets.Metrics
	// Kinds are those of the roles by name: the kind is part of the names of
	// a role's metrics. A role that is not there has the kind "role".
	Kinds map[string]targets.Kind
	// Log may be nil, which discards.
	Log *slog.Logger
}

// Bounds of the HTTP server. A client that is slower than these is cut off.
const (
	headerTimeout = 5 * time.Second
	writeTimeout  = 10 * time.Second
	idleTimeout   = 2 * time.Minute
	headerBytes   = 16 << 10
	connections   = 64
	scrapes       = 4 // at a time
	// drainTime bounds how long requests in flight may still run when Serve
	// ends.
	drainTime = 2 * time.Second
)

// Server answers GET /metrics, in the text format of Prometheus or in
// OpenMetrics, whichever the client asks for, and GET /healthz with 200 as
// long as it serves. The latter tells the node's version in X-Version. It is
// an http.Handler, and safe for concurrent use.
type Server struct {
	config Config
	mux    *http.ServeMux
	open   atomic.Int64

	life    context.Context // ends with Close
	end     context.CancelFunc
	mu      sync.Mutex
	closed  bool
	serving sync.WaitGroup
}

// New makes a server that tells what config says.
func New(config Config) *Server {
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{config: config, mux: http.NewServeMux()}
	s.life, s.end = context.WithCancel(context.Background())
	s.mux.Handle("GET /metrics", handler(collector{config, true}))
	s.mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Version", strconv.Itoa(max(config.Version, 1)))
		fmt.Fprintln(w, "ok") // a failed write means that the client has gone
	})
	return s
}

// Handler answers scrapes with the metrics of roles alone, without those of
// the machine: for a role that has an endpoint of its own. Of config it takes
// Node, Kinds, Log and the Roles and Histograms of Metrics.
func Handler(config Config) http.Handler {
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	return handler(collector{config, false})
}

func handler(c collector) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(c) // a collector without descriptions has none to conflict
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		ErrorLog:            slog.NewLogLogger(c.config.Log.Handler(), slog.LevelError),
		ErrorHandling:       promhttp.HTTPErrorOnError,
		MaxRequestsInFlight: scrapes,
		EnableOpenMetrics:   true,
		// Compression would cost CPU to save bytes of the loopback.
		DisableCompression: true,
	})
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Serve answers requests from l until ctx is done or the server is closed;
// then it lets the requests in flight end, for 2 s at most, cuts what is left
// and returns nil. It closes l. The error is of a listener that failed.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return errors.Join(ErrClosed, l.Close())
	}
	s.serving.Add(1)
	s.mu.Unlock()
	defer s.serving.Done()

	hs := &http.Server{Handler: s, ReadHeaderTimeout: headerTimeout, ReadTimeout: headerTimeout, WriteTimeout: writeTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: headerBytes, ConnState: s.connection,
		ErrorLog: slog.NewLogLogger(s.config.Log.Handler(), slog.LevelWarn)}
	served := make(chan error, 1)
	go func() { served <- hs.Serve(l) }()
	select {
	case err := <-served:
		hs.Close()
		return fmt.Errorf("telemetry of %s on %s: %w", s.config.Node, l.Addr(), err)
	case <-ctx.Done():
	case <-s.life.Done():
	}
	drain, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	if hs.Shutdown(drain) != nil {
		hs.Close()
	}
	<-served
	return nil
}

// connection closes connections beyond the bound. Nothing but scrapers and
// health checks come here.
func (s *Server) connection(conn net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		if s.open.Add(1) > connections {
			_ = conn.Close()
		}
	case http.StateClosed, http.StateHijacked:
		s.open.Add(-1)
	}
}

// Close ends every Serve and waits for it. It may be called again.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.end()
	s.serving.Wait()
	return nil
}
