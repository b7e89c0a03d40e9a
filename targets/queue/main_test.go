package queue_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"rung/targets"
	"rung/targets/jobs"
	"rung/targets/queue"
)

// Environment that makes the test binary a queue, so that a test can kill it
// like any process.
const (
	directoryEnv = "RUNG_TEST_QUEUE_DIRECTORY"
	syncEnv      = "RUNG_TEST_QUEUE_SYNC"
)

func TestMain(m *testing.M) {
	if directory := os.Getenv(directoryEnv); directory != "" {
		if err := serveUntilStdinEnds(directory, targets.Sync(os.Getenv(syncEnv))); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// spec is a queue that costs no emulated time.
func spec(sync targets.Sync) targets.Queue {
	q := targets.Queue{Sync: sync, Bytes: 16 << 20, Window: time.Minute, AckWait: 30 * time.Second, Connections: 50}
	if sync == targets.SyncInterval {
		q.Interval = time.Hour
	}
	return q
}

func serveUntilStdinEnds(directory string, sync targets.Sync) error {
	s, err := queue.New(spec(sync), queue.Config{Role: "queue", Directory: directory})
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	fmt.Println(l.Addr())
	if err := s.Serve(ctx, l); err != nil {
		return err
	}
	return s.Close()
}

// running is a queue in this process.
type running struct {
	*queue.Server
	address string
	stop    func()
}

// start runs a queue until the test ends, or stop is called.
func start(t *testing.T, q targets.Queue, config queue.Config) *running {
	t.Helper()
	if config.Directory == "" {
		config.Directory = filepath.Join(t.TempDir(), "queue")
	}
	config.Role = "queue"
	s, err := queue.New(q, config)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(context.Background(), l) }()
	r := &running{Server: s, address: l.Addr().String()}
	stopped := false
	r.stop = func() {
		if stopped {
			return
		}
		stopped = true
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil && !errors.Is(err, queue.ErrClosed) { // closed before it served
			t.Error(err)
		}
	}
	t.Cleanup(r.stop)
	return r
}

// connect is a plain NATS client.
func connect(t *testing.T, address string, options ...nats.Option) *nats.Conn {
	t.Helper()
	nc, err := nats.Connect("nats://"+address, append([]nats.Option{nats.NoReconnect(), nats.Timeout(10 * time.Second)}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

func stream(t *testing.T, nc *nats.Conn) jetstream.JetStream {
	t.Helper()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

// publish stores n messages, whose ids start with a prefix.
func publish(t *testing.T, js jetstream.JetStream, prefix string, n int) {
	t.Helper()
	for i := range n {
		id := fmt.Sprintf("%s-%d", prefix, i)
		if _, err := js.Publish(t.Context(), jobs.Subject, []byte(id), jetstream.WithMsgID(id)); err != nil {
			t.Fatal(err)
		}
	}
}

// drain takes n messages out and returns their bodies.
func drain(t *testing.T, js jetstream.JetStream, n int) map[string]int {
	t.Helper()
	c, err := js.Consumer(t.Context(), jobs.Stream, jobs.Durable)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for range n {
		m, err := c.Next(jetstream.FetchMaxWait(30 * time.Second))
		if err != nil {
			t.Fatalf("after %d of %d messages: %v", len(got), n, err)
		}
		if err := m.DoubleAck(t.Context()); err != nil {
			t.Fatal(err)
		}
		got[string(m.Data())]++
	}
	return got
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
