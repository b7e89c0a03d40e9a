package telemetry

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// ShipperConfig says where log lines go.
type ShipperConfig struct {
	// Dial connects to the monitor. It must not be nil.
	Dial func(ctx context.Context) (net.Conn, error)
	// Node is the name that lines without a field "node" are given.
	Node string
	// Bytes bounds what waits to be sent. Zero or less means 1 MiB.
	Bytes int
	// Interval is how long a line waits at most for others to go with it.
	// Zero or less means 200 ms.
	Interval time.Duration
}

const (
	defaultBytes    = 1 << 20
	defaultInterval = 200 * time.Millisecond
	// postTimeout bounds one try to send a batch, dial included.
	postTimeout = 5 * time.Second
	// slowest is the longest pause between tries while the monitor is away,
	// unless the interval is longer.
	slowest = 5 * time.Second
	// flushTime bounds how long Close sends what still waits.
	flushTime = 2 * time.Second
)

// Shipper is an io.Writer for log lines that sends them to a monitor: as
// newline-delimited JSON by POST /logs, in batches, over one connection.
//
// It never holds a node up: Write returns at once and without error, whatever
// becomes of the lines. While the monitor is away they wait, as many as fit;
// the rest is dropped and counted. Each batch has a number that the monitor
// knows it by, so a batch whose answer was lost is not kept twice, and comes
// with how many lines were dropped so far.
//
// All methods are safe for concurrent use.
type Shipper struct {
	config ShipperConfig
	outbox *outbox
	client *http.Client
	// sender names this shipper among all that ever were.
	sender string
	// pending is the batch that is tried; only run uses it.
	pending batch

	stop     chan struct{} // closed by Close
	stopped  sync.Once
	finished chan struct{} // closed when the sender has ended
	abort    context.CancelFunc

	delivered, batches, failures atomic.Int64
}

// NewShipper starts a shipper. Close ends it.
func NewShipper(config ShipperConfig) *Shipper {
	if config.Bytes <= 0 {
		config.Bytes = defaultBytes
	}
	if config.Interval <= 0 {
		config.Interval = defaultInterval
	}
	s := &Shipper{config: config, outbox: newOutbox(config.Bytes), sender: rand.Text(),
		stop: make(chan struct{}), finished: make(chan struct{})}
	life, abort := context.WithCancel(context.Background())
	s.abort = abort
	s.client = &http.Client{
		Transport: &http.Transport{
			// A transport dials on when the request has given up.
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				ctx, cancel := context.WithTimeout(ctx, postTimeout)
				defer cancel()
				defer context.AfterFunc(life, cancel)()
				return config.Dial(ctx)
			},
			MaxConnsPerHost:    1,
			DisableCompression: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	go s.run(life)
	return s
}

// Write takes log lines, one or several, each ended by a newline. It returns
// len(p) and no error, always; what cannot be kept is counted as dropped.
func (s *Shipper) Write(p []byte) (int, error) {
	s.outbox.add(p)
	return len(p), nil
}

// Close takes no more lines, sends those that wait, as long as the monitor
// answers and for 2 s at most, and drops the rest. It may be called again.
func (s *Shipper) Close() error {
	s.stopped.Do(func() {
		s.outbox.close()
		close(s.stop)
		timer := time.AfterFunc(flushTime, s.abort)
		<-s.finished
		timer.Stop()
		s.abort()
		s.client.CloseIdleConnections()
	})
	<-s.finished
	return nil
}

// Metrics returns counters, which only grow, and a gauge:
//
//	lines_total      lines taken
//	sent_total       of these, delivered to the monitor
//	dropped_total    lines lost: no room, too long, refused, or after Close
//	batches_total    batches delivered
//	failures_total   tries to deliver a batch that failed
//	waiting_bytes    what waits to be sent
func (s *Shipper) Metrics() map[string]float64 {
	taken, dropped, waiting := s.outbox.counts()
	return map[string]float64{
		"lines_total":    float64(taken),
		"sent_total":     float64(s.delivered.Load()),
		"dropped_total":  float64(dropped),
		"batches_total":  float64(s.batches.Load()),
		"failures_total": float64(s.failures.Load()),
		"waiting_bytes":  float64(waiting),
	}
}

// run sends until Close, and then what is left.
func (s *Shipper) run(life context.Context) {
	defer close(s.finished)
	pause := s.config.Interval
	for open := true; open; {
		full := s.outbox.full
		if pause > s.config.Interval {
			full = nil // the monitor is away: no hurry
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-full:
		case <-s.stop:
			open = false
		}
		timer.Stop()
		if s.drain(life) {
			pause = s.config.Interval
		} else {
			pause = min(2*pause, max(slowest, s.config.Interval))
		}
	}
	// A connection that was thought to be good may have ended: a second try
	// is worth it, waiting for a monitor that is away is not.
	if !s.drain(life) && !s.drain(life) {
		s.outbox.clear()
	}
}

// batch is what is sent at once. Its lines stay in the outbox until it is
// through.
type batch struct {
	number uint64
	body   []byte
	lines  int
}

// drain sends all that waits, and says whether it could. A batch that was
// tried stays what it is, with its number, until it is through: the monitor
// may have taken it although no answer came.
func (s *Shipper) drain(life context.Context) bool {
	for {
		if s.pending.lines == 0 {
			s.pending.number++
			if s.pending.body, s.pending.lines = s.outbox.next(); s.pending.lines == 0 {
				s.pending.number--
				return true
			}
		}
		status, err := s.post(life, s.pending)
		refused := err == nil && status/100 == 4 && status != http.StatusTooManyRequests && status != http.StatusRequestTimeout
		switch {
		case err == nil && status/100 == 2:
			s.delivered.Add(int64(s.pending.lines))
			s.batches.Add(1)
			s.outbox.done(s.pending.lines, true)
		case refused: // it would be the next time too
			s.failures.Add(1)
			s.outbox.done(s.pending.lines, false)
		default:
			s.failures.Add(1)
			return false
		}
		s.pending.lines, s.pending.body = 0, nil
	}
}

// post is one try.
func (s *Shipper) post(life context.Context, b batch) (status int, err error) {
	ctx, cancel := context.WithTimeout(life, postTimeout)
	defer cancel()
	_, dropped, _ := s.outbox.counts()
	query := url.Values{"node": {s.config.Node}, "sender": {s.sender}, "batch": {strconv.FormatUint(b.number, 10)},
		"dropped": {strconv.FormatInt(dropped, 10)}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://monitor/logs?"+query.Encode(), bytes.NewReader(b.body))
	if err != nil {
		return 0, fmt.Errorf("make a request: %w", err)
	}
	r.Header.Set("Content-Type", "application/x-ndjson")
	response, err := s.client.Do(r)
	if err != nil {
		return 0, fmt.Errorf("send a batch of lines: %w", err)
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10)) // so that the connection is kept
	if err != nil {
		return 0, fmt.Errorf("read the monitor's answer: %w", err)
	}
	return response.StatusCode, nil
}
