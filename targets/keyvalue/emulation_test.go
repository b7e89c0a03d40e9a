package keyvalue_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"rung/targets"
	"rung/targets/keyvalue"
)

// small has one CPU and one disk with known times.
func small() setup {
	return setup{
		spec: targets.KeyValue{
			Data: targets.Data{Users: 10, OrdersPerUser: 2},
			Demand: map[targets.Statement]targets.Law{
				targets.StatementGet: targets.Constant(20 * time.Microsecond),
				targets.StatementSet: targets.Constant(30 * time.Microsecond),
			},
			Access:    targets.Constant(70 * time.Microsecond),
			PoolPages: 4,
			Fsync:     targets.FsyncOff,
		},
		machine: targets.Machine{CPU: targets.Resource{Slots: 1, Queue: 100}, Disk: targets.Resource{Slots: 1, Queue: 100}},
	}
}

// TestCharges checks the emulated time of each command, to the nanosecond.
func TestCharges(t *testing.T) {
	for _, c := range []struct {
		name             string
		warm, commands   []string
		gets, sets, disk int
		hits, misses     float64
	}{
		{"a cold read", nil, []string{"GET user:1"}, 1, 0, 1, 0, 1},
		{"a repeated read", nil, []string{"GET user:1", "GET user:1"}, 2, 0, 1, 1, 1},
		{"a warm read", []string{"users/1"}, []string{"GET user:1"}, 1, 0, 0, 1, 0},
		{"all orders of a customer lie together", nil, []string{"GET customer:1:orders", "GET order:1:1", "GET order:1:2"}, 3, 0, 1, 2, 1},
		{"customers do not", nil, []string{"GET order:1:1", "GET order:2:1"}, 2, 0, 2, 0, 2},
		{"users and orders do not", nil, []string{"GET user:1", "GET customer:1:orders"}, 2, 0, 2, 0, 2},
		{"a missing row is read too", nil, []string{"GET user:99"}, 1, 0, 1, 0, 1},
		{"other keys are in memory", nil, []string{"GET a", "GET user:x", "GET user:1:2", "GET customer:1:x", "GET order:1", "HGET posts p", "HLEN posts"}, 7, 0, 0, 0, 0},
		{"many keys", []string{"users/1"}, []string{"MGET user:1 user:2 a"}, 3, 0, 1, 1, 1},
		{"a scan", nil, []string{"HSCAN posts 0", "LRANGE l 0 -1", "DBSIZE"}, 3, 0, 0, 0, 0},
		{"a write", nil, []string{"HSETNX posts p x"}, 0, 1, 1, 0, 0},
		{"a write that changes nothing", nil, []string{"SET a 1", "SET a 1 NX", "DEL none"}, 0, 3, 3, 0, 0},
		{"a page that was written is in memory", nil, []string{"SET user:1 x", "GET user:1"}, 1, 1, 1, 1, 0},
		{"deleting many is one commit", nil, []string{"DEL user:1 user:2 user:3"}, 0, 3, 1, 0, 0},
		{"a wrong type is found by looking", nil, []string{"HGET user:1 f"}, 1, 0, 1, 0, 1},
		{"mistakes cost nothing", nil, []string{"GET", "NOPE", "SET a 1 PX", "LRANGE l x y", "PING", "INFO"}, 0, 0, 0, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := start(t, small())
			r.server.Warm(c.warm)
			client := dial(t, r.address)
			for _, line := range c.commands {
				client.do(strings.Fields(line)...)
			}
			cpu, disk := r.machine.Usage()
			if want := time.Duration(c.gets)*20*time.Microsecond + time.Duration(c.sets)*30*time.Microsecond; cpu.Busy != want || cpu.ByRole["kv"] != want {
				t.Errorf("CPU was busy for %v (%v by the role); want %v", cpu.Busy, cpu.ByRole["kv"], want)
			}
			if want := time.Duration(c.disk) * 70 * time.Microsecond; disk.Busy != want {
				t.Errorf("disk was busy for %v; want %v", disk.Busy, want)
			}
			m := r.server.Metrics()
			for name, want := range map[string]float64{
				"statements_get_total": float64(c.gets), "statements_set_total": float64(c.sets),
				"pool_hits_total": c.hits, "pool_misses_total": c.misses, "connections": 1,
			} {
				if m[name] != want {
					t.Errorf("%s is %v; want %v", name, m[name], want)
				}
			}
		})
	}
}

func TestCommitsAndErrorsAreCounted(t *testing.T) {
	r := start(t, setup{})
	c := dial(t, r.address)
	for _, line := range []string{"SET a 1", "SET a 1", "SET a 1 NX", "HSETNX h f 1", "HSETNX h f 1", "DEL none", "RPUSH l x", "GET h", "NOPE", "HSET a f 1"} {
		c.do(strings.Fields(line)...)
	}
	m := r.server.Metrics()
	if m["commits_total"] != 4 || m["errors_total"] != 3 {
		t.Errorf("%v commits, %v errors; want 4, 3", m["commits_total"], m["errors_total"])
	}
}

// slowDisk makes one access longer than any test, so that what reaches the disk
// stays there.
func slowDisk(queue int) setup {
	s := small()
	s.spec.Access = targets.Constant(time.Hour)
	s.machine.Disk.Queue = queue
	return s
}

// TestWriteWaitsBeforeItCommits holds a write in its emulated disk access: it is not
// in the store yet, and readers are not held up.
func TestWriteWaitsBeforeItCommits(t *testing.T) {
	r := start(t, slowDisk(10))
	r.server.Warm([]string{"users/1"})
	writer, reader := dial(t, r.address), dial(t, r.address)
	writer.send("HSETNX", "posts", "p", "x")
	poll(t, "the write to reach the disk", func() bool { _, disk := r.machine.Usage(); return disk.Busy > 0 })
	if got := reader.do("HLEN", "posts"); got != "0" {
		t.Errorf("the write is in the store before its disk access ended: HLEN is %s", got)
	}
	if got := reader.do("GET", "user:1"); !strings.Contains(got, "User 1") {
		t.Errorf("a read during the wait is answered %q", got)
	}
	r.stop() // ends the wait
	if m := r.server.Metrics(); m["commits_total"] != 0 {
		t.Errorf("%v commits; want 0", m["commits_total"])
	}
}

func TestBusy(t *testing.T) {
	r := start(t, slowDisk(0))
	first, second := dial(t, r.address), dial(t, r.address)
	first.send("SET", "a", "1")
	poll(t, "the first write to reach the disk", func() bool { _, disk := r.machine.Usage(); return disk.Busy > 0 })
	const busy = "-BUSY the queue of the machine is full"
	for _, line := range []string{"SET b 1", "GET user:1", "GET user:1"} {
		if got := second.do(strings.Fields(line)...); got != busy {
			t.Errorf("%s is answered %q; want %q", line, got, busy)
		}
	}
	if got := second.do("GET", "b"); got != "(nil)" {
		t.Errorf("a refused write is in the store: %q", got)
	}
	if m := r.server.Metrics(); m["pool_misses_total"] != 2 || m["errors_total"] != 3 {
		t.Errorf("%v misses, %v errors; want 2 (a page that could not be read is not in memory), 3", m["pool_misses_total"], m["errors_total"])
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	r := start(t, setup{spec: targets.KeyValue{Connections: 1}})
	dial(t, r.address).do("PING")
	if got, err := dial(t, r.address).read(); err != nil || got != "-ERR max number of clients reached" {
		t.Errorf("the second client reads %q, %v", got, err)
	}
}

func TestCloseEndsServe(t *testing.T) {
	s, err := keyvalue.New(targets.KeyValue{}, keyvalue.Config{Role: "kv", Directory: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve(context.Background(), l) }()
	dial(t, l.Addr().String()).do("PING")
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := <-done; err != nil {
		t.Errorf("Serve: %v", err)
	}
	again, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(context.Background(), again); !errors.Is(err, keyvalue.ErrClosed) {
		t.Errorf("Serve after Close: %v", err)
	}
}
