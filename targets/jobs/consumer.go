package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// ConsumerConfig says where a Consumer takes jobs from.
type ConsumerConfig struct {
	Queue Endpoint
	// Dial connects to a queue by name. Nil dials the endpoint's address.
	Dial func(ctx context.Context, queue string) (net.Conn, error)
	// Name of the durable consumer. Empty means Durable.
	Name string
	// Concurrency is how many jobs are out at once: fetched and not yet
	// acknowledged. Zero means 1.
	Concurrency int
	// Log may be nil, which discards.
	Log *slog.Logger
}

// Consumer takes jobs out of one queue. It is safe for concurrent use.
//
// It pulls one job at a time for each of its slots, so that a job never waits
// behind a busy one while another worker is idle: at most Concurrency jobs are
// out. While a job is worked on, the queue is told so every third of its
// AckWait, so that only jobs of dead workers are delivered again.
//
// An acknowledgement is confirmed by the queue (a double ack), which costs one
// round trip: what acked_total counts will not come again, unless the queue
// itself is killed before it wrote that down, within about 0.1 s.
type Consumer struct {
	config ConsumerConfig
	link   *link

	mu      sync.Mutex
	paused  bool
	changed chan struct{} // closed when paused changes
	ackWait time.Duration // 0 until the queue told

	deliveries, redelivered, jobs, failures atomic.Int64
	acked, ackFailures, rejected            atomic.Int64
	busy                                    atomic.Int64
}

// NewConsumer makes a consumer. It connects when it runs. Close must be called.
func NewConsumer(config ConsumerConfig) *Consumer {
	if config.Name == "" {
		config.Name = Durable
	}
	config.Concurrency = max(config.Concurrency, 1)
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	c := &Consumer{config: config, changed: make(chan struct{})}
	c.link = newLink(config.Queue, "consumer", defaultTimeout, config.Log, config.Dial, nil)
	return c
}

// Queue returns the name of the queue that jobs are taken from.
func (c *Consumer) Queue() string { return c.config.Queue.Name }

// Run takes jobs and hands them to handle, at most Concurrency at once, until
// ctx ends or the consumer is closed; then it cancels the handlers' contexts,
// waits for them and returns nil. While the queue is away it tries to reach it.
//
// A job is acknowledged after handle returned nil. After an error it is
// delivered again, later each time: 0.1 s, then twice as long, up to 10 s. A
// message that is no job is taken out for good, logged and counted.
//
// The context of handle carries the job's trace.
func (c *Consumer) Run(ctx context.Context, handle func(context.Context, Job) error) error {
	if c.link.life.Err() != nil {
		return fmt.Errorf("consumer of queue %s: %w", c.config.Queue.Name, ErrClosed)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(c.link.life, cancel)
	defer stop()
	var slots sync.WaitGroup
	for range c.config.Concurrency {
		slots.Go(func() { (&slot{consumer: c, handle: handle}).run(ctx) })
	}
	slots.Wait()
	return nil
}

// Pause stops fetching, or starts it again. Jobs that were fetched, or were on
// their way, are still worked on. A new consumer is not paused.
func (c *Consumer) Pause(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.paused != on {
		c.paused = on
		close(c.changed)
		c.changed = make(chan struct{})
	}
}

// state says whether the consumer is paused, and gives a channel that is closed
// when that changes.
func (c *Consumer) state() (paused bool, changed <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.paused, c.changed
}

// Metrics returns the counters, which only grow, and gauges:
//
//	deliveries_total     messages that came
//	redelivered_total    of these, those that had been delivered before
//	jobs_total           jobs that handle did without error
//	failures_total       jobs that handle did not do
//	acked_total          jobs whose acknowledgement the queue confirmed
//	ack_failures_total   jobs done whose acknowledgement it did not confirm
//	rejected_total       messages that were no jobs
//	disconnects_total    connections lost
//	busy                 jobs at work now
//	paused, connected    0 or 1
func (c *Consumer) Metrics() map[string]float64 {
	m := map[string]float64{
		"deliveries_total":   float64(c.deliveries.Load()),
		"redelivered_total":  float64(c.redelivered.Load()),
		"jobs_total":         float64(c.jobs.Load()),
		"failures_total":     float64(c.failures.Load()),
		"acked_total":        float64(c.acked.Load()),
		"ack_failures_total": float64(c.ackFailures.Load()),
		"rejected_total":     float64(c.rejected.Load()),
		"disconnects_total":  float64(c.link.drops.Load()),
		"busy":               float64(c.busy.Load()),
		"paused":             0, "connected": 0,
	}
	if paused, _ := c.state(); paused {
		m["paused"] = 1
	}
	if c.link.connected() {
		m["connected"] = 1
	}
	return m
}

// Close ends every Run and the connection. It may be called again.
func (c *Consumer) Close() { c.link.close() }

// errPaused ends a slot's turn at the queue.
var errPaused = errors.New("consumer is paused")
