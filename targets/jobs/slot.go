package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// pullExpiry bounds one pull request; the queue says when it is over.
	pullExpiry = 10 * time.Second
	// pullHeartbeat is how often an idle queue says that it is there. After
	// twice that without a word the pull is made again.
	pullHeartbeat = time.Second
	// retryWait is the pause after a failure of the queue.
	retryWait = 100 * time.Millisecond
	// pullSubject is the API subject of a pull, by stream and consumer.
	pullSubject = "$JS.API.CONSUMER.MSG.NEXT.%s.%s"
)

// slot fetches one job after another. The jetstream package's own fetch drops
// a job that comes while it is given up, so that it would wait for AckWait;
// this one keeps its subscription and loses none.
type slot struct {
	consumer *Consumer
	handle   func(context.Context, Job) error
	pulls    uint64
}

// run fetches and works until ctx ends.
func (s *slot) run(ctx context.Context) {
	failing := false
	for ctx.Err() == nil {
		paused, changed := s.consumer.state()
		if paused {
			select {
			case <-changed:
			case <-ctx.Done():
			}
			continue
		}
		err := s.turn(ctx, changed)
		if ctx.Err() != nil || errors.Is(err, errPaused) {
			failing = false
			continue
		}
		if err != nil && !failing { // once for each time that it goes away
			s.consumer.config.Log.Info("queue gives no jobs", "queue", s.consumer.config.Queue.Name, "error", err)
		}
		failing = err != nil
		wait(ctx, retryWait)
	}
}

func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// turn works with one connection, until it breaks or the consumer is paused.
func (s *slot) turn(ctx context.Context, changed <-chan struct{}) error {
	dialing, cancel := context.WithTimeout(ctx, 2*defaultTimeout)
	nc, lost, err := s.consumer.link.conn(dialing)
	cancel()
	if err != nil {
		return err
	}
	bound, over := s.consumer.link.bound(ctx, lost)
	defer over()
	if err := s.consumer.learn(bound, nc); err != nil {
		return cause(bound, err)
	}
	inbox := nats.NewInbox()
	sub, err := nc.SubscribeSync(inbox + ".*")
	if err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	defer sub.Unsubscribe() // fails when it is drained, or the connection is gone
	for {
		m, err := s.pull(bound, nc, sub, inbox, changed)
		if m != nil {
			s.consumer.work(ctx, m, s.handle)
		}
		if paused, _ := s.consumer.state(); paused || ctx.Err() != nil {
			return s.drain(ctx, lost, sub)
		}
		if err != nil {
			return cause(bound, err)
		}
	}
}

// pull asks for one job and waits until there is one. A nil message without
// an error means that there was none for a while.
func (s *slot) pull(ctx context.Context, nc *nats.Conn, sub *nats.Subscription, inbox string, changed <-chan struct{}) (*nats.Msg, error) {
	request, err := json.Marshal(struct {
		Batch     int           `json:"batch"`
		Expires   time.Duration `json:"expires"`
		Heartbeat time.Duration `json:"idle_heartbeat"`
	}{1, pullExpiry, pullHeartbeat})
	if err != nil {
		return nil, fmt.Errorf("pull: %w", err)
	}
	s.pulls++
	reply := fmt.Sprintf("%s.%d", inbox, s.pulls)
	if err := nc.PublishRequest(fmt.Sprintf(pullSubject, Stream, s.consumer.config.Name), reply, request); err != nil {
		return nil, fmt.Errorf("pull: %w", err)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	done := make(chan struct{})
	defer close(done)
	go func() {
		select {
		case <-changed:
			cancel(errPaused)
		case <-done:
		}
	}()
	for {
		m, err := next(ctx, sub)
		switch {
		case m != nil && !isStatus(m):
			return m, nil
		case errors.Is(context.Cause(ctx), errPaused):
			return nil, nil
		case errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
			return nil, fmt.Errorf("no heartbeat for %v: %w", 2*pullHeartbeat, ErrUnavailable)
		case err != nil:
			return nil, err
		case m.Subject != reply: // about a pull that is over
		default:
			over, err := verdict(m)
			if over || err != nil {
				return nil, err
			}
		}
	}
}

// next waits for a message as long as a living queue may be silent.
func next(ctx context.Context, sub *nats.Subscription) (*nats.Msg, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*pullHeartbeat)
	defer cancel()
	return sub.NextMsgWithContext(ctx)
}

// isStatus says whether a message is the queue's word about a pull.
func isStatus(m *nats.Msg) bool { return len(m.Data) == 0 && m.Header.Get("Status") != "" }

// verdict reads the queue's word about the present pull.
func verdict(m *nats.Msg) (over bool, err error) {
	switch status := m.Header.Get("Status"); status {
	case "100": // heartbeat
		return false, nil
	case "404", "408": // none, or none in time
		return true, nil
	default: // 409: the consumer or the server went away; 503: nobody there
		return true, fmt.Errorf("pull: %w: status %s %s", ErrUnavailable, status, m.Header.Get("Description"))
	}
}

// drain ends the subscription. Jobs that were on their way are worked on; when
// ctx has ended that fails at once, and gives them back.
func (s *slot) drain(ctx context.Context, lost <-chan struct{}, sub *nats.Subscription) error {
	if err := sub.Drain(); err != nil {
		return fmt.Errorf("drain: %w", err)
	}
	bound, over := s.consumer.link.bound(context.WithoutCancel(ctx), lost)
	defer over()
	for {
		m, err := next(bound, sub)
		if err != nil {
			return errPaused // all there was; or the connection broke, which the next turn sees
		}
		if !isStatus(m) {
			s.consumer.work(ctx, m, s.handle)
		}
	}
}

// learn asks once how long the queue waits for an acknowledgement.
func (c *Consumer) learn(ctx context.Context, nc *nats.Conn) error {
	c.mu.Lock()
	known := c.ackWait > 0
	c.mu.Unlock()
	if known {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, defaultTimeout)
	defer cancel()
	js, err := jetstream.New(nc)
	if err != nil {
		return fmt.Errorf("consumer %s: %w", c.config.Name, err)
	}
	consumer, err := js.Consumer(ctx, Stream, c.config.Name)
	if err != nil {
		return fmt.Errorf("consumer %s: %w", c.config.Name, err)
	}
	c.mu.Lock()
	c.ackWait = consumer.CachedInfo().Config.AckWait
	c.mu.Unlock()
	return nil
}
