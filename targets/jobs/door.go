package jobs

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// door is a publisher's way into one queue.
type door struct {
	link      *link
	published atomic.Int64

	mu    sync.Mutex
	until time.Time // left alone until then
}

func (d *door) held(now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return now.Before(d.until)
}

// shut leaves the queue alone for a while, but not because one caller went
// away.
func (d *door) shut(ctx context.Context, hold time.Duration) {
	if errors.Is(ctx.Err(), context.Canceled) {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.until = time.Now().Add(hold)
}

// open ends the hold: the queue can be reached.
func (d *door) open() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.until = time.Time{}
}

// try publishes once. The error wraps ErrUnavailable when nothing was sent,
// ErrBusy when the queue said no, ErrUncertain when it said nothing.
func (d *door) try(ctx context.Context, m *nats.Msg, timeout time.Duration) (duplicate bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	nc, lost, err := d.link.conn(ctx)
	if err != nil {
		return false, err
	}
	ctx, over := d.link.bound(ctx, lost)
	defer over()
	js, err := jetstream.New(nc)
	if err != nil {
		return false, fmt.Errorf("queue %s: %w: %w", d.link.queue.Name, ErrUnavailable, err)
	}
	ack, err := js.PublishMsg(ctx, m, jetstream.WithRetryAttempts(0))
	if err == nil {
		return ack.Duplicate, nil
	}
	return false, fmt.Errorf("queue %s: %w: %w", d.link.queue.Name, outcome(err), cause(ctx, err))
}

// outcome says what an error of a publish means for the job.
func outcome(err error) error {
	var refusal *jetstream.APIError
	switch {
	case errors.As(err, &refusal):
		return ErrBusy
	case errors.Is(err, nats.ErrReconnectBufExceeded), errors.Is(err, nats.ErrConnectionClosed),
		errors.Is(err, nats.ErrInvalidConnection), errors.Is(err, jetstream.ErrNoStreamResponse):
		return ErrUnavailable // never sent, or nobody there who stores
	}
	return ErrUncertain
}

// cause prefers the reason why a context ended to the fact that it did.
func cause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
