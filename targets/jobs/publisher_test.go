package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"testing"
	"time"

	"rung/targets"
	"rung/targets/jobs"
)

func TestPublish(t *testing.T) {
	b := newBroker(t, plain(), nil)
	p := publisher(t, jobs.PublisherConfig{Queues: []jobs.Endpoint{b.endpoint("a")}})
	for i, want := range []bool{false, true} {
		ack, err := p.Publish(t.Context(), jobs.Job{ID: "photo-1", User: 7})
		if err != nil || ack.Queue != "a" || ack.Duplicate != want || ack.Took <= 0 {
			t.Errorf("publish %d: %+v, %v", i, ack, err)
		}
	}
	m := p.Metrics()
	if m["published_total"] != 2 || m["duplicates_total"] != 1 || m["queue_a_connected"] != 1 || b.server.Metrics()["messages"] != 1 {
		t.Errorf("%v, the queue has %v", m, b.server.Metrics()["messages"])
	}
	for _, id := range []string{"", "a b", "a\nb", "ä", string(make([]byte, 300))} {
		if _, err := p.Publish(t.Context(), jobs.Job{ID: id}); !errors.Is(err, jobs.ErrInvalid) {
			t.Errorf("id %q: %v", id, err)
		}
	}
	p.Close()
	p.Close()
	if _, err := p.Publish(t.Context(), jobs.Job{ID: "x"}); !errors.Is(err, jobs.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// TestFailover stops the first queue: the second takes over, and the first is
// used again when it is back.
func TestFailover(t *testing.T) {
	a, b := newBroker(t, plain(), nil), newBroker(t, plain(), nil)
	// The hold is so long that only the new connection can end it.
	p := publisher(t, jobs.PublisherConfig{Queues: []jobs.Endpoint{a.endpoint("a"), b.endpoint("b")}, Timeout: 20 * time.Second, Hold: time.Hour})
	where := func(id string) string {
		ack, err := p.Publish(t.Context(), jobs.Job{ID: id})
		if err != nil {
			t.Fatal(err)
		}
		return ack.Queue
	}
	if got := where("1"); got != "a" {
		t.Errorf("first job is in %s", got)
	}
	a.stop()
	for i := range 3 {
		if got := where(fmt.Sprint("2-", i)); got != "b" {
			t.Errorf("with a away, the job is in %s", got)
		}
	}
	m := p.Metrics()
	if m["skipped_total"] != 2 || m["failures_total"]+m["uncertain_total"] != 1 {
		t.Errorf("a failed once and is left alone twice; %v", m)
	}
	a.start()
	eventually(t, "a is used again", func() bool { return where(fmt.Sprint("3-", time.Now().UnixNano())) == "a" })
}

func TestNoQueue(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	p := publisher(t, jobs.PublisherConfig{Queues: []jobs.Endpoint{{Name: "gone", Address: l.Addr().String()}}, Hold: time.Hour})
	for range 2 {
		if _, err := p.Publish(t.Context(), jobs.Job{ID: "x"}); !errors.Is(err, jobs.ErrUnavailable) {
			t.Errorf("%v", err)
		}
	}
	if m := p.Metrics(); m["errors_total"] != 2 || m["failures_total"] != 1 || m["skipped_total"] != 1 {
		t.Errorf("%v", m)
	}
	if _, err := publisher(t, jobs.PublisherConfig{}).Publish(t.Context(), jobs.Job{ID: "x"}); !errors.Is(err, jobs.ErrUnavailable) {
		t.Errorf("without queues: %v", err)
	}
}

// TestLateQueue starts the queue after its publisher, which holds it off for an
// hour unless it can be reached.
func TestLateQueue(t *testing.T) {
	b := newBroker(t, plain(), nil)
	b.stop()
	p := publisher(t, jobs.PublisherConfig{Queues: []jobs.Endpoint{b.endpoint("late")}, Hold: time.Hour, Timeout: 20 * time.Second})
	if _, err := p.Publish(t.Context(), jobs.Job{ID: "x"}); !errors.Is(err, jobs.ErrUnavailable) {
		t.Fatalf("%v", err)
	}
	b.start()
	eventually(t, "the job is published", func() bool { _, err := p.Publish(t.Context(), jobs.Job{ID: "x"}); return err == nil })
}

// TestMuteQueue is about one that accepts and never speaks, like a process that
// is stopped: nothing was sent, so nothing is uncertain.
func TestMuteQueue(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	b := newBroker(t, plain(), nil)
	p := publisher(t, jobs.PublisherConfig{Queues: []jobs.Endpoint{{Name: "mute", Address: l.Addr().String()}, b.endpoint("b")},
		Timeout: 300 * time.Millisecond})
	var ack jobs.Ack
	eventually(t, "the job is in b", func() bool { ack, err = p.Publish(t.Context(), jobs.Job{ID: "x"}); return err == nil })
	if m := p.Metrics(); ack.Queue != "b" || m["failures_total"] == 0 {
		t.Errorf("%+v, %v", ack, m)
	}
}

// TestUncertain publishes to a queue that takes an hour: the job is sent, not
// answered, and goes to the next queue too.
func TestUncertain(t *testing.T) {
	spec := plain()
	spec.Demand = targets.Law{Mean: time.Hour}
	a, b := newBroker(t, spec, slow(t, 10)), newBroker(t, plain(), nil)
	// Tries that found no connection in time are certain failures: again.
	p := publisher(t, jobs.PublisherConfig{Queues: []jobs.Endpoint{a.endpoint("a"), b.endpoint("b")}, Timeout: 500 * time.Millisecond, Hold: time.Millisecond})
	eventually(t, "a try is uncertain, and b has the job", func() bool {
		ack, err := p.Publish(t.Context(), jobs.Job{ID: "x"})
		return err == nil && ack.Queue == "b" && p.Metrics()["uncertain_total"] > 0
	})
	if m := p.Metrics(); m["uncertain_total"] != m["uncertain_repeated_total"] {
		t.Errorf("%v", m)
	}
	alone := publisher(t, jobs.PublisherConfig{Queues: []jobs.Endpoint{a.endpoint("a")}, Timeout: 500 * time.Millisecond, Hold: time.Millisecond})
	eventually(t, "a publish is uncertain", func() bool {
		_, err := alone.Publish(t.Context(), jobs.Job{ID: "y"})
		return errors.Is(err, jobs.ErrUncertain)
	})
	// A caller that goes away does not make others leave the queue alone.
	gone := publisher(t, jobs.PublisherConfig{Queues: []jobs.Endpoint{a.endpoint("a")}, Timeout: time.Minute})
	before := a.server.Metrics()["connections"]
	ctx, cancel := context.WithCancel(t.Context())
	left := make(chan error)
	go func() { _, err := gone.Publish(ctx, jobs.Job{ID: "z"}); left <- err }()
	eventually(t, "it is connected", func() bool { return a.server.Metrics()["connections"] > before })
	cancel()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	ctx, cancel = context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, _ = gone.Publish(ctx, jobs.Job{ID: "z"})
	if m := gone.Metrics(); m["skipped_total"] != 0 {
		t.Errorf("the queue is left alone: %v", m)
	}
}

// TestBusy has a queue that refuses: it is alive, so it is asked again next
// time.
func TestBusy(t *testing.T) {
	spec := plain()
	spec.Demand = targets.Law{Mean: time.Hour}
	a, b := newBroker(t, spec, slow(t, 0)), newBroker(t, plain(), nil)
	first := publisher(t, jobs.PublisherConfig{Queues: []jobs.Endpoint{a.endpoint("a")}, Timeout: 500 * time.Millisecond, Hold: time.Millisecond})
	eventually(t, "the only slot is taken", func() bool {
		_, err := first.Publish(t.Context(), jobs.Job{ID: "0"})
		return errors.Is(err, jobs.ErrUncertain)
	})
	p := publisher(t, jobs.PublisherConfig{Queues: []jobs.Endpoint{a.endpoint("a"), b.endpoint("b")}, Timeout: 20 * time.Second, Hold: time.Hour})
	for i := range 3 {
		if ack, err := p.Publish(t.Context(), jobs.Job{ID: fmt.Sprint(i)}); err != nil || ack.Queue != "b" {
			t.Errorf("%+v, %v", ack, err)
		}
	}
	if m := p.Metrics(); m["refusals_total"] != 3 || m["skipped_total"] != 0 {
		t.Errorf("%v", m)
	}
	alone := publisher(t, jobs.PublisherConfig{Queues: []jobs.Endpoint{a.endpoint("a")}, Timeout: 20 * time.Second})
	if _, err := alone.Publish(t.Context(), jobs.Job{ID: "x"}); !errors.Is(err, jobs.ErrBusy) {
		t.Errorf("%v", err)
	}
}
