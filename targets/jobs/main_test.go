package jobs_test

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rung/targets"
	"rung/targets/clock"
	"rung/targets/jobs"
	"rung/targets/machine"
	"rung/targets/queue"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// broker is a queue in this process, which can be stopped and started again on
// the same address.
type broker struct {
	t         *testing.T
	spec      targets.Queue
	config    queue.Config
	address   string
	server    *queue.Server
	served    chan error
	directory string
}

func plain() targets.Queue {
	return targets.Queue{Sync: targets.SyncAlways, Bytes: 16 << 20, Window: time.Minute, AckWait: time.Hour, Connections: 50}
}

func newBroker(t *testing.T, spec targets.Queue, share *machine.Share) *broker {
	t.Helper()
	b := &broker{t: t, spec: spec, address: "127.0.0.1:0",
		config: queue.Config{Role: "queue", Directory: filepath.Join(t.TempDir(), "queue"), Share: share}}
	b.start()
	t.Cleanup(b.stop)
	return b
}

func (b *broker) start() {
	b.t.Helper()
	s, err := queue.New(b.spec, b.config)
	if err != nil {
		b.t.Fatal(err)
	}
	l, err := net.Listen("tcp", b.address)
	if err != nil {
		b.t.Fatal(err)
	}
	b.server, b.address, b.served = s, l.Addr().String(), make(chan error, 1)
	go func() { b.served <- s.Serve(context.Background(), l) }()
}

func (b *broker) stop() {
	if b.server == nil {
		return
	}
	if err := b.server.Close(); err != nil {
		b.t.Error(err)
	}
	if err := <-b.served; err != nil && !errors.Is(err, queue.ErrClosed) {
		b.t.Error(err)
	}
	b.server = nil
}

func (b *broker) endpoint(name string) jobs.Endpoint {
	return jobs.Endpoint{Name: name, Address: b.address}
}

// slow is a machine on which a message takes an hour and none may wait.
func slow(t *testing.T, line int) *machine.Share {
	t.Helper()
	clk := clock.New()
	t.Cleanup(clk.Close)
	return machine.New(clk, targets.Machine{CPU: targets.Resource{Slots: 1, Queue: line}}, 1).For("queue")
}

func publisher(t *testing.T, config jobs.PublisherConfig) *jobs.Publisher {
	t.Helper()
	p := jobs.NewPublisher(config)
	t.Cleanup(p.Close)
	return p
}

// consume runs a consumer until the test ends.
func consume(t *testing.T, config jobs.ConsumerConfig, handle func(context.Context, jobs.Job) error) *jobs.Consumer {
	t.Helper()
	c := jobs.NewConsumer(config)
	ended := make(chan error, 1)
	go func() { ended <- c.Run(context.Background(), handle) }()
	t.Cleanup(func() {
		c.Close()
		if err := <-ended; err != nil && !errors.Is(err, jobs.ErrClosed) { // closed before it ran
			t.Error(err)
		}
	})
	return c
}

// eventually waits for what other goroutines do.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		<-tick.C
	}
}
