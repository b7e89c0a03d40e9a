package volume_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rung/targets"
	"rung/targets/clock"
	"rung/targets/machine"
	"rung/targets/store"
	"rung/targets/volume"
)

const (
	envDirectory = "RUNG_TEST_VOLUME_DIRECTORY"
	envFsync     = "RUNG_TEST_VOLUME_FSYNC"
)

// childMain serves a volume until it is killed, if this process was started
// for it.
func childMain() {
	directory := os.Getenv(envDirectory)
	if directory == "" {
		return
	}
	fail := func(err error) {
		fmt.Fprintln(os.Stderr, "child:", err)
		os.Exit(1)
	}
	share := machine.New(clock.New(), targets.Machine{}, 1).For("vol")
	s, err := volume.New(targets.Volume{Fsync: targets.Fsync(os.Getenv(envFsync)), Connections: 100},
		volume.Config{Role: "vol", Directory: directory, Share: share})
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

// spawn starts a child on a directory and returns its address and what kills
// it.
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

// TestKill kills the process with SIGKILL in the middle of writes, several
// times on one directory. Every write that was acknowledged must be there,
// whole, and nothing of those that were not may be half there.
func TestKill(t *testing.T) {
	for _, fsync := range []targets.Fsync{targets.FsyncFull, targets.FsyncOff} {
		t.Run(string(fsync), func(t *testing.T) {
			directory := t.TempDir()
			acknowledged := map[string]string{}
			for round := range 3 {
				writeUntilKilled(t, directory, fsync, round, acknowledged)
			}
			address, kill := spawn(t, directory, fsync)
			k := open(t, volume.ClientConfig{Dial: dialer(address)})
			lost := 0
			for key, value := range acknowledged {
				got, _, err := k.Get(t.Context(), key)
				// The last write of a key may be done and not acknowledged.
				if err != nil || string(got) < value || !strings.HasSuffix(string(got), "/"+key) {
					lost++
				}
			}
			if lost > 0 || len(acknowledged) < 100 {
				t.Errorf("%d of %d acknowledged keys are lost; want 0 of 100 or more", lost, len(acknowledged))
			}
			t.Logf("%d acknowledged keys, %d lost", len(acknowledged), lost)
			k.Close()
			kill()
			if left, err := os.ReadDir(filepath.Join(directory, "temporary")); err != nil || len(left) != 0 {
				t.Errorf("temporary files %v are left, %v; want none", left, err)
			}
		})
	}
}

// writeUntilKilled writes on four connections, replacing each key once, and
// kills the child when 100 writes were acknowledged.
func writeUntilKilled(t *testing.T, directory string, fsync targets.Fsync, round int, acknowledged map[string]string) {
	t.Helper()
	address, kill := spawn(t, directory, fsync)
	k := open(t, volume.ClientConfig{Dial: dialer(address), Connections: 4})
	var mu sync.Mutex
	var acks atomic.Int64
	enough := make(chan struct{})
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for i := 0; ; i++ {
				key := fmt.Sprintf("d%d/k%d-%d-%d", w%2, round, w, i/2)
				value := fmt.Sprintf("%d/%s", i%2, key)
				if _, err := k.Put(context.Background(), key, []byte(value), time.Hour); err != nil {
					return
				}
				mu.Lock()
				acknowledged[key] = value
				mu.Unlock()
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
	k.Close()
}

// TestClientOutlivesServer: a client whose connections broke with the process
// finds the next one on the same directory.
func TestClientOutlivesServer(t *testing.T) {
	directory := t.TempDir()
	var current atomic.Pointer[string]
	restart := func() (kill func()) {
		address, kill := spawn(t, directory, targets.FsyncOff)
		current.Store(&address)
		return kill
	}
	kill := restart()
	k := open(t, volume.ClientConfig{Connections: 4, Dial: func(ctx context.Context) (net.Conn, error) {
		return dialer(*current.Load())(ctx)
	}})
	for i := range 4 {
		if _, err := k.Put(t.Context(), fmt.Sprint("k", i), []byte("x"), time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	kill()
	if _, _, err := k.Get(t.Context(), "k0"); err == nil || errors.Is(err, store.ErrNotFound) {
		t.Errorf("while it is down: %v; want that nobody knows", err)
	}
	restart()
	for i := range 4 {
		if got, _, err := k.Get(t.Context(), fmt.Sprint("k", i)); err != nil || string(got) != "x" {
			t.Errorf("after the restart: %q, %v", got, err)
		}
	}
	if _, err := k.Put(t.Context(), "k0", []byte("y"), time.Hour); err != nil {
		t.Error(err)
	}
}
