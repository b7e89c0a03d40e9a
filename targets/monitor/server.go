package monitor

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"rung/targets"
	"rung/targets/machine"
	"rung/targets/telemetry"
)

// ErrClosed says that the server was closed before.
var ErrClosed = errors.New("monitor is closed")

// Config is what a server needs besides its settings.
type Config struct {
	// Role is the name of the role, and Node that of its node: labels of its
	// metrics.
	Role, Node string
	// Share of the machine that the role runs on. Nil costs no time.
	Share *machine.Share
	// Log may be nil, which discards.
	Log *slog.Logger
	// Now is the wall clock. Nil means time.Now.
	Now func() time.Time
}

// Bounds of the HTTP server. A client that is slower than these is cut off.
const (
	headerTimeout = 5 * time.Second
	readTimeout   = 15 * time.Second
	writeTimeout  = 60 * time.Second
	idleTimeout   = 2 * time.Minute
	headerBytes   = 16 << 10
	// searches is how many run at a time; the next ones are refused, because
	// a search takes the CPU that lines and users need.
	searches = 2
	// drainTime bounds how long requests in flight may still run when Serve
	// ends.
	drainTime = 2 * time.Second
)

// Server is a monitor. It is an http.Handler, and safe for concurrent use.
//
// Its memory is what its settings give to lines, the batches that are being
// read (1 MiB for each connection), the users of the day (40 MB for a million),
// and what a search holds while segments it looks at are evicted.
type Server struct {
	spec    targets.Monitor
	config  Config
	mux     *http.ServeMux
	layout  *template.Template
	looking chan struct{} // one for each search

	mu       sync.Mutex // over the four below; never held during a search
	journal  *journal
	senders  senders
	business business
	tally    tally

	connections                       atomic.Int64
	refused, searched, refusedSearch  atomic.Int64
	refusedConnections, brokenBatches atomic.Int64

	life    context.Context // ends with Close
	end     context.CancelFunc
	closing sync.Mutex
	closed  bool
	serving sync.WaitGroup
}

// New makes a monitor. It is an error if there is no room for lines, or for
// connections. Close must be called.
func New(spec targets.Monitor, config Config) (*Server, error) {
	if spec.Bytes < 1<<16 || spec.Connections < 1 {
		return nil, fmt.Errorf("role %s: a monitor needs 65536 bytes and a connection, not %d and %d", config.Role, spec.Bytes, spec.Connections)
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	layout, err := template.New("page").Parse(pageText)
	if err != nil {
		return nil, fmt.Errorf("role %s: the page: %w", config.Role, err)
	}
	s := &Server{spec: spec, config: config, mux: http.NewServeMux(), layout: layout, looking: make(chan struct{}, searches),
		journal: newJournal(spec.Bytes), tally: newTally()}
	s.life, s.end = context.WithCancel(context.Background())
	s.mux.HandleFunc("POST /logs", s.take)
	s.mux.HandleFunc("GET /logs", s.search)
	s.mux.HandleFunc("GET /{$}", s.page)
	s.mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "ok") // a failed write means that the client has gone
	})
	s.mux.Handle("GET /metrics", telemetry.Handler(telemetry.Config{Node: config.Node, Log: config.Log,
		Kinds: map[string]targets.Kind{config.Role: targets.KindMonitor},
		Metrics: func() *targets.Metrics {
			return &targets.Metrics{Roles: map[string]map[string]float64{config.Role: s.Metrics()}}
		}}))
	return s, nil
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	s.mux.ServeHTTP(w, r)
}

// Serve answers requests from l until ctx is done or the server is closed;
// then it lets the requests in flight end, for 2 s at most, cuts what is left
// and returns nil. It closes l. The error is of a listener that failed.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	s.closing.Lock()
	if s.closed {
		s.closing.Unlock()
		return errors.Join(ErrClosed, l.Close())
	}
	s.serving.Add(1)
	s.closing.Unlock()
	defer s.serving.Done()

	// Requests outlive ctx by the drain time.
	base, cancel := context.WithCancel(context.Background())
	defer cancel()
	hs := &http.Server{Handler: s, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: headerBytes, ConnState: s.connection,
		BaseContext: func(net.Listener) context.Context { return base },
		ErrorLog:    slog.NewLogLogger(s.config.Log.Handler(), slog.LevelWarn)}
	served := make(chan error, 1)
	go func() { served <- hs.Serve(l) }()
	select {
	case err := <-served:
		hs.Close()
		return fmt.Errorf("monitor %s on %s: %w", s.config.Role, l.Addr(), err)
	case <-ctx.Done():
	case <-s.life.Done():
	}
	drain, stop := context.WithTimeout(base, drainTime)
	defer stop()
	if hs.Shutdown(drain) != nil {
		hs.Close()
	}
	<-served
	return nil
}

// connection closes connections beyond the bound.
func (s *Server) connection(conn net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		if s.connections.Add(1) > int64(s.spec.Connections) {
			s.refusedConnections.Add(1)
			_ = conn.Close() // the client sees that
		}
	case http.StateClosed, http.StateHijacked:
		s.connections.Add(-1)
	}
}

// Close ends every Serve and waits for it. It may be called again.
func (s *Server) Close() error {
	s.closing.Lock()
	s.closed = true
	s.closing.Unlock()
	s.end()
	s.serving.Wait()
	return nil
}
