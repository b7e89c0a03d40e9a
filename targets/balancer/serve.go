package balancer

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	// grace is how long requests in flight may still take when Serve's
	// context ends.
	grace = 3 * time.Second
	// maxOpen bounds the open connections of clients.
	maxOpen = 1 << 16

	headerTimeout = 10 * time.Second // for a client's request headers
	readTimeout   = time.Minute      // for a whole request
	writeTimeout  = 2 * time.Minute  // for a whole answer
	keepTimeout   = 2 * time.Minute  // for an unused connection
	headerBytes   = 64 << 10
)

// Serve answers HTTP on plain and, if it is not nil, HTTPS (HTTP/1.1 and
// HTTP/2, TLS 1.2 or later) on secure, and runs the active checks. When ctx
// ends it lets requests in flight finish for up to three seconds, closes
// everything and returns nil; it also returns nil after Close, be that before.
// The listeners are closed in any case. The error is a listener's, or says
// that Serve was called before.
func (s *Server) Serve(ctx context.Context, plain, secure net.Listener) error {
	if s.life.Err() != nil {
		closeListeners(plain, secure)
		return nil
	}
	front, err := s.front(secure)
	if err != nil {
		closeListeners(plain, secure)
		return fmt.Errorf("balancer %s: %w", s.role, err)
	}
	defer s.Close()
	s.fleet.start()
	failures := make(chan error, 2)
	var serving sync.WaitGroup
	serving.Go(func() { failures <- front.Serve(plain) })
	if secure != nil {
		serving.Go(func() { failures <- front.ServeTLS(secure, "", "") })
	}
	select {
	case <-ctx.Done():
	case <-s.life.Done():
	case err = <-failures:
	}
	s.stop(front)
	serving.Wait()
	if err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("balancer %s: %w", s.role, err)
	}
	return nil
}

// stop ends the HTTP server: in peace as long as the grace lasts and nobody
// calls Close.
func (s *Server) stop(front *http.Server) {
	ctx, cancel := context.WithTimeout(s.life, grace)
	defer cancel()
	if err := front.Shutdown(ctx); err != nil {
		_ = front.Close() // whatever is left is broken off on purpose
	}
}

// front makes the HTTP server of both listeners.
func (s *Server) front(secure net.Listener) (*http.Server, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.served {
		return nil, errors.New("it has served already")
	}
	s.served = true
	front := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       keepTimeout,
		MaxHeaderBytes:    headerBytes,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
		ConnState:         s.counters.connection,
		BaseContext:       func(net.Listener) context.Context { return s.life },
	}
	if secure == nil {
		return front, nil
	}
	if s.cert == nil {
		return nil, errors.New("there is a TLS listener, but the specification has no TLS")
	}
	if at, ok := secure.Addr().(*net.TCPAddr); ok && !at.IP.IsUnspecified() && !s.cert.covers(at.IP) {
		cert, err := newCertificate(s.site, at.IP, s.now())
		if err != nil {
			return nil, err
		}
		s.cert = cert
	}
	front.TLSConfig = &tls.Config{
		Certificates: []tls.Certificate{s.cert.pair},
		MinVersion:   tls.VersionTLS12,
		NextProtos:   []string{"h2", "http/1.1"},
	}
	return front, nil
}

func closeListeners(listeners ...net.Listener) {
	for _, l := range listeners {
		if l != nil {
			_ = l.Close() // nothing was accepted: there is nothing to lose
		}
	}
}
