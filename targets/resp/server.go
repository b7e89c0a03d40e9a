package resp

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/tidwall/redcon"
)

// Command is what a client asks for.
type Command struct {
	// Name in capitals, as sent otherwise: it may be anything, also empty.
	Name string
	// Args without the name. The handler may keep them.
	Args [][]byte
}

// Handler carries out one command. It is called for one command of a connection at
// a time, and for many connections at once. ctx ends when the server does; a
// handler that waits must watch it.
type Handler func(ctx context.Context, c Command) Reply

// Server serves RESP2. It is safe for concurrent use.
type Server struct {
	name    string
	handler Handler
	limits  Limits
	log     *slog.Logger

	open   atomic.Int64
	lastID atomic.Int64
	errs   atomic.Int64
}

// New returns a server that hands to handler every command that is not about the
// connection. The name is what HELLO answers as the server's name. A nil log
// discards.
func New(name string, handler Handler, limits Limits, log *slog.Logger) *Server {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Server{name: name, handler: handler, limits: limits.orDefaults(), log: log}
}

// Connections is the number of clients that are connected now.
func (s *Server) Connections() int { return int(s.open.Load()) }

// Errors is how many error replies were sent, refused connections included.
func (s *Server) Errors() int64 { return s.errs.Load() }

// Serve accepts connections on l until ctx ends; then it closes l and all
// connections, waits for running handlers and returns nil. It returns an error when
// l is closed by someone else.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	d := &door{Listener: l, ctx: ctx, limits: s.limits, log: s.log}
	stop := context.AfterFunc(ctx, func() { _ = l.Close() }) // ends the loop in redcon.Serve

	var clients sync.WaitGroup
	err := redcon.Serve(d,
		func(conn redcon.Conn, cmd redcon.Command) { s.command(ctx, conn, cmd) },
		func(conn redcon.Conn) bool {
			if !s.admit(conn) {
				return false
			}
			clients.Add(1)
			return true
		},
		func(conn redcon.Conn, err error) {
			s.open.Add(-1)
			if err != nil && ctx.Err() == nil {
				s.log.Debug("connection ended", "remote", conn.RemoteAddr(), "error", err)
			}
			clients.Done()
		})
	stop()
	cancel()
	clients.Wait()
	if err == nil {
		err = d.err
	}
	if err != nil {
		return fmt.Errorf("serve resp on %v: %w", l.Addr(), err)
	}
	return nil
}

// admit is called by the one goroutine that accepts.
func (s *Server) admit(conn redcon.Conn) bool {
	if s.open.Load() >= int64(s.limits.Connections) {
		s.errs.Add(1)
		conn.WriteError("ERR max number of clients reached")
		return false
	}
	s.open.Add(1)
	conn.SetContext(&client{id: s.lastID.Add(1)})
	return true
}

// command carries out one command and writes its reply.
func (s *Server) command(ctx context.Context, conn redcon.Conn, cmd redcon.Command) {
	c := conn.Context().(*client)
	if ctx.Err() != nil || len(cmd.Args) == 0 {
		hangUp(conn)
		return
	}
	reply, quit := s.answer(ctx, c, Command{
		Name: strings.ToUpper(string(cmd.Args[0])),
		Args: cmd.Args[1:],
	})
	if _, failed := reply.(Error); failed {
		s.errs.Add(1)
	}
	c.scratch = reply.append(c.scratch[:0])
	conn.WriteRaw(c.scratch)
	if cap(c.scratch) > 4*chunk {
		c.scratch = nil
	}
	switch {
	case quit:
		hangUp(conn)
	case len(conn.PeekPipeline()) > 0:
		// Redcon would hold the reply back until the whole pipeline is done; the
		// next command may wait long.
		if redcon.BaseWriter(conn).Flush() != nil {
			hangUp(conn)
		}
	}
}

// hangUp drops what is left of the pipeline and closes. An error of closing says
// nothing that matters: the connection is gone either way.
func hangUp(conn redcon.Conn) {
	conn.ReadPipeline()
	_ = conn.Close()
}
