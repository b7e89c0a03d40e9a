package queue

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// acceptPause is the wait after a failure to accept, which may be a lack of
// file descriptors.
const acceptPause = 10 * time.Millisecond

// accept pipes connections to the NATS server until ctx ends.
func (s *Server) accept(ctx context.Context, l net.Listener) error {
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer stop()
	defer l.Close()
	var open sync.WaitGroup
	defer open.Wait()
	for {
		client, err := l.Accept()
		if ctx.Err() != nil {
			if err == nil {
				client.Close()
			}
			return nil
		}
		var passing net.Error
		if errors.As(err, &passing) && !errors.Is(err, net.ErrClosed) {
			select {
			case <-time.After(acceptPause):
			case <-ctx.Done():
			}
			continue
		}
		if err != nil {
			return fmt.Errorf("accept: %w", err)
		}
		// The NATS server itself refuses connections over its bound.
		broker, err := s.broker.connect()
		if err != nil {
			client.Close()
			return err
		}
		p := &pipe{client: client, broker: broker, toll: s.toll, tally: &s.tally, log: s.config.Log}
		open.Go(func() { p.run(ctx) })
	}
}
