package volume

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// Bounds of the HTTP server. A client that is slower than these is cut off.
const (
	headerTimeout = 5 * time.Second
	readTimeout   = 15 * time.Second // the head and the content
	writeTimeout  = 60 * time.Second // from the end of the head, queueing included
	idleTimeout   = 2 * time.Minute
	headerBytes   = 16 << 10
	// drainTime bounds how long requests in flight may still run when Serve
	// ends, and then once more how long cancelled ones take to notice.
	drainTime = 2 * time.Second
)

// excess marks the context of a connection that is one too many.
type excess struct{}

// Serve answers requests from l until ctx is done or the server is closed;
// then it lets the requests in flight end, for 2 s at most, cuts what is left
// and returns nil. It closes l. The error is of a listener that failed, or of
// requests that did not stop when cancelled.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return errors.Join(ErrClosed, l.Close())
	}
	s.serving.Add(1)
	s.mu.Unlock()
	defer s.serving.Done()

	// Requests outlive ctx by the drain time.
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	var open sync.WaitGroup
	hs := s.newHTTP(base, &open)
	served := make(chan error, 1)
	go func() { served <- hs.Serve(l) }()
	var failure error
	select {
	case err := <-served:
		failure = fmt.Errorf("role %s on %s: %w", s.config.Role, l.Addr(), err)
		hs.Close()
	case <-ctx.Done():
		stop(hs)
		<-served
	case <-s.life.Done():
		stop(hs)
		<-served
	}
	cancel()
	if !waitFor(&open, drainTime) {
		return errors.Join(failure, fmt.Errorf("role %s: cancelled requests still run after %v", s.config.Role, drainTime))
	}
	return failure
}

func (s *Server) newHTTP(base context.Context, open *sync.WaitGroup) *http.Server {
	return &http.Server{
		Handler:           s,
		BaseContext:       func(net.Listener) context.Context { return base },
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    headerBytes,
		ErrorLog:          slog.NewLogLogger(s.config.Log.Handler(), slog.LevelWarn),
		// "OPTIONS *" is answered like any other method that is not known.
		DisableGeneralOptionsHandler: true,
		ConnContext: func(ctx context.Context, _ net.Conn) context.Context {
			open.Add(1)
			if s.counters.connections.Add(1) > int64(s.spec.Connections) {
				return context.WithValue(ctx, excess{}, true)
			}
			return ctx
		},
		ConnState: func(_ net.Conn, state http.ConnState) {
			if state == http.StateClosed || state == http.StateHijacked {
				s.counters.connections.Add(-1)
				open.Done()
			}
		},
	}
}

// stop ends a server in order, or by force when that takes too long.
func stop(hs *http.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	if hs.Shutdown(ctx) != nil {
		hs.Close()
	}
}

// waitFor says whether the group was done within d.
func waitFor(group *sync.WaitGroup, d time.Duration) bool {
	done := make(chan struct{})
	go func() {
		group.Wait()
		close(done)
	}()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}
