package queue_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rung/targets"
	"rung/targets/clock"
	"rung/targets/jobs"
	"rung/targets/machine"
	"rung/targets/queue"
)

// hardware is a machine with one slot of each kind.
func hardware(t *testing.T, line int) *machine.Machine {
	t.Helper()
	clk := clock.New()
	t.Cleanup(clk.Close)
	r := targets.Resource{Slots: 1, Queue: line}
	return machine.New(clk, targets.Machine{CPU: r, Disk: r}, 1)
}

func TestEachMessageIsCharged(t *testing.T) {
	for _, mode := range targets.Syncs() {
		t.Run(string(mode), func(t *testing.T) {
			m := hardware(t, 100)
			s := spec(mode)
			s.Demand, s.Access = targets.Law{Mean: 300 * time.Microsecond}, targets.Law{Mean: 700 * time.Microsecond}
			q := start(t, s, queue.Config{Share: m.For("queue")})
			_, disk := m.Usage()
			syncs := disk.Served // of the start
			nc := connect(t, q.address)
			js := stream(t, nc)
			publish(t, js, "a", 12)
			if err := nc.PublishMsg(&nats.Msg{Subject: jobs.Subject, Header: nats.Header{"X": {"y"}}}); err != nil {
				t.Fatal(err)
			}
			for range 50 { // of no account
				if err := nc.Publish("elsewhere", nil); err != nil {
					t.Fatal(err)
				}
			}
			drain(t, js, 13)
			cpu, disk := m.Usage()
			wantDisk := int64(0)
			if mode == targets.SyncAlways {
				wantDisk = 13
			}
			if cpu.Served != 13 || cpu.Busy != 13*300*time.Microsecond || disk.Served-syncs != wantDisk {
				t.Errorf("13 messages cost %d pieces of CPU (%v) and %d disk accesses; want 13 (3.9ms) and %d",
					cpu.Served, cpu.Busy, disk.Served-syncs, wantDisk)
			}
			if mode == targets.SyncAlways && q.Metrics()["syncs_total"] != 13 {
				t.Errorf("%v syncs for 13 messages", q.Metrics()["syncs_total"])
			}
		})
	}
}

// TestChargedSideBySide publishes through one connection. The disk, not the
// connection, is what messages queue for: many wait at once.
func TestChargedSideBySide(t *testing.T) {
	m := hardware(t, 1000)
	s := spec(targets.SyncAlways)
	s.Access = targets.Law{Mean: 2 * time.Millisecond}
	q := start(t, s, queue.Config{Share: m.For("queue")})
	js := stream(t, connect(t, q.address))
	var futures []jetstream.PubAckFuture
	for i := range 100 {
		f, err := js.PublishAsync(jobs.Subject, fmt.Appendf(nil, "%03d", i))
		if err != nil {
			t.Fatal(err)
		}
		futures = append(futures, f)
	}
	for i, f := range futures {
		select {
		case ack := <-f.Ok():
			if ack.Sequence != uint64(i+1) {
				t.Errorf("message %d is stored as number %d", i, ack.Sequence)
			}
		case err := <-f.Err():
			t.Fatal(err)
		}
	}
	_, disk := m.Usage()
	if disk.Peak < 20 || disk.Served != 100 {
		t.Errorf("of 100 messages at once at most %d waited for the disk, %d were served", disk.Peak, disk.Served)
	}
}

// TestFullQueueAnswers offers more than an emulated queue holds. Each publish is
// either stored or refused, and its publisher knows which.
func TestFullQueueAnswers(t *testing.T) {
	m := hardware(t, 5)
	s := spec(targets.SyncAlways)
	s.Demand = targets.Law{Mean: 5 * time.Millisecond}
	q := start(t, s, queue.Config{Share: m.For("queue")})
	var mu sync.Mutex
	stored, refused := 0, 0
	var publishers sync.WaitGroup
	for p := range 4 {
		js := stream(t, connect(t, q.address))
		publishers.Go(func() {
			var futures []jetstream.PubAckFuture
			for i := range 25 {
				f, err := js.PublishAsync(jobs.Subject, nil, jetstream.WithMsgID(fmt.Sprintf("%d-%d", p, i)))
				if err != nil {
					t.Error(err)
					return
				}
				futures = append(futures, f)
			}
			for _, f := range futures {
				var refusal *jetstream.APIError
				select {
				case <-f.Ok():
					mu.Lock()
					stored++
					mu.Unlock()
				case err := <-f.Err():
					if !errors.As(err, &refusal) || refusal.Code != 503 || refusal.ErrorCode != 10023 {
						t.Errorf("refused with %v", err)
					}
					mu.Lock()
					refused++
					mu.Unlock()
				}
			}
		})
	}
	publishers.Wait()
	got := q.Metrics()
	if stored+refused != 100 || stored < 6 || refused == 0 ||
		got["messages"] != float64(stored) || got["refused_total"] != float64(refused) || got["rejected_total"] != 0 {
		t.Errorf("of 100 publishes %d are stored and %d refused; the queue says %v", stored, refused, got)
	}
	t.Logf("%d stored, %d refused", stored, refused)
}

// TestRefusedWithoutReply counts a message whose publisher asked for no answer.
func TestRefusedWithoutReply(t *testing.T) {
	m := hardware(t, 0)
	s := spec(targets.SyncInterval)
	s.Demand = targets.Law{Mean: 20 * time.Millisecond}
	q := start(t, s, queue.Config{Share: m.For("queue")})
	nc := connect(t, q.address)
	for range 50 {
		if err := nc.Publish(jobs.Subject, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := nc.Flush(); err != nil { // and the connection goes on
		t.Fatal(err)
	}
	eventually(t, "every message is stored or counted", func() bool {
		got := q.Metrics()
		return got["messages"]+got["refused_total"] == 50 && got["refused_total"] > 0
	})
}
