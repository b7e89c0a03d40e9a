package volume

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"rung/targets"
	"rung/targets/machine"
	"rung/targets/pool"
)

// ErrClosed says that the server was closed before.
var ErrClosed = errors.New("volume is closed")

const defaultFiles = 100_000

// Config is what a server needs besides its settings.
type Config struct {
	// Role is the name of the role, for errors. It must not be empty.
	Role string
	// Directory keeps the files. It is made when it is not there.
	Directory string
	// Share of the machine that the role runs on.
	Share *machine.Share
	// Log may be nil, which discards.
	Log *slog.Logger
	// Now is the time that files end by. Nil means time.Now.
	Now func() time.Time
	// Files bounds how many there are. Zero means 100,000.
	Files int
}

// Server is a volume. It is an http.Handler, and safe for concurrent use.
type Server struct {
	spec     targets.Volume
	config   Config
	disk     *disk
	pool     *pool.Pool
	counters counters

	life    context.Context // ends with Close
	end     context.CancelFunc
	mu      sync.Mutex
	closed  bool
	serving sync.WaitGroup
	close   func() error
}

// counters count what became of requests.
type counters struct {
	gets, puts, deletes                      atomic.Int64
	missing, invalid, refused, full, errored atomic.Int64
	connections                              atomic.Int64
}

// New opens the volume in the configured directory. What was acknowledged
// before, by a process that was killed, is there. Close must be called. The
// error names the first setting that is not usable, or says what is wrong with
// the directory.
func New(spec targets.Volume, config Config) (*Server, error) {
	if err := check(spec, config); err != nil {
		return nil, fmt.Errorf("role %s: %w", config.Role, err)
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Files == 0 {
		config.Files = defaultFiles
	}
	d, err := openDisk(config.Directory, config.Files, spec.Fsync != targets.FsyncOff, config.Now, config.Log)
	if err != nil {
		return nil, fmt.Errorf("role %s: %w", config.Role, err)
	}
	s := &Server{spec: spec, config: config, disk: d, pool: pool.New(spec.PoolFiles)}
	d.dropped = func(name string) { s.pool.Forget(page(name)) }
	s.life, s.end = context.WithCancel(context.Background())
	s.close = sync.OnceValue(d.root.Close)
	return s, nil
}

func check(spec targets.Volume, config Config) error {
	for _, law := range []targets.Law{spec.Demand, spec.Access} {
		if err := law.Check(); err != nil {
			return err
		}
	}
	switch {
	case config.Role == "":
		return errors.New("it has no name")
	case config.Directory == "":
		return errors.New("directory is missing")
	case config.Share == nil:
		return errors.New("share of the machine is missing")
	case config.Files < 0:
		return fmt.Errorf("files is %d: it must not be negative", config.Files)
	case spec.Connections < 1:
		return fmt.Errorf("connections is %d: it must be at least 1", spec.Connections)
	case spec.PoolFiles < 0:
		return fmt.Errorf("pool_files is %d: it must not be negative", spec.PoolFiles)
	case spec.Fsync != targets.FsyncFull && spec.Fsync != targets.FsyncOff:
		return fmt.Errorf("fsync is %q: allowed are %s and %s", spec.Fsync, targets.FsyncFull, targets.FsyncOff)
	}
	return nil
}

// page is the name of a file's page in the pool.
func page(name string) string { return "file/" + name }

// Close ends every Serve, waits for it and closes the directory. It may be
// called again and then returns the same.
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

// Metrics returns the role's counters, which only grow, and its gauges:
//
//	requests_get_total     GET and HEAD of a name, whatever the answer
//	requests_put_total     PUT, likewise
//	requests_delete_total  DELETE, likewise
//	missing_total          answers 404
//	invalid_total          answers 400, 405, 409 and 413
//	refused_total          answers 503
//	full_total             answers 507
//	errors_total           answers 500
//	commits_total          writes and removals that are durable
//	expired_total          ended files that were taken away
//	pool_hits_total        reads of files that were in the pool
//	pool_misses_total      reads that cost a disk access
//	files, bytes           held now, ended ones included
//	connections            open now
func (s *Server) Metrics() map[string]float64 {
	files, bytes := s.disk.counts()
	hits, misses := s.pool.Counts()
	c := &s.counters
	return map[string]float64{
		"requests_get_total":    float64(c.gets.Load()),
		"requests_put_total":    float64(c.puts.Load()),
		"requests_delete_total": float64(c.deletes.Load()),
		"missing_total":         float64(c.missing.Load()),
		"invalid_total":         float64(c.invalid.Load()),
		"refused_total":         float64(c.refused.Load()),
		"full_total":            float64(c.full.Load()),
		"errors_total":          float64(c.errored.Load()),
		"commits_total":         float64(s.disk.commits.Load()),
		"expired_total":         float64(s.disk.swept.Load()),
		"pool_hits_total":       float64(hits),
		"pool_misses_total":     float64(misses),
		"files":                 float64(files),
		"bytes":                 float64(bytes),
		"connections":           float64(c.connections.Load()),
	}
}
