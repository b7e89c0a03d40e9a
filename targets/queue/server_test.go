package queue_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rung/targets"
	"rung/targets/jobs"
	"rung/targets/queue"
)

func TestInfoTellsTheListener(t *testing.T) {
	q := start(t, spec(targets.SyncAlways), queue.Config{})
	c, err := net.Dial("tcp", q.address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	line, err := bufio.NewReader(c).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	var info struct {
		Name    string   `json:"server_name"`
		Host    string   `json:"host"`
		Port    int      `json:"port"`
		URLs    []string `json:"connect_urls"`
		Stream  bool     `json:"jetstream"`
		Payload int      `json:"max_payload"`
	}
	if err := json.Unmarshal([]byte(strings.TrimPrefix(line, "INFO ")), &info); err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	at := c.RemoteAddr().(*net.TCPAddr)
	if info.Host != "127.0.0.1" || info.Port != at.Port || len(info.URLs) > 0 || !info.Stream || info.Name != "queue" {
		t.Errorf("clients of %s are told %+v", q.address, info)
	}
}

func TestPlainClients(t *testing.T) {
	q := start(t, spec(targets.SyncAlways), queue.Config{})
	nc := connect(t, q.address)
	sub, err := nc.SubscribeSync("greetings.*")
	if err != nil {
		t.Fatal(err)
	}
	if err := nc.Publish("greetings.en", []byte("hello")); err != nil {
		t.Fatal(err)
	}
	m, err := sub.NextMsg(30 * time.Second)
	if err != nil || string(m.Data) != "hello" {
		t.Fatalf("%v, %v", m, err)
	}
	js := stream(t, nc)
	if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "own", Subjects: []string{"own.>"}}); err != nil {
		t.Fatal(err)
	}
	if ack, err := js.Publish(t.Context(), "own.x", nil); err != nil || ack.Sequence != 1 {
		t.Fatalf("%v, %v", ack, err)
	}
	if len(nc.DiscoveredServers()) > 0 {
		t.Errorf("client learned of %v", nc.DiscoveredServers())
	}
}

func TestWorkQueue(t *testing.T) {
	q := start(t, spec(targets.SyncAlways), queue.Config{})
	nc := connect(t, q.address)
	js := stream(t, nc)
	publish(t, js, "a", 20)
	ack, err := js.Publish(t.Context(), jobs.Subject, []byte("a-3 again"), jetstream.WithMsgID("a-3"))
	if err != nil || !ack.Duplicate {
		t.Fatalf("an id that was there: %+v, %v", ack, err)
	}
	m := q.Metrics()
	if m["messages"] != 20 || m["pending"] != 20 || m["published_total"] != 20 || m["duplicates_total"] != 1 || m["connections"] != 1 {
		t.Errorf("after 20 messages and a duplicate: %v", m)
	}
	// One is refused by its consumer and comes again.
	c, err := js.Consumer(t.Context(), jobs.Stream, jobs.Durable)
	if err != nil {
		t.Fatal(err)
	}
	first, err := c.Next(jetstream.FetchMaxWait(30 * time.Second))
	if err != nil {
		t.Fatal(err)
	}
	if q.Metrics()["in_flight"] != 1 {
		t.Errorf("one is out: %v", q.Metrics())
	}
	if err := first.Nak(); err != nil {
		t.Fatal(err)
	}
	if got := drain(t, js, 20); len(got) != 20 {
		t.Errorf("%d different messages of 20", len(got))
	}
	eventually(t, "the stream is empty", func() bool { return q.Metrics()["messages"] == 0 })
	m = q.Metrics()
	if m["acked_total"] != 20 || m["delivered_total"] != 21 || m["redelivered_total"] != 1 || m["in_flight"] != 0 {
		t.Errorf("after the end: %v", m)
	}
	// The window outlives the message.
	if ack, err := js.Publish(t.Context(), jobs.Subject, nil, jetstream.WithMsgID("a-3")); err != nil || !ack.Duplicate {
		t.Errorf("an id that was worked on: %+v, %v", ack, err)
	}
}

func TestFullStreamRefuses(t *testing.T) {
	s := spec(targets.SyncAlways)
	s.Bytes = 64 << 10
	q := start(t, s, queue.Config{})
	js := stream(t, connect(t, q.address))
	var refusal *jetstream.APIError
	stored := 0
	for ; stored < 100; stored++ {
		_, err := js.Publish(t.Context(), jobs.Subject, make([]byte, 4<<10))
		if errors.As(err, &refusal) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if refusal == nil || stored < 10 {
		t.Fatalf("%d messages of 4 KiB fit in 64 KiB, then %v", stored, refusal)
	}
	m := q.Metrics()
	if m["messages"] != float64(stored) || m["rejected_total"] != 1 || m["refused_total"] != 0 {
		t.Errorf("after %d and one refused: %v", stored, m)
	}
	drain(t, js, 1)
	if _, err := js.Publish(t.Context(), jobs.Subject, make([]byte, 4<<10)); err != nil {
		t.Errorf("there is room again: %v", err)
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	s := spec(targets.SyncAlways)
	s.Connections = 2
	q := start(t, s, queue.Config{})
	connect(t, q.address)
	connect(t, q.address)
	nc, err := nats.Connect("nats://"+q.address, nats.NoReconnect(), nats.Timeout(30*time.Second))
	if err == nil {
		nc.Close()
		t.Fatal("a third connection is served, allowed are 2")
	}
	if !strings.Contains(err.Error(), "maximum connections exceeded") {
		t.Errorf("the third connection hears %v", err)
	}
}

// TestProtocolViolations lets the server say what is wrong.
func TestProtocolViolations(t *testing.T) {
	q := start(t, spec(targets.SyncAlways), queue.Config{})
	for name, c := range map[string]struct{ send, want string }{
		"verb":         {"GET / HTTP/1.1\r\n\r\n", "Unknown Protocol Operation"},
		"long line":    {"PUB " + strings.Repeat("x", 5000) + " 1\r\n", "maximum control line exceeded"},
		"long payload": {"PUB x 99999999\r\n", "Maximum Payload Violation"},
		"endless":      {"PUB x 2\r\nabcdef\r\n", "Unknown Protocol Operation"},
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", q.address)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if _, err := conn.Write([]byte(c.send)); err != nil {
				t.Fatal(err)
			}
			r := bufio.NewScanner(conn)
			var heard []string
			for r.Scan() { // until the server closes
				heard = append(heard, r.Text())
			}
			if all := strings.Join(heard[min(1, len(heard)):], "\n"); !strings.Contains(all, c.want) {
				t.Errorf("the server says %q, want %q", all, c.want)
			}
		})
	}
}

func TestCloseIsIdempotent(t *testing.T) {
	q := start(t, spec(targets.SyncInterval), queue.Config{})
	nc := connect(t, q.address)
	publish(t, stream(t, nc), "a", 3)
	for range 2 {
		if err := q.Close(); err != nil {
			t.Error(err)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Serve(t.Context(), l); !errors.Is(err, queue.ErrClosed) {
		t.Errorf("Serve after Close: %v", err)
	}
}
