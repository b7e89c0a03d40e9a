package resp

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"time"
)

// door is a listener that gates its connections and waits before it accepts again
// after an error, which redcon does not.
type door struct {
	net.Listener
	ctx    context.Context // ends with the server
	limits Limits
	log    *slog.Logger
	err    error // why the listener ended, unless ctx ended first
}

// Accept returns a gated connection, or net.ErrClosed, which ends redcon's loop.
func (d *door) Accept() (net.Conn, error) {
	pause := 5 * time.Millisecond
	for {
		c, err := d.Listener.Accept()
		switch {
		case err == nil:
			return newGate(c, d.limits), nil
		case d.ctx.Err() != nil:
			return nil, net.ErrClosed
		case errors.Is(err, net.ErrClosed):
			d.err = err
			return nil, net.ErrClosed
		}
		d.log.Warn("accept failed", "error", err, "pause", pause)
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-d.ctx.Done():
			timer.Stop()
		}
		pause = min(2*pause, time.Second)
	}
}
