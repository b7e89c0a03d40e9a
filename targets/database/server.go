package database

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/binary"
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
)

// Config is what a Server needs besides its specification.
type Config struct {
	// Role names the server in its log.
	Role string
	// Directory keeps the database file. It is made when it is not there, and
	// must belong to this server alone.
	Directory string
	// Share is the machine that statements wait for. Nil costs no time.
	Share *machine.Share
	// Log receives what concerns no client. Nil is silent.
	Log *slog.Logger
	// Pages is the buffer pool. Nil makes one of the specification's size.
	Pages *pool.Pool
	// Owns says which users a new database starts with, with their orders and
	// those whom they follow: those of its shard. Nil means all.
	Owns func(user int64) bool
	// Template is a directory that servers of one run share, also those of
	// other processes: one of those that start with the same data fills a file
	// there, and the others copy it. Servers add files (seed-*.db, seed-*.lock)
	// and remove none; the directory may be removed when no server starts. It is
	// made when it is not there. Empty means that each server fills its own.
	Template string

	// The rest is for a member of a replicated group, whose name is Role.

	// Dial connects to another member.
	Dial func(ctx context.Context, member string) (net.Conn, error)
	// Replacement says that an empty directory is that of a new machine in
	// the place of a lost one: it waits for the group's data.
	Replacement bool
	// Now tells the time of writes, for the lag. Nil means time.Now.
	Now func() time.Time
	// Seed of everything random.
	Seed uint64
}

// Server is a database server. It is safe for concurrent use.
type Server struct {
	spec     targets.Database
	config   Config
	log      *slog.Logger
	engine   *engine
	pages    *pool.Pool
	counters counters
	sockets  atomic.Int64 // connections of any sort, those that start included
	member   *member      // nil when the database stands alone

	ctx  context.Context // ends with Close
	stop context.CancelFunc
	once sync.Once
	err  error // of Close

	mu       sync.Mutex
	closed   bool
	serving  sync.WaitGroup // calls of Serve
	sessions map[uint32]*session
	lastID   uint32
}

// New opens the database in the configured directory, and fills it with spec.Data
// when the directory is empty; a first start that was interrupted is done again.
// A directory that was filled for other data than spec.Data, or for another shard
// or sharding, is an error; one whose users have been moved since is none, nor one
// whose spare shards are used now. Errors name the path. The caller must call Close.
func New(spec targets.Database, config Config) (*Server, error) {
	if spec.Connections <= 0 {
		return nil, fmt.Errorf("database role %q: connections is %d: it must be at least 1", config.Role, spec.Connections)
	}
	for class, law := range spec.Demand {
		if err := law.Check(); err != nil {
			return nil, fmt.Errorf("database role %q: demand of %s: %w", config.Role, class, err)
		}
	}
	first, err := contentOf(spec, config.Owns)
	if err != nil {
		return nil, fmt.Errorf("database role %q: %w", config.Role, err)
	}
	e, err := openEngine(config.Directory, first, template(config.Template), spec.Fsync, spec.Replication != nil)
	if err != nil {
		return nil, err
	}
	log := config.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	pages := config.Pages
	if pages == nil {
		pages = pool.New(spec.PoolPages)
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &Server{
		spec: spec, config: config, log: log.With("role", config.Role), engine: e, pages: pages,
		ctx: ctx, stop: stop, sessions: map[uint32]*session{},
	}
	if spec.Replication != nil {
		if err := s.join(*spec.Replication); err != nil {
			return nil, errors.Join(err, e.close())
		}
	}
	return s, nil
}

// Warm puts pages into the buffer pool, oldest first, at no cost. Pages are named
// "users/<id>" and "orders/<customer id>".
func (s *Server) Warm(pages []string) { s.pages.Warm(pages) }

// Close ends every session as an administrator's shutdown (57P01), waits for
// them, moves the log into the database file and closes it. Further calls return
// the same.
func (s *Server) Close() error {
	s.once.Do(func() {
		s.mu.Lock()
		s.closed = true
		s.mu.Unlock()
		s.stop()
		if s.member != nil {
			s.member.group.Close() // always nil
		}
		s.serving.Wait()
		if s.member != nil {
			s.err = s.member.close()
		}
		s.err = errors.Join(s.err, s.engine.close())
	})
	return s.err
}

// version is what the server calls itself; clients read the number in front.
func (s *Server) version() string { return "15.0 (rung, SQLite " + s.engine.version + ")" }

// admit gives a session its identity, unless there are too many.
func (s *Server) admit(c *session) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.sessions) >= s.spec.Connections {
		s.counters.connectionsRefused.Add(1)
		return false
	}
	var secret [4]byte
	rand.Read(secret[:])
	s.lastID++
	c.id, c.secret = s.lastID, binary.BigEndian.Uint32(secret[:])
	s.sessions[c.id] = c
	s.counters.connections.Store(int64(len(s.sessions)))
	s.counters.connectionsAccepted.Add(1)
	return true
}

func (s *Server) dismiss(c *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions, c.id)
	s.counters.connections.Store(int64(len(s.sessions)))
}

// key is the secret that a CancelRequest must show.
func (s *session) key() []byte { return binary.BigEndian.AppendUint32(nil, s.secret) }

// cancel stops the running statement of a session, if the key is right.
func (s *Server) cancel(id uint32, key []byte) {
	s.mu.Lock()
	c := s.sessions[id]
	s.mu.Unlock()
	if c != nil && subtle.ConstantTimeCompare(c.key(), key) == 1 {
		c.stop()
	}
}
