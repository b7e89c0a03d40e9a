package worker

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"rung/targets"
	"rung/targets/jobs"
	"rung/targets/machine"
	"rung/targets/store"
)

// ErrClosed says that the server was closed before.
var ErrClosed = errors.New("worker is closed")

// Photos is where results go. Every store.Store is one.
type Photos interface {
	AddPhoto(ctx context.Context, p store.Post) (store.Timing, error)
}

// Config is what a server needs besides its settings.
type Config struct {
	// Role is the name of the role, for logs and errors.
	Role string
	// Share of the machine that the role runs on. Nil costs no time.
	Share *machine.Share
	// Store of the photos. The caller closes it, after the server.
	Store Photos
	// Consumers of the queues, one for each. The server closes them. Each
	// should fetch as many jobs at once as the worker does.
	Consumers []*jobs.Consumer
	// Access logs every job. Nil means only those whose trace is sampled,
	// to Log.
	Access *slog.Logger
	// Log may be nil, which discards.
	Log *slog.Logger
}

// Server is a worker. It is safe for concurrent use.
type Server struct {
	spec    targets.Worker
	config  Config
	slots   chan struct{} // one for each job at work
	tag     string        // of this process, in rows that are not idempotent
	rows    atomic.Int64
	done    *memory
	working atomic.Bool

	finished, failed, redelivered, duplicates atomic.Int64
	busy                                      atomic.Int64
	durations, delays                         *histogram

	life    context.Context // ends with Close
	end     context.CancelFunc
	mu      sync.Mutex
	closed  bool
	serving sync.WaitGroup
}

// New makes a worker, which takes jobs once it serves. Close must be called.
func New(spec targets.Worker, config Config) (*Server, error) {
	if config.Store == nil || len(config.Consumers) == 0 {
		return nil, fmt.Errorf("role %s: a worker needs a store and queues", config.Role)
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	var tag [6]byte
	rand.Read(tag[:]) // never fails
	s := &Server{spec: spec, config: config, slots: make(chan struct{}, max(spec.Concurrency, 1)),
		tag: hex.EncodeToString(tag[:]), done: newMemory(), durations: newHistogram(), delays: newHistogram()}
	s.working.Store(true)
	s.life, s.end = context.WithCancel(context.Background())
	return s, nil
}

// Serve takes jobs, and answers on l, until ctx ends or the server is closed;
// then it gives back the jobs at work, closes l and returns nil. The error is
// of a listener or a consumer that failed.
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
	failures := make(chan error, len(s.config.Consumers)+1)
	var parts sync.WaitGroup
	for _, c := range s.config.Consumers {
		parts.Go(func() {
			if err := c.Run(ctx, s.do); err != nil {
				failures <- fmt.Errorf("role %s: %w", s.config.Role, err)
				cancel()
			}
		})
	}
	parts.Go(func() {
		if err := s.answer(ctx, l); err != nil {
			failures <- fmt.Errorf("role %s on %s: %w", s.config.Role, l.Addr(), err)
			cancel()
		}
	})
	parts.Wait()
	close(failures)
	var all []error
	for err := range failures {
		all = append(all, err)
	}
	return errors.Join(all...)
}

// Work starts or stops taking jobs. Those at work are finished. A new worker
// takes jobs.
func (s *Server) Work(on bool) {
	s.working.Store(on)
	for _, c := range s.config.Consumers {
		c.Pause(!on)
	}
	s.config.Log.Info("worker is told", "work", on)
}

// Close ends every Serve, waits for it and closes the consumers. It may be
// called again.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.end()
	s.serving.Wait()
	for _, c := range s.config.Consumers {
		c.Close()
	}
	return nil
}

// age is how long ago a queue stored a job, by the wall clock, not below 0.
func age(j jobs.Job) time.Duration { return max(time.Since(j.Stored), 0) }
