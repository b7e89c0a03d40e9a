package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"rung/targets/jobs"
	"rung/targets/trace"
)

// log is what handlers saw.
type log struct {
	mu   sync.Mutex
	seen map[string][]jobs.Job
}

func (l *log) add(j jobs.Job) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seen == nil {
		l.seen = map[string][]jobs.Job{}
	}
	l.seen[j.ID] = append(l.seen[j.ID], j)
}

func (l *log) of(id string) []jobs.Job {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]jobs.Job(nil), l.seen[id]...)
}

func (l *log) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.seen)
}

func fill(t *testing.T, b *broker, prefix string, n int) {
	t.Helper()
	p := publisher(t, jobs.PublisherConfig{Queues: []jobs.Endpoint{b.endpoint("q")}, Timeout: 20 * time.Second})
	for i := range n {
		if _, err := p.Publish(t.Context(), jobs.Job{ID: fmt.Sprintf("%s-%d", prefix, i), User: int64(i)}); err != nil {
			t.Fatal(err)
		}
	}
}

func empty(b *broker) func() bool {
	return func() bool { return b.server.Metrics()["messages"] == 0 }
}

func TestConsume(t *testing.T) {
	b := newBroker(t, plain(), nil)
	p := publisher(t, jobs.PublisherConfig{Queues: []jobs.Endpoint{b.endpoint("q")}})
	asked := trace.New(true)
	asked.Request = "request-9"
	if _, err := p.Publish(t.Context(), jobs.Job{ID: "traced", User: 42, Trace: asked}); err != nil {
		t.Fatal(err)
	}
	fill(t, b, "more", 50)
	var got log
	var now, most atomic.Int64
	c := consume(t, jobs.ConsumerConfig{Queue: b.endpoint("q"), Concurrency: 3}, func(ctx context.Context, j jobs.Job) error {
		n := now.Add(1)
		defer now.Add(-1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		if j.ID == "traced" {
			if of, ok := trace.Of(ctx); !ok || of != j.Trace {
				t.Errorf("context holds %v, the job %v", of, j.Trace)
			}
		}
		got.add(j)
		return nil
	})
	eventually(t, "all is done", empty(b))
	eventually(t, "all is counted", func() bool { return c.Metrics()["acked_total"] == 51 })
	if got.count() != 51 || most.Load() > 3 {
		t.Errorf("%d jobs, at most %d at once", got.count(), most.Load())
	}
	j := got.of("traced")[0]
	if j.User != 42 || j.Delivered != 1 || j.Trace.Trace != asked.Trace || j.Trace.Span == asked.Span || !j.Trace.Sampled ||
		j.Trace.Request != "request-9" || j.Stored.IsZero() {
		t.Errorf("the traced job is %+v", j)
	}
	if m := c.Metrics(); m["jobs_total"] != 51 || m["redelivered_total"] != 0 || m["failures_total"] != 0 {
		t.Errorf("%v", m)
	}
}

func TestFailedJobComesAgain(t *testing.T) {
	b := newBroker(t, plain(), nil)
	fill(t, b, "job", 2)
	var got log
	c := consume(t, jobs.ConsumerConfig{Queue: b.endpoint("q"), Concurrency: 2}, func(_ context.Context, j jobs.Job) error {
		got.add(j)
		if j.ID == "job-0" && j.Delivered < 3 {
			return errors.New("not yet")
		}
		return nil
	})
	eventually(t, "all is done", empty(b))
	for i, j := range got.of("job-0") {
		if j.Delivered != i+1 {
			t.Errorf("time %d says delivered %d", i, j.Delivered)
		}
	}
	eventually(t, "all is counted", func() bool { return c.Metrics()["acked_total"] == 2 })
	if m := c.Metrics(); len(got.of("job-0")) != 3 || len(got.of("job-1")) != 1 || m["failures_total"] != 2 || m["redelivered_total"] != 2 {
		t.Errorf("%d and %d times; %v", len(got.of("job-0")), len(got.of("job-1")), m)
	}
}

// TestProgress holds a job until the queue was told three times that it is
// worked on, which is about AckWait.
func TestProgress(t *testing.T) {
	spec := plain()
	spec.AckWait = 300 * time.Millisecond
	b := newBroker(t, spec, nil)
	nc, err := nats.Connect("nats://" + b.address)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	var told atomic.Int64
	enough := make(chan struct{})
	if _, err := nc.Subscribe("$JS.ACK.>", func(m *nats.Msg) {
		if string(m.Data) == "+WPI" && told.Add(1) == 3 {
			close(enough)
		}
	}); err != nil {
		t.Fatal(err)
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	fill(t, b, "job", 1)
	consume(t, jobs.ConsumerConfig{Queue: b.endpoint("q")}, func(ctx context.Context, _ jobs.Job) error {
		select {
		case <-enough:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	eventually(t, "the job is done", empty(b))
}

func TestNoJob(t *testing.T) {
	b := newBroker(t, plain(), nil)
	nc, err := nats.Connect("nats://" + b.address)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	for _, body := range []string{"", "hello", `{"id":""}`, `{"id":"a b"}`, string(make([]byte, 5000))} {
		if _, err := nc.Request(jobs.Subject, []byte(body), 20*time.Second); err != nil {
			t.Fatal(err)
		}
	}
	c := consume(t, jobs.ConsumerConfig{Queue: b.endpoint("q")}, func(_ context.Context, j jobs.Job) error {
		t.Errorf("handled %+v", j)
		return nil
	})
	eventually(t, "all are taken out", func() bool { return empty(b)() && c.Metrics()["rejected_total"] == 5 })
}

func TestPause(t *testing.T) {
	b := newBroker(t, plain(), nil)
	var got log
	c := consume(t, jobs.ConsumerConfig{Queue: b.endpoint("q"), Concurrency: 2}, func(_ context.Context, j jobs.Job) error {
		got.add(j)
		return nil
	})
	fill(t, b, "before", 5)
	eventually(t, "it works", empty(b))
	eventually(t, "it waits for jobs", func() bool { return b.server.Metrics()["waiting_pulls"] == 2 })
	c.Pause(true)
	eventually(t, "it waits no more", func() bool { return b.server.Metrics()["waiting_pulls"] == 0 })
	fill(t, b, "meanwhile", 7)
	if m := b.server.Metrics(); m["pending"] != 7 || m["in_flight"] != 0 || got.count() != 5 || c.Metrics()["paused"] != 1 {
		t.Errorf("while it is paused %d are done; the queue says %v", got.count(), m)
	}
	c.Pause(false)
	eventually(t, "it works again", empty(b))
	if m := c.Metrics(); got.count() != 12 || m["redelivered_total"] != 0 {
		t.Errorf("%d jobs; %v", got.count(), m)
	}
}

// TestStopGivesJobsBack ends a consumer in the middle of a job. AckWait is an
// hour: only a job that was given back comes again.
func TestStopGivesJobsBack(t *testing.T) {
	b := newBroker(t, plain(), nil)
	fill(t, b, "job", 1)
	started := make(chan struct{})
	c := jobs.NewConsumer(jobs.ConsumerConfig{Queue: b.endpoint("q")})
	defer c.Close()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		ended <- c.Run(ctx, func(ctx context.Context, _ jobs.Job) error {
			close(started)
			<-ctx.Done()
			return ctx.Err()
		})
	}()
	<-started
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	var got log
	consume(t, jobs.ConsumerConfig{Queue: b.endpoint("q")}, func(_ context.Context, j jobs.Job) error { got.add(j); return nil })
	eventually(t, "another does it", empty(b))
	if again := got.of("job-0"); len(again) != 1 || again[0].Delivered != 2 {
		t.Errorf("it came as %+v", again)
	}
	c.Close()
	if err := c.Run(t.Context(), nil); !errors.Is(err, jobs.ErrClosed) {
		t.Errorf("Run after Close: %v", err)
	}
}

// TestDeadWorker cuts a consumer off in the middle of a job, like a process that
// is killed: after AckWait another one gets it.
func TestDeadWorker(t *testing.T) {
	spec := plain()
	spec.AckWait = 300 * time.Millisecond
	b := newBroker(t, spec, nil)
	fill(t, b, "job", 1)
	var mu sync.Mutex
	var wire net.Conn
	dead := errors.New("dead")
	dial := func(ctx context.Context, name string) (net.Conn, error) {
		mu.Lock()
		defer mu.Unlock()
		if name != "q" || wire != nil {
			return nil, dead
		}
		var err error
		wire, err = (&net.Dialer{}).DialContext(ctx, "tcp", b.address)
		return wire, err
	}
	started := make(chan struct{})
	consume(t, jobs.ConsumerConfig{Queue: b.endpoint("q"), Dial: dial}, func(ctx context.Context, _ jobs.Job) error {
		close(started)
		<-ctx.Done()
		return ctx.Err()
	})
	<-started
	mu.Lock()
	wire.Close()
	mu.Unlock()
	var got log
	c := consume(t, jobs.ConsumerConfig{Queue: b.endpoint("q")}, func(_ context.Context, j jobs.Job) error { got.add(j); return nil })
	eventually(t, "another does it", empty(b))
	if again := got.of("job-0"); len(again) != 1 || again[0].Delivered != 2 || c.Metrics()["redelivered_total"] != 1 {
		t.Errorf("it came as %+v", again)
	}
}

// TestBrokerRestarts takes the queue away and brings it back on its address,
// several times, while jobs are published and worked on.
func TestBrokerRestarts(t *testing.T) {
	spec := plain()
	spec.AckWait = 500 * time.Millisecond // jobs that were out come again soon
	b := newBroker(t, spec, nil)
	var got log
	c := consume(t, jobs.ConsumerConfig{Queue: b.endpoint("q"), Concurrency: 4}, func(_ context.Context, j jobs.Job) error {
		got.add(j)
		return nil
	})
	p := publisher(t, jobs.PublisherConfig{Queues: []jobs.Endpoint{b.endpoint("q")}, Timeout: 5 * time.Second, Hold: time.Millisecond})
	var acknowledged []string
	for round := range 3 {
		for i := range 20 {
			id := fmt.Sprintf("%d-%d", round, i)
			// The same id again is the same job, so trying again is safe.
			eventually(t, "job "+id+" is published", func() bool {
				_, err := p.Publish(t.Context(), jobs.Job{ID: id})
				return err == nil
			})
			acknowledged = append(acknowledged, id)
		}
		b.stop()
		b.start()
	}
	eventually(t, "all is done", func() bool { return empty(b)() && got.count() == 60 })
	for _, id := range acknowledged {
		if len(got.of(id)) == 0 {
			t.Errorf("job %s is lost", id)
		}
	}
	m := c.Metrics()
	t.Logf("3 restarts: %v deliveries of 60 jobs, %v connections lost", m["deliveries_total"], m["disconnects_total"])
}
