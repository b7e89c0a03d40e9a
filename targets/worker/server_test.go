package worker_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rung/targets"
	"rung/targets/clock"
	"rung/targets/jobs"
	"rung/targets/machine"
	"rung/targets/queue"
	"rung/targets/store"
	"rung/targets/trace"
	"rung/targets/worker"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// photos is a store in memory that can fail.
type photos struct {
	mu     sync.Mutex
	rows   map[string]int64
	traces []trace.Context
	fail   int // so many calls
}

func (p *photos) AddPhoto(ctx context.Context, row store.Post) (store.Timing, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fail > 0 {
		p.fail--
		return store.Timing{}, store.ErrBusy
	}
	if p.rows == nil {
		p.rows = map[string]int64{}
	}
	p.rows[row.ID] = row.User
	if t, ok := trace.Of(ctx); ok {
		p.traces = append(p.traces, t)
	}
	return store.Timing{Statements: 1}, nil
}

func (p *photos) ids() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var ids []string
	for id := range p.rows {
		ids = append(ids, id)
	}
	return ids
}

// buffer is a log that can be read while it is written.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// startQueue runs a queue until the test ends.
func startQueue(t *testing.T, spec targets.Queue) (*queue.Server, jobs.Endpoint) {
	t.Helper()
	spec.Sync, spec.Bytes, spec.Window, spec.Connections = targets.SyncAlways, 16<<20, time.Minute, 50
	if spec.AckWait == 0 {
		spec.AckWait = time.Hour
	}
	q, err := queue.New(spec, queue.Config{Role: "queue", Directory: filepath.Join(t.TempDir(), "queue")})
	if err != nil {
		t.Fatal(err)
	}
	return q, jobs.Endpoint{Name: "q", Address: serve(t, q, queue.ErrClosed)}
}

// serve runs a role until the test ends and returns its address.
func serve(t *testing.T, role interface {
	Serve(context.Context, net.Listener) error
	Close() error
}, closed error) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- role.Serve(context.Background(), l) }()
	t.Cleanup(func() {
		if err := role.Close(); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil && !errors.Is(err, closed) {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

func startWorker(t *testing.T, spec targets.Worker, config worker.Config, queues ...jobs.Endpoint) (*worker.Server, string) {
	t.Helper()
	config.Role = "worker"
	for _, q := range queues {
		config.Consumers = append(config.Consumers, jobs.NewConsumer(jobs.ConsumerConfig{Queue: q, Concurrency: spec.Concurrency}))
	}
	w, err := worker.New(spec, config)
	if err != nil {
		t.Fatal(err)
	}
	return w, serve(t, w, worker.ErrClosed)
}

func publish(t *testing.T, q jobs.Endpoint, list ...jobs.Job) {
	t.Helper()
	p := jobs.NewPublisher(jobs.PublisherConfig{Queues: []jobs.Endpoint{q}, Timeout: 20 * time.Second})
	defer p.Close()
	for _, j := range list {
		if _, err := p.Publish(t.Context(), j); err != nil {
			t.Fatal(err)
		}
	}
}

func some(n int) (list []jobs.Job) {
	for i := range n {
		list = append(list, jobs.Job{ID: fmt.Sprint("photo-", i), User: int64(i)})
	}
	return list
}

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

func TestWorker(t *testing.T) {
	a, qa := startQueue(t, targets.Queue{})
	b, qb := startQueue(t, targets.Queue{})
	qb.Name = "other"
	clk := clock.New()
	defer clk.Close()
	m := machine.New(clk, targets.Machine{CPU: targets.Resource{Slots: 2, Queue: 100}}, 1)
	rows := &photos{}
	w, address := startWorker(t, targets.Worker{Concurrency: 4, Idempotent: true, Demand: targets.Law{Mean: 2 * time.Millisecond}},
		worker.Config{Store: rows, Share: m.For("worker")}, qa, qb)
	publish(t, qa, some(30)...)
	publish(t, qb, jobs.Job{ID: "elsewhere", User: 99})
	eventually(t, "all is done", func() bool {
		return a.Metrics()["messages"] == 0 && b.Metrics()["messages"] == 0 && w.Metrics()["jobs_total"] == 31
	})
	if len(rows.ids()) != 31 || rows.rows["photo-7"] != 7 || rows.rows["elsewhere"] != 99 {
		t.Errorf("rows are %v", rows.rows)
	}
	cpu, _ := m.Usage()
	if cpu.Served != 31 || cpu.Busy != 62*time.Millisecond {
		t.Errorf("31 jobs of 2 ms took %d pieces of CPU, %v", cpu.Served, cpu.Busy)
	}
	for name, h := range w.Histograms() {
		total := int64(0)
		for _, n := range h.Counts {
			total += n
		}
		if total != 31 || h.Sum < 31*0.002 || len(h.Counts) != len(h.Bounds)+1 {
			t.Errorf("%s is %+v", name, h)
		}
	}
	for path, want := range map[string]string{"/healthz": "ok\n", "/": `"jobs_total":31`} {
		resp, err := http.Get("http://" + address + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK || !strings.Contains(string(body), want) {
			t.Errorf("GET %s: %d %q, %v", path, resp.StatusCode, body, err)
		}
	}
	http.DefaultClient.CloseIdleConnections()
	if got := w.Metrics(); got["queue_other_jobs_total"] != 1 || got["queue_q_jobs_total"] != 30 || got["duplicates_total"] != 0 || got["busy"] != 0 {
		t.Errorf("%v", got)
	}
}

// TestTwice has the same job done twice: it is published to two queues, which
// cannot know of each other.
func TestTwice(t *testing.T) {
	for _, idempotent := range []bool{true, false} {
		t.Run(fmt.Sprint("idempotent ", idempotent), func(t *testing.T) {
			_, qa := startQueue(t, targets.Queue{})
			_, qb := startQueue(t, targets.Queue{})
			qb.Name = "other"
			rows := &photos{}
			w, _ := startWorker(t, targets.Worker{Concurrency: 2, Idempotent: idempotent}, worker.Config{Store: rows}, qa, qb)
			publish(t, qa, jobs.Job{ID: "p"})
			publish(t, qb, jobs.Job{ID: "p"})
			eventually(t, "both are done", func() bool { return w.Metrics()["jobs_total"] == 2 && w.Metrics()["duplicates_total"] == 1 })
			ids := rows.ids()
			want := 2
			if idempotent {
				want = 1
			}
			if len(ids) != want {
				t.Errorf("rows are %q, want %d", ids, want)
			}
			for _, id := range ids {
				if base, _, marked := strings.Cut(id, "#"); base != "p" || marked == idempotent {
					t.Errorf("row %q", id)
				}
			}
		})
	}
}

// TestStoreFails has the store refuse twice: the job comes again until it is
// stored, and is acknowledged only then.
func TestStoreFails(t *testing.T) {
	q, at := startQueue(t, targets.Queue{})
	rows := &photos{fail: 2}
	w, _ := startWorker(t, targets.Worker{Concurrency: 1, Idempotent: true}, worker.Config{Store: rows}, at)
	publish(t, at, jobs.Job{ID: "p"})
	eventually(t, "it is done", func() bool { return q.Metrics()["messages"] == 0 })
	if m := w.Metrics(); m["jobs_total"] != 1 || m["failures_total"] != 2 || m["redelivered_total"] != 2 || m["duplicates_total"] != 0 || len(rows.ids()) != 1 {
		t.Errorf("%v", m)
	}
}

func TestWorkOnCommand(t *testing.T) {
	q, at := startQueue(t, targets.Queue{})
	w, _ := startWorker(t, targets.Worker{Concurrency: 2}, worker.Config{Store: &photos{}}, at)
	w.Work(false)
	publish(t, at, some(5)...)
	if m := w.Metrics(); m["jobs_total"] != 0 || m["working"] != 0 || q.Metrics()["messages"] != 5 {
		t.Errorf("stopped: %v", m)
	}
	w.Work(true)
	eventually(t, "all is done", func() bool { return q.Metrics()["messages"] == 0 && w.Metrics()["working"] == 1 })
}

// TestLog has one line for each job with Access, and for sampled ones without.
func TestLog(t *testing.T) {
	traced := jobs.Job{ID: "traced", User: 3, Trace: trace.New(true)}
	traced.Trace.Request = "request-1"
	for _, access := range []bool{true, false} {
		t.Run(fmt.Sprint("access ", access), func(t *testing.T) {
			_, at := startQueue(t, targets.Queue{})
			var lines buffer
			log := slog.New(slog.NewJSONHandler(&lines, nil))
			rows := &photos{}
			config := worker.Config{Store: rows, Log: log}
			if access {
				config.Access, config.Log = log, nil
			}
			w, _ := startWorker(t, targets.Worker{Concurrency: 1}, config, at)
			publish(t, at, traced, jobs.Job{ID: "quiet", User: 4})
			eventually(t, "both are done", func() bool { return w.Metrics()["jobs_total"] == 2 })
			found := map[string]map[string]any{}
			for line := range strings.Lines(lines.String()) {
				var m map[string]any
				if err := json.Unmarshal([]byte(line), &m); err != nil {
					t.Fatalf("%q: %v", line, err)
				}
				if m["msg"] == "job" {
					found[m["id"].(string)] = m
				}
			}
			if (found["quiet"] != nil) != access {
				t.Errorf("the quiet job's line is %v", found["quiet"])
			}
			line := found["traced"]
			if line["request_id"] != "request-1" || line["trace_id"] != fmt.Sprintf("%x", traced.Trace.Trace) ||
				line["user"] != 3.0 || line["took_ns"].(float64) <= 0 {
				t.Errorf("the traced job's line is %v", line)
			}
			if len(rows.traces) != 1 || fmt.Sprintf("%x", rows.traces[0].Span) != line["span_id"] {
				t.Errorf("the store saw %v, the line says %v", rows.traces, line["span_id"])
			}
		})
	}
}

func TestNew(t *testing.T) {
	if _, err := worker.New(targets.Worker{}, worker.Config{Store: &photos{}}); err == nil {
		t.Error("a worker without queues")
	}
	c := jobs.NewConsumer(jobs.ConsumerConfig{})
	defer c.Close()
	if _, err := worker.New(targets.Worker{}, worker.Config{Consumers: []*jobs.Consumer{c}}); err == nil {
		t.Error("a worker without a store")
	}
	w, err := worker.New(targets.Worker{}, worker.Config{Store: &photos{}, Consumers: []*jobs.Consumer{c}})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Serve(t.Context(), l); !errors.Is(err, worker.ErrClosed) {
		t.Errorf("Serve after Close: %v", err)
	}
}
