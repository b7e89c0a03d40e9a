package cache

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"rung/targets/machine"
	"rung/targets/resp"
)

// ErrClosed says that the server was closed before.
var ErrClosed = errors.New("cache is closed")

// Config is what a server needs besides its settings.
type Config struct {
	// Role is the name of the role, for HELLO, INFO and errors.
	Role string
	// Share of the machine that the role runs on.
	Share *machine.Share
	// Log gets, besides what happens, a line for each command of a sampled
	// trace. It may be nil, which discards.
	Log *slog.Logger
	// Now is the time that entries expire by; it must not run backwards. Nil means
	// time.Now.
	Now func() time.Time
}

// Server is a cache. It is safe for concurrent use.
type Server struct {
	settings Settings
	config   Config
	engine   *engine
	commands map[string]command
	resp     *resp.Server
	started  time.Time

	carried   atomic.Int64 // commands that were carried out
	durations durations

	life    context.Context // ends with Close
	end     context.CancelFunc
	mu      sync.Mutex
	closed  bool
	serving sync.WaitGroup
}

// New returns an empty cache. It fails when the settings are not usable.
func New(settings Settings, config Config) (*Server, error) {
	if err := settings.Check(); err != nil {
		return nil, fmt.Errorf("role %s: %w", config.Role, err)
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	s := &Server{
		settings: settings, config: config,
		engine:   newEngine(settings.Bytes, settings.Policy, config.Now),
		commands: commands(), started: time.Now(),
	}
	s.resp = resp.New(config.Role, s.handle, resp.Limits{Connections: settings.Connections}, config.Log)
	s.life, s.end = context.WithCancel(context.Background())
	return s, nil
}

// Flush drops every entry, at no cost.
func (s *Server) Flush() {
	s.engine.begin()
	defer s.engine.mu.Unlock()
	s.engine.clear()
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

// Close ends every Serve and waits for it. It returns nil, and may be called again.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.end()
	s.serving.Wait()
	return nil
}

// handle carries out one command. It is a resp.Handler.
func (s *Server) handle(ctx context.Context, cmd resp.Command) resp.Reply {
	if cmd.Name == "INFO" {
		return s.info(cmd.Args)
	}
	c, known := s.commands[cmd.Name]
	if !known {
		return resp.Unknown(cmd)
	}
	arrived := time.Now()
	reply := s.answer(ctx, c, cmd)
	s.record(ctx, cmd.Name, time.Since(arrived))
	return reply
}

func (s *Server) answer(ctx context.Context, c command, cmd resp.Command) resp.Reply {
	carryOut, err := c.prepare(cmd)
	if err == nil {
		_, err = s.config.Share.CPU(ctx, s.settings.Demand)
	}
	var clients resp.Error
	switch {
	case err == nil:
		s.carried.Add(1)
		return carryOut(s.engine)
	case errors.As(err, &clients):
		return clients
	case errors.Is(err, machine.ErrFull):
		return resp.Error("BUSY the queue of the machine is full")
	case ctx.Err() != nil:
		return resp.Error("ERR the server is shutting down")
	}
	return resp.Error("ERR " + err.Error())
}

// Metrics returns the role's counters, which only grow, and the gauges connections,
// used_bytes and entries. Hits and misses count keys that were asked for by GET, MGET
// and SET with GET. Commands are those that were carried out, INFO not counted.
func (s *Server) Metrics() map[string]float64 {
	u := s.engine.usage()
	return map[string]float64{
		"connections":       float64(s.resp.Connections()),
		"hits_total":        float64(u.hits),
		"misses_total":      float64(u.misses),
		"evictions_total":   float64(u.evictions),
		"expirations_total": float64(u.expirations),
		"used_bytes":        float64(u.bytes),
		"entries":           float64(u.entries),
		"commands_total":    float64(s.carried.Load()),
		"errors_total":      float64(s.resp.Errors()),
	}
}
