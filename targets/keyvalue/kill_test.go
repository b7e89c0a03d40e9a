package keyvalue_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"rung/targets"
	"rung/targets/clock"
	"rung/targets/keyvalue"
	"rung/targets/machine"
)

const (
	envDirectory = "RUNG_TEST_KEYVALUE_DIRECTORY"
	envFsync     = "RUNG_TEST_KEYVALUE_FSYNC"
)

// killData is the data set of TestKill.
func killData() targets.Data { return targets.Data{Users: 50, OrdersPerUser: 2} }

// childMain serves a store until it is killed, if this process was started for it.
func childMain() {
	directory := os.Getenv(envDirectory)
	if directory == "" {
		return
	}
	fail := func(err error) {
		fmt.Fprintln(os.Stderr, "child:", err)
		os.Exit(1)
	}
	share := machine.New(clock.New(), targets.Machine{}, 1).For("kv")
	s, err := keyvalue.New(targets.KeyValue{Data: killData(), Fsync: targets.Fsync(os.Getenv(envFsync))},
		keyvalue.Config{Role: "kv", Directory: directory, Share: share})
	if err != nil {
		fail(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fail(err)
	}
	fmt.Println(l.Addr())
	ctx, cancel := context.WithCancel(context.Background())
	go func() { // the parent is gone when stdin ends
		_, _ = bufio.NewReader(os.Stdin).ReadByte()
		cancel()
	}()
	if err := s.Serve(ctx, l); err != nil {
		fail(err)
	}
	os.Exit(0)
}

// spawn starts a child on a directory and returns its address and what kills it.
func spawn(t *testing.T, directory string, fsync targets.Fsync) (address string, kill func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), envDirectory+"="+directory, envFsync+"="+string(fsync))
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
		t.Fatalf("the child says nothing: %v", err)
	}
	return strings.TrimSpace(line), kill
}

// TestKill kills the process with SIGKILL in the middle of writes, several times on
// one directory. Every write that was acknowledged must be there.
func TestKill(t *testing.T) {
	for _, fsync := range []targets.Fsync{targets.FsyncFull, targets.FsyncOff} {
		t.Run(string(fsync), func(t *testing.T) {
			directory := t.TempDir()
			var acknowledged []string
			for round := range 3 {
				acknowledged = append(acknowledged, writeUntilKilled(t, directory, fsync, round)...)
			}
			address, _ := spawn(t, directory, fsync)
			c := dial(t, address)
			lost := 0
			for _, id := range acknowledged {
				if c.do("HGET", "posts", id) != "text of "+id {
					lost++
				}
			}
			if lost > 0 || len(acknowledged) < 300 {
				t.Errorf("%d of %d acknowledged writes are lost; want 0 of 300 or more", lost, len(acknowledged))
			}
			if got := c.do("GET", "user:50"); !strings.Contains(got, "User 50") {
				t.Errorf("user 50 is %q", got)
			}
			t.Logf("%d acknowledged writes in 3 rounds, %d lost; HLEN says %s", len(acknowledged), lost, c.do("HLEN", "posts"))
		})
	}
}

// writeUntilKilled writes on four connections, kills the child once 100 writes were
// acknowledged, and returns which were.
func writeUntilKilled(t *testing.T, directory string, fsync targets.Fsync, round int) []string {
	t.Helper()
	address, kill := spawn(t, directory, fsync)
	var acks atomic.Int64
	enough := make(chan struct{})
	each := make([][]string, 4)
	var writers sync.WaitGroup
	for w := range each {
		c := dial(t, address)
		writers.Go(func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("%d-%d-%d", round, w, i)
				request := fmt.Sprintf("*4\r\n$6\r\nHSETNX\r\n$5\r\nposts\r\n$%d\r\n%s\r\n$%d\r\ntext of %s\r\n", len(id), id, len(id)+8, id)
				if _, err := c.Write([]byte(request)); err != nil {
					return
				}
				if got, err := c.read(); err != nil || got != "1" {
					return
				}
				each[w] = append(each[w], id)
				if acks.Add(1) == 100 {
					close(enough)
				}
			}
		})
	}
	ended := make(chan struct{})
	go func() { writers.Wait(); close(ended) }()
	select {
	case <-enough:
	case <-ended: // the child failed; the caller counts
	}
	kill()
	<-ended
	var all []string
	for _, ids := range each {
		all = append(all, ids...)
	}
	return all
}
