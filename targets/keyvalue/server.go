package keyvalue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"rung/targets"
	"rung/targets/machine"
	"rung/targets/pool"
	"rung/targets/resp"
)

// ErrClosed says that the server was closed before.
var ErrClosed = errors.New("key-value store is closed")

// Config is what a server needs besides its settings.
type Config struct {
	// Role is the name of the role, for HELLO, INFO and errors.
	Role string
	// Directory keeps the data. It is made when it is not there.
	Directory string
	// Share of the machine that the role runs on.
	Share *machine.Share
	// Log gets, besides what happens, a line for each command of a sampled
	// trace. It may be nil, which discards.
	Log *slog.Logger
}

// Server is a key-value store. It is safe for concurrent use.
type Server struct {
	spec     targets.KeyValue
	config   Config
	engine   *engine
	pool     *pool.Pool
	commands map[string]command
	resp     *resp.Server
	started  time.Time

	gets, sets atomic.Int64
	durations  durations

	life    context.Context // ends with Close
	end     context.CancelFunc
	mu      sync.Mutex
	closed  bool
	serving sync.WaitGroup
	close   func() error
}

// New opens the store in the configured directory, and fills it with the data set
// first when it is new. What was acknowledged before, by a process that was killed,
// is there. Close must be called.
func New(spec targets.KeyValue, config Config) (*Server, error) {
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	started := time.Now()
	e, err := openEngine(config.Directory, spec.Data, spec.Fsync)
	if err != nil {
		return nil, fmt.Errorf("role %s: %w", config.Role, err)
	}
	config.Log.Info("store is open", "role", config.Role, "took", time.Since(started))
	s := &Server{
		spec: spec, config: config, engine: e, pool: pool.New(spec.PoolPages),
		commands: commands(), started: started,
	}
	s.resp = resp.New(config.Role, s.handle, resp.Limits{Connections: spec.Connections}, config.Log)
	s.life, s.end = context.WithCancel(context.Background())
	s.close = sync.OnceValue(e.close)
	return s, nil
}

// Serve answers clients on l until ctx ends or the server is closed; then it closes
// l and every connection, waits for running commands and returns nil.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return errors.Join(ErrClosed, l.Close())
	}
	s.serving.Add(1)
	s.mu.Unlock()
	defer s.serving.Done()

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(s.life, cancel)
	defer stop()
	if err := s.resp.Serve(ctx, l); err != nil {
		return fmt.Errorf("role %s: %w", s.config.Role, err)
	}
	return nil
}

// Close ends every Serve, waits for it and closes the file. It may be called again
// and then returns the same.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.end()
	s.serving.Wait()
	if err := s.close(); err != nil {
		return fmt.Errorf("role %s: %w", s.config.Role, err)
	}
	return nil
}

// Warm brings pages into the buffer pool, oldest first, at no emulated cost.
func (s *Server) Warm(pages []string) { s.pool.Warm(pages) }

// Metrics returns the role's counters, which only grow, and the gauge
// "connections". Statements are counted by key, as they are charged.
func (s *Server) Metrics() map[string]float64 {
	hits, misses := s.pool.Counts()
	return map[string]float64{
		"connections":          float64(s.resp.Connections()),
		"statements_get_total": float64(s.gets.Load()),
		"statements_set_total": float64(s.sets.Load()),
		"errors_total":         float64(s.resp.Errors()),
		"commits_total":        float64(s.engine.commits.Load()),
		"pool_hits_total":      float64(hits),
		"pool_misses_total":    float64(misses),
	}
}
