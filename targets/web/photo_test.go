package web_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"rung/targets"
	"rung/targets/trace"
	"rung/targets/web"
)

// TestQueuedPhoto: the answer comes when the queue has the job, at the price
// of a post, and the store is not asked.
func TestQueuedPhoto(t *testing.T) {
	w := spec()
	w.Queues = []string{"queue"}
	w.Demand = map[targets.Operation]targets.Law{
		targets.OpPost:  targets.Constant(time.Microsecond),
		targets.OpPhoto: targets.Constant(time.Minute),
	}
	type job struct {
		id      string
		user    int64
		request string
	}
	var jobs []job
	st := &memoryStore{}
	share, m := newShare(t, targets.Resource{Slots: 1, Queue: 1})
	s := newServer(t, w, web.Config{Store: st, Share: share,
		Enqueue: func(ctx context.Context, id string, user int64) (time.Duration, error) {
			if _, bounded := ctx.Deadline(); !bounded {
				t.Error("the call of the queue may last for ever")
			}
			c, _ := trace.Of(ctx)
			jobs = append(jobs, job{id, user, c.Request})
			return 3 * ms, nil
		}})
	a := do(s, "POST", "/photos", `{"id":"f:1","user":9}`, "X-Request-Id", "order-7")
	if a.Code != 202 || strings.TrimSpace(a.Body.String()) != `{"id":"f:1","status":"queued"}` {
		t.Errorf("got %d %s", a.Code, a.Body)
	}
	if got := a.Header().Get("Server-Timing"); !strings.HasSuffix(got, ", queue;dur=3") || strings.Contains(got, "db") {
		t.Errorf("Server-Timing is %q", got)
	}
	if len(jobs) != 1 || jobs[0] != (job{"f:1", 9, "order-7"}) {
		t.Errorf("the queue got %v", jobs)
	}
	if st.called() != 0 {
		t.Error("the store was asked")
	}
	if cpu, _ := m.Usage(); cpu.Served != 1 || cpu.Busy >= time.Minute {
		t.Errorf("the machine served %d for %v, want the CPU time of one post", cpu.Served, cpu.Busy)
	}
	if got := s.Metrics(); got["photos_total"] != 1 || got["daily_active_users"] != 1 || got["requests_photo_total"] != 1 {
		t.Errorf("metrics are %v", got)
	}
	if a := do(s, "POST", "/photos", `{"id":"","user":9}`); a.Code != 400 || len(jobs) != 1 {
		t.Errorf("a wrong photo answers %d and leaves %d jobs", a.Code, len(jobs))
	}
}

func TestQueueFailures(t *testing.T) {
	tests := []struct {
		name                string
		err                 error
		status              int
		retry               string
		errors, queueErrors float64
	}{
		{"full", errors.New("maximum bytes exceeded"), 503, "1", 0, 1},
		{"away", fmt.Errorf("publish: %w", errors.New("no connection")), 503, "1", 0, 1},
		{"late", fmt.Errorf("publish: %w", context.DeadlineExceeded), 504, "", 1, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var log bytes.Buffer
			err := tt.err
			s := newServer(t, spec(), web.Config{Log: slog.New(slog.NewTextHandler(&log, nil)),
				Enqueue: func(context.Context, string, int64) (time.Duration, error) { return ms, err }})
			for range 2 {
				w := do(s, "POST", "/photos", `{"id":"f:1","user":9}`)
				if w.Code != tt.status || w.Header().Get("Retry-After") != tt.retry || unmarshal[problem](t, w).Error == "" {
					t.Errorf("got %d %s, Retry-After %q", w.Code, w.Body, w.Header().Get("Retry-After"))
				}
				if got := w.Header().Get("Server-Timing"); !strings.HasSuffix(got, ", queue;dur=1") {
					t.Errorf("Server-Timing is %q", got)
				}
			}
			m := s.Metrics()
			if m["errors_total"] != 2*tt.errors || m["queue_errors_total"] != 2*tt.queueErrors ||
				m["photos_total"] != 0 || m["daily_active_users"] != 0 {
				t.Errorf("metrics are %v", m)
			}
			err = nil
			if w := do(s, "POST", "/photos", `{"id":"f:1","user":9}`); w.Code != 202 {
				t.Errorf("afterwards it answers %d", w.Code)
			}
			if strings.Count(log.String(), "the queue fails") != 1 || strings.Count(log.String(), "the queue answers again") != 1 {
				t.Errorf("the outage is logged as %q", log.String())
			}
		})
	}
}

// TestQueueTimeout: a queue that hangs costs a client no more than the bound.
func TestQueueTimeout(t *testing.T) {
	hang := func(ctx context.Context, _ string, _ int64) (time.Duration, error) {
		<-ctx.Done()
		return ms, ctx.Err()
	}
	s := newServer(t, spec(), web.Config{Enqueue: hang, StoreTimeout: ms})
	if w := do(s, "POST", "/photos", `{"id":"f:1","user":9}`); w.Code != 504 {
		t.Errorf("status is %d, want 504", w.Code)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if w := doContext(gone, s, "POST", "/photos", `{"id":"f:1","user":9}`); w.Code != 499 {
		t.Errorf("status is %d for a client that left, want 499", w.Code)
	}
	if m := s.Metrics(); m["errors_total"] != 1 || m["cancelled_total"] != 1 || m["queue_errors_total"] != 0 {
		t.Errorf("metrics are %v", m)
	}
}
