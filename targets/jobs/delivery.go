package jobs

import (
	"context"
	"time"

	"github.com/nats-io/nats.go"

	"rung/targets/trace"
)

const (
	// nakFirst and nakMost bound the pause before a failed job comes again.
	nakFirst = 100 * time.Millisecond
	nakMost  = 10 * time.Second
	// ackTimeout bounds the wait for a confirmed acknowledgement.
	ackTimeout = 2 * time.Second
)

// work does what a delivered message asks for, and tells the queue.
func (c *Consumer) work(ctx context.Context, m *nats.Msg, handle func(context.Context, Job) error) {
	log := c.config.Log.With("queue", c.config.Queue.Name)
	c.deliveries.Add(1)
	delivered, stored := 1, time.Time{}
	if meta, err := m.Metadata(); err == nil {
		delivered, stored = int(meta.NumDelivered), meta.Timestamp
	}
	if delivered > 1 {
		c.redelivered.Add(1)
	}
	j, err := decode(m.Data, m.Header)
	if err != nil {
		c.rejected.Add(1)
		log.Warn("message is no job", "error", err)
		if err := m.Term(); err != nil {
			log.Warn("message that is no job was not taken out", "error", err)
		}
		return
	}
	j.Delivered, j.Stored = delivered, stored
	c.busy.Add(1)
	err = c.attend(ctx, m, j, handle)
	c.busy.Add(-1)
	if err != nil {
		c.failures.Add(1)
		c.refuse(ctx, m, j, err)
		return
	}
	c.jobs.Add(1)
	// The job is done, whatever became of ctx: the queue should know.
	timed, cancel := context.WithTimeout(context.WithoutCancel(ctx), ackTimeout)
	defer cancel()
	timed, over := c.link.bound(timed, c.link.breaking())
	defer over()
	if err := m.AckSync(nats.Context(timed)); err != nil {
		c.ackFailures.Add(1)
		log.Warn("acknowledgement is not confirmed", "job", j.ID, "error", cause(timed, err))
		return
	}
	c.acked.Add(1)
}

// refuse has the queue deliver a failed job again: at once when this consumer
// stops, else after a pause.
func (c *Consumer) refuse(ctx context.Context, m *nats.Msg, j Job, reason error) {
	delay := min(nakFirst<<min(j.Delivered-1, 16), nakMost)
	log := c.config.Log.With("queue", c.config.Queue.Name, "job", j.ID)
	var err error
	if ctx.Err() != nil {
		err = m.Nak()
	} else {
		log.Info("job failed", "delivered", j.Delivered, "again_in", delay, "error", reason)
		err = m.NakWithDelay(delay)
	}
	if err != nil { // it comes again after AckWait
		log.Info("queue was not told that a job failed", "error", err)
	}
}

// attend runs the handler, and keeps the job from being delivered to others
// meanwhile.
func (c *Consumer) attend(ctx context.Context, m *nats.Msg, j Job, handle func(context.Context, Job) error) error {
	c.mu.Lock()
	period := c.ackWait / 3
	c.mu.Unlock()
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(max(period, time.Millisecond))
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				// Without a connection it fails, and the job comes again.
				_ = m.InProgress()
			}
		}
	}()
	defer func() { close(done); <-ended }()
	if j.Trace.Trace != [16]byte{} {
		ctx = trace.With(ctx, j.Trace)
	}
	return handle(ctx, j)
}
