package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync/atomic"
	"time"
)

const (
	defaultTimeout = time.Second
	defaultHold    = time.Second
)

// PublisherConfig says where a Publisher puts jobs.
type PublisherConfig struct {
	// Queues in the order in which they are tried. At least one.
	Queues []Endpoint
	// Dial connects to a queue by name. Nil dials the endpoint's address.
	Dial func(ctx context.Context, queue string) (net.Conn, error)
	// Timeout bounds one try at one queue, connecting included. Zero means
	// 1 s.
	Timeout time.Duration
	// Hold is how long a queue that failed is left alone. It ends early when
	// the connection to it is made again. Zero means 1 s.
	Hold time.Duration
	// Log may be nil, which discards.
	Log *slog.Logger
}

// Ack is a queue's word that it has a job.
type Ack struct {
	// Queue that has it.
	Queue string
	// Duplicate says that it had a job of this ID before.
	Duplicate bool
	// Took is the time from the call of Publish.
	Took time.Duration
}

// Publisher puts jobs into the first queue that takes them. It is safe for
// concurrent use.
type Publisher struct {
	config PublisherConfig
	doors  []*door
	closed atomic.Bool

	published, duplicates, refused atomic.Int64
	failed, uncertain, repeated    atomic.Int64
	errors, skipped                atomic.Int64
}

// NewPublisher makes a publisher. It connects when it is first used. Close must
// be called.
func NewPublisher(config PublisherConfig) *Publisher {
	if config.Timeout <= 0 {
		config.Timeout = defaultTimeout
	}
	if config.Hold <= 0 {
		config.Hold = defaultHold
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	p := &Publisher{config: config}
	for _, q := range config.Queues {
		d := &door{}
		d.link = newLink(q, "publisher", config.Timeout, config.Log, config.Dial, d.open)
		p.doors = append(p.doors, d)
	}
	return p
}

// Publish stores a job in a queue and returns when the queue acknowledged it.
// The queues are tried in order; one that failed is left alone for Hold, one
// that refused (ErrBusy) is not. Each try ends at Timeout, all of them with ctx.
//
// A try that was sent and got no answer is uncertain: the job may be in that
// queue. It is still tried at the next, which cannot know, so it may then be
// in both and be worked on twice; "uncertain_repeated_total" counts these.
//
// The error wraps ErrInvalid, ErrClosed or the context's error; or, of what the
// queues did, ErrUncertain if any try was, else ErrBusy if any refused, else
// ErrUnavailable.
func (p *Publisher) Publish(ctx context.Context, j Job) (Ack, error) {
	start := time.Now()
	m, err := encode(j)
	if err != nil {
		return Ack{}, err
	}
	var doubt, busy, away error
	for _, d := range p.doors {
		if p.closed.Load() {
			return Ack{}, ErrClosed
		}
		if d.held(time.Now()) {
			p.skipped.Add(1)
			away = fmt.Errorf("queue %s: %w: left alone after a failure", d.link.queue.Name, ErrUnavailable)
			continue
		}
		if doubt != nil {
			p.repeated.Add(1)
		}
		duplicate, err := d.try(ctx, m, p.config.Timeout)
		if err == nil {
			return p.acknowledged(d, duplicate, start), nil
		}
		switch {
		case errors.Is(err, ErrUncertain):
			p.uncertain.Add(1)
			d.shut(ctx, p.config.Hold)
			doubt = err
		case errors.Is(err, ErrBusy):
			p.refused.Add(1)
			busy = err
		default:
			p.failed.Add(1)
			d.shut(ctx, p.config.Hold)
			away = err
		}
		if ctx.Err() != nil {
			break
		}
	}
	p.errors.Add(1)
	for _, err := range []error{doubt, busy, away} {
		if err != nil {
			return Ack{}, fmt.Errorf("publish job %s: %w", j.ID, err)
		}
	}
	return Ack{}, fmt.Errorf("publish job %s: %w: there is no queue", j.ID, ErrUnavailable)
}

func (p *Publisher) acknowledged(d *door, duplicate bool, start time.Time) Ack {
	p.published.Add(1)
	d.published.Add(1)
	if duplicate {
		p.duplicates.Add(1)
	}
	return Ack{Queue: d.link.queue.Name, Duplicate: duplicate, Took: time.Since(start)}
}

// Metrics returns the counters, which only grow, and per queue the gauge
// "queue_<name>_connected" (0 or 1):
//
//	published_total            acknowledged jobs, duplicates included
//	duplicates_total           of these, those that the queue knew already
//	errors_total               calls that returned an error of the queues
//	failures_total             tries that certainly stored nothing: no connection
//	refusals_total             tries that a queue refused
//	uncertain_total            tries that were sent and not answered
//	uncertain_repeated_total   tries after an uncertain one, at another queue
//	skipped_total              queues left alone because of Hold
//	queue_<name>_published_total
//	queue_<name>_disconnects_total
func (p *Publisher) Metrics() map[string]float64 {
	m := map[string]float64{
		"published_total":          float64(p.published.Load()),
		"duplicates_total":         float64(p.duplicates.Load()),
		"errors_total":             float64(p.errors.Load()),
		"failures_total":           float64(p.failed.Load()),
		"refusals_total":           float64(p.refused.Load()),
		"uncertain_total":          float64(p.uncertain.Load()),
		"uncertain_repeated_total": float64(p.repeated.Load()),
		"skipped_total":            float64(p.skipped.Load()),
	}
	for _, d := range p.doors {
		prefix := "queue_" + d.link.queue.Name + "_"
		m[prefix+"published_total"] = float64(d.published.Load())
		m[prefix+"disconnects_total"] = float64(d.link.drops.Load())
		m[prefix+"connected"] = 0
		if d.link.connected() {
			m[prefix+"connected"] = 1
		}
	}
	return m
}

// Close ends every connection and every Publish. It may be called again.
func (p *Publisher) Close() {
	p.closed.Store(true)
	for _, d := range p.doors {
		d.link.close()
	}
}
