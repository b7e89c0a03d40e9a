package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"rung/targets"
	"rung/targets/machine"
)

// ErrClosed says that the server was closed before.
var ErrClosed = errors.New("queue is closed")

// Config is what a server needs besides its settings.
type Config struct {
	// Role is the name of the role, for the server's name, logs and errors.
	Role string
	// Share of the machine that the role runs on. Nil costs no time.
	Share *machine.Share
	// Directory keeps the data. It is made when it is not there.
	Directory string
	// Log may be nil, which discards.
	Log *slog.Logger
	// PowerCut says that the machine lost its power since it last ran: the
	// role starts with what was synced.
	PowerCut bool
	// Now is the wall clock of events. Nil means time.Now.
	Now func() time.Time
}

// Server is a queue. It is safe for concurrent use.
type Server struct {
	spec    targets.Queue
	config  Config
	toll    *toll
	tally   tally
	journal *journal
	keeper  *keeper // nil with SyncAlways
	base    figures // what was there at the start

	life    context.Context // ends with Close
	end     context.CancelFunc
	mu      sync.Mutex
	broker  *broker
	closed  bool
	serving sync.WaitGroup
	close   func() error
}

// New starts the queue on the configured directory, and makes the stream and
// its consumer when they are not there. Close must be called.
func New(spec targets.Queue, config Config) (*Server, error) {
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	s := &Server{spec: spec, config: config, journal: &journal{now: config.Now}}
	s.toll = &toll{spec: spec, share: config.Share, tally: &s.tally, log: config.Log}
	s.life, s.end = context.WithCancel(context.Background())
	if err := s.start(); err != nil {
		s.end()
		return nil, fmt.Errorf("role %s: %w", config.Role, err)
	}
	s.close = sync.OnceValue(s.shut)
	return s, nil
}

func (s *Server) start() error {
	started := time.Now()
	files, err := openFiles(s.config.Directory)
	if err != nil {
		return err
	}
	recovery := &recovery{spec: s.spec, role: s.config.Role, files: files, log: s.config.Log, journal: s.journal, life: s.life}
	b, discarded, err := recovery.run(s.config.PowerCut)
	if err != nil {
		return err
	}
	s.broker = b
	s.tally.discarded.Store(discarded)
	if s.base, err = b.figures(); err != nil {
		return errors.Join(err, b.close())
	}
	if s.spec.Sync == targets.SyncInterval {
		s.keeper = &keeper{broker: b, files: files, period: s.spec.Interval, toll: s.toll, tally: &s.tally,
			log: s.config.Log, journal: s.journal}
		// The disk has what a restarted machine found on it.
		if err := s.keeper.save(s.life); err != nil {
			return errors.Join(err, b.close())
		}
		s.keeper.start(s.life)
	}
	s.journal.add("recovered", s.config.Role, fmt.Sprintf("%d messages", s.base.messages))
	s.config.Log.Info("queue is open", "messages", s.base.messages, "sync", s.spec.Sync, "took", time.Since(started))
	return nil
}

// Serve answers clients on l until ctx ends or the server is closed; then it
// closes l and every connection and returns nil. The address of l is what
// clients are told.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return errors.Join(ErrClosed, l.Close())
	}
	s.serving.Add(1)
	s.mu.Unlock()
	defer s.serving.Done()

	if err := s.broker.advertise(l.Addr().String()); err != nil {
		return errors.Join(fmt.Errorf("role %s: %w", s.config.Role, err), l.Close())
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(s.life, cancel)
	defer stop()
	if err := s.accept(ctx, l); err != nil {
		return fmt.Errorf("role %s on %s: %w", s.config.Role, l.Addr(), err)
	}
	return nil
}

// Close ends every Serve, waits for it, syncs and ends the NATS server. It may
// be called again and then returns the same.
func (s *Server) Close() error { return s.close() }

func (s *Server) shut() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.end()
	s.serving.Wait()
	var errs []error
	if s.keeper != nil {
		errs = append(errs, s.keeper.stop())
	}
	if err := errors.Join(append(errs, s.broker.close())...); err != nil {
		return fmt.Errorf("role %s: %w", s.config.Role, err)
	}
	return nil
}

// Events returns the latest events, oldest first: "recovered" at the start,
// "power cut" with the number of discarded messages, "sync failed".
func (s *Server) Events() []targets.Event { return s.journal.list() }
