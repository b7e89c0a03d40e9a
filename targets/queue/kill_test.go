package queue_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rung/targets"
	"rung/targets/jobs"
	"rung/targets/queue"
)

// spawn runs a queue in a process of its own.
func spawn(t *testing.T, directory string, mode targets.Sync) (address string, kill func()) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), directoryEnv+"="+directory, syncEnv+"="+string(mode))
	cmd.Stderr = os.Stderr
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill = sync.OnceFunc(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // says "killed"
	})
	t.Cleanup(kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the process says nothing: %v", err)
	}
	return strings.TrimSpace(line), kill
}

// publishUntilKilled publishes on four connections, kills the queue once enough
// messages were acknowledged, and returns which were.
func publishUntilKilled(t *testing.T, directory string, mode targets.Sync, round, enough int) []string {
	t.Helper()
	address, kill := spawn(t, directory, mode)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var acks atomic.Int64
	reached := make(chan struct{})
	each := make([][]string, 4)
	var publishers sync.WaitGroup
	for p := range each {
		js := stream(t, connect(t, address, nats.ClosedHandler(func(*nats.Conn) { cancel() })))
		publishers.Go(func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("%d-%d-%d", round, p, i)
				if _, err := js.Publish(ctx, jobs.Subject, []byte(id), jetstream.WithMsgID(id)); err != nil {
					return
				}
				each[p] = append(each[p], id)
				if acks.Add(1) == int64(enough) {
					close(reached)
				}
			}
		})
	}
	ended := make(chan struct{})
	go func() { publishers.Wait(); close(ended) }()
	select {
	case <-reached:
	case <-ended: // the process failed; the caller counts
	}
	kill()
	<-ended
	var all []string
	for _, ids := range each {
		all = append(all, ids...)
	}
	return all
}

// TestKill kills the queue with SIGKILL under publishing, many times on one
// directory. Every acknowledged message must be there, once. JetStream writes
// before it acknowledges, so this holds in both modes; only a power cut tells
// them apart.
func TestKill(t *testing.T) {
	const rounds, enough = 8, 60
	for _, mode := range targets.Syncs() {
		t.Run(string(mode), func(t *testing.T) {
			directory := filepath.Join(t.TempDir(), "queue")
			var acknowledged []string
			for round := range rounds {
				acknowledged = append(acknowledged, publishUntilKilled(t, directory, mode, round, enough)...)
			}
			q := start(t, spec(mode), queue.Config{Directory: directory})
			js := stream(t, connect(t, q.address))
			stored := int(q.Metrics()["messages"])
			got := drain(t, js, stored)
			lost := 0
			for _, id := range acknowledged {
				if got[id] == 0 {
					lost++
				}
			}
			if lost > 0 || len(acknowledged) < rounds*enough || len(got) != stored {
				t.Errorf("%d of %d acknowledged messages are lost, %d stored, %d different", lost, len(acknowledged), stored, len(got))
			}
			t.Logf("%d kills, %d acknowledged, %d stored, %d lost", rounds, len(acknowledged), stored, lost)
		})
	}
}

// TestWorkSurvivesKill kills the queue while jobs are out and acknowledged.
// What was acknowledged by the consumer may come again; nothing may be missing.
func TestWorkSurvivesKill(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "queue")
	ids := publishUntilKilled(t, directory, targets.SyncAlways, 0, 100)
	address, kill := spawn(t, directory, targets.SyncAlways)
	js := stream(t, connect(t, address))
	seen := drain(t, js, 50)
	kill()
	q := start(t, spec(targets.SyncAlways), queue.Config{Directory: directory})
	js = stream(t, connect(t, q.address))
	again := 0
	for id := range drain(t, js, int(q.Metrics()["messages"])) {
		if seen[id] > 0 {
			again++
		}
		seen[id]++
	}
	for _, id := range ids {
		if seen[id] == 0 {
			t.Errorf("message %s is lost", id)
		}
	}
	t.Logf("%d messages, %d delivered again after the kill", len(ids), again)
}
