package database

import (
	"context"
	"fmt"
	"net"
	"sync"
	"time"
)

const (
	// spareSockets are connections beside the sessions: those that start, those
	// that are refused and those that cancel.
	spareSockets = 64
	// farewell is how long a client may take to accept the last message.
	farewell = time.Second
	// Waits after a failed accept, which may be a lack of file descriptors.
	acceptPauseMin = 5 * time.Millisecond
	acceptPauseMax = time.Second
)

// Serve serves the clients of l until ctx is done or the server is closed, and
// then returns nil, after every session has ended. It closes l. An error of the
// listener itself is returned. It may be called for several listeners.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return l.Close()
	}
	s.serving.Add(1)
	s.mu.Unlock()
	defer s.serving.Done()

	ctx, stop := context.WithCancel(ctx)
	defer context.AfterFunc(s.ctx, stop)()
	var sessions sync.WaitGroup
	defer sessions.Wait()
	defer stop()
	defer context.AfterFunc(ctx, func() { l.Close() })()
	defer l.Close()

	pause := acceptPauseMin
	for {
		conn, err := l.Accept()
		if err == nil {
			pause = acceptPauseMin
			s.accept(ctx, conn, &sessions)
			continue
		}
		if ctx.Err() != nil {
			return nil
		}
		if !temporary(err) {
			return fmt.Errorf("database role %q: accept: %w", s.config.Role, err)
		}
		s.log.Warn("accept failed", "error", err, "pause", pause)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
		pause = min(2*pause, acceptPauseMax)
	}
}

func temporary(err error) bool {
	t, ok := err.(interface{ Temporary() bool })
	return ok && t.Temporary()
}

// accept starts a session for a connection, or closes it when there are too many.
func (s *Server) accept(ctx context.Context, conn net.Conn, sessions *sync.WaitGroup) {
	if s.sockets.Add(1) > int64(s.spec.Connections+spareSockets) {
		s.sockets.Add(-1)
		s.counters.connectionsRefused.Add(1)
		conn.Close()
		return
	}
	sessions.Go(func() {
		defer s.sockets.Add(-1)
		s.attend(ctx, conn)
	})
}

// attend serves one connection from its first byte to its last.
func (s *Server) attend(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	// When the server ends, a session that reads stops at once, and one that
	// writes has a moment left.
	defer context.AfterFunc(ctx, func() {
		conn.SetReadDeadline(time.Unix(1, 0))
		conn.SetWriteDeadline(time.Now().Add(farewell))
	})()
	c := newSession(ctx, s, conn)
	defer c.linger()
	if !c.start() {
		return
	}
	defer s.dismiss(c)
	c.serve()
}
