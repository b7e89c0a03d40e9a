package database_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rung/targets"
	"rung/targets/database"
)

// serverEnv makes the test binary a database server on the directory it names,
// so that a test can kill it like any process.
const serverEnv = "RUNG_TEST_DATABASE"

func TestMain(m *testing.M) {
	if directory := os.Getenv(serverEnv); directory != "" {
		if err := serveUntilStdinEnds(directory); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if member := os.Getenv(memberEnv); member != "" {
		if err := beMember(member); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

func serveUntilStdinEnds(directory string) error {
	s, err := database.New(spec(), database.Config{Role: "database", Directory: directory})
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
	json.NewEncoder(os.Stdout).Encode(l.Addr().String())
	if err := s.Serve(ctx, l); err != nil {
		return err
	}
	return s.Close()
}

// process is a server in a process of its own.
type process struct {
	command *exec.Cmd
	address string
}

func startProcess(t *testing.T, directory string) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{command: exec.Command(self)}
	p.command.Env = append(os.Environ(), serverEnv+"="+directory)
	p.command.Stderr = os.Stderr
	if _, err := p.command.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := p.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	if err := json.NewDecoder(out).Decode(&p.address); err != nil {
		t.Fatalf("the server process did not start: %v", err)
	}
	return p
}

// kill sends SIGKILL and waits for the end.
func (p *process) kill() {
	p.command.Process.Kill()
	p.command.Wait()
}

// spec is a small database without emulated time.
func spec() targets.Database {
	return targets.Database{
		Data:        targets.Data{Users: 50, OrdersPerUser: 3},
		Fsync:       targets.FsyncOff,
		Connections: 20,
	}
}

// running is a server of this process.
type running struct {
	*database.Server
	address string
	end     func() error // stops serving; idempotent through the context
}

// start serves on loopback until the test ends.
func start(t testing.TB, spec targets.Database, config database.Config) *running {
	t.Helper()
	if config.Directory == "" {
		config.Directory = t.TempDir()
	}
	s, err := database.New(spec, config)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, l) }()
	ended := false
	r := &running{Server: s, address: l.Addr().String()}
	r.end = func() error {
		stop()
		if ended {
			return nil
		}
		ended = true
		return <-served
	}
	t.Cleanup(func() {
		if err := r.end(); err != nil {
			t.Errorf("Serve: %v", err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return r
}

// eventually polls until ok, for at most 20 seconds.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	deadline := time.After(20 * time.Second)
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("never happened: %s", what)
		}
	}
}
