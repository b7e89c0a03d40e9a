package launch_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"rung/targets"
	"rung/targets/clock"
	"rung/targets/launch"
	"rung/targets/node"
)

// TestMain lets the test binary be a node, as the real program is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "node":
			if err := node.Run(context.Background(), os.Stdin, os.Stdout, os.Stderr); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			os.Exit(0)
		case "dies":
			fmt.Fprintln(os.Stderr, "no room for me here")
			os.Exit(1)
		case "harness":
			os.Exit(harness())
		}
	}
	os.Exit(m.Run())
}

// site is two machines: a web server and its database.
func site() targets.Topology {
	m := targets.Machine{CPU: targets.Resource{Slots: 2, Queue: 100}, Disk: targets.Resource{Slots: 1, Queue: 100}}
	return targets.Topology{Name: "test", Site: "www.shop.example.", Entry: "web", Resolver: "resolver", TimeScale: 1,
		Nodes: []targets.Node{
			{Name: "web", Machine: m, Roles: []targets.Role{{Name: "web", Kind: targets.KindWeb,
				Web: &targets.Web{Store: "db", Connections: 8, SessionTTL: time.Hour, AssetSizes: []int{1024}}}}},
			{Name: "db", Machine: m, Roles: []targets.Role{{Name: "db", Kind: targets.KindDatabase, Private: true,
				Database: &targets.Database{Data: targets.Data{Users: 20, OrdersPerUser: 2}, Fsync: targets.FsyncFull, Connections: 20}}}},
			{Name: "resolver", Roles: []targets.Role{{Name: "resolver", Kind: targets.KindResolver,
				Resolver: &targets.Resolver{Root: "root", Reaches: []string{"root"}, Timeout: time.Second}}}},
			{Name: "root", Roles: []targets.Role{
				{Name: "root", Kind: targets.KindNameserver, Nameserver: &targets.Nameserver{Zone: ".",
					Records: []targets.Record{{Name: "www.shop.example.", Role: "web", TTL: time.Minute}}}}}},
		},
		Links: []targets.Link{{From: targets.Clients, To: "web"}, {From: targets.Clients, To: "resolver"}, {From: "resolver", To: "root"}, {From: "web", To: "db"}}}
}

// config runs nodes as this test binary; the data goes to dir.
func config(t testing.TB, dir string, as string) launch.Config {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := clock.New()
	t.Cleanup(c.Close)
	return launch.Config{Command: []string{self, as}, Directory: dir, Clock: c, Log: func(node string) (io.WriteCloser, error) {
		return os.OpenFile(filepath.Join(dir, node+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	}}
}

func start(t *testing.T, topology targets.Topology) *launch.System {
	t.Helper()
	s, err := launch.Start(t.Context(), topology, config(t, t.TempDir(), "node"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// get asks the entry as a client would; a status of 0 is no answer.
func get(t *testing.T, s *launch.System, path string) (int, string) {
	t.Helper()
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) { return s.Dial(ctx, network, "web") }}}
	res, err := client.Get("http://site" + path)
	if err != nil {
		return 0, err.Error()
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, err.Error()
	}
	return res.StatusCode, string(body)
}

func TestSystemServesThroughAllItsNodes(t *testing.T) {
	s := start(t, site())
	status, body := get(t, s, "/users/7")
	if status != http.StatusOK || !strings.Contains(body, "user7@example.com") {
		t.Fatalf("status %d, body %s", status, body)
	}
	for _, n := range s.Topology().Nodes {
		m, err := s.Metrics(t.Context(), n.Name)
		if err != nil {
			t.Fatal(err)
		}
		if m.Memory == 0 || m.ProcessCPU == 0 {
			t.Errorf("node %s knows nothing of itself: %+v", n.Name, m)
		}
	}
}

func TestPrivateRoleRefusesOutsiders(t *testing.T) {
	s := start(t, site())
	conn, err := net.DialTimeout("tcp", s.Endpoints()["db"].Address, 5*time.Second)
	if err != nil {
		return // refused at once is as good
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if n, err := conn.Read(make([]byte, 1)); err == nil {
		t.Errorf("an outsider could read %d bytes from a private database", n)
	} else if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("an outsider was left waiting instead of being refused")
	}
}

func TestKilledNodeIsReplacedWithItsData(t *testing.T) {
	s := start(t, site())
	before := s.Endpoints()["db"]
	if _, err := s.Kill("db"); err != nil {
		t.Fatal(err)
	}
	if s.Alive("db") {
		t.Fatal("a killed node is alive")
	}
	if status, _ := get(t, s, "/users/7"); status == http.StatusOK {
		t.Error("the site answers from a dead database")
	}
	if _, err := s.Metrics(t.Context(), "db"); err == nil {
		t.Error("a dead node gave metrics")
	}
	if err := s.Restart(t.Context(), "db"); err != nil {
		t.Fatal(err)
	}
	if after := s.Endpoints()["db"]; after != before {
		t.Errorf("the replacement listens on %v, not on %v", after, before)
	}
	eventually(t, "the site answers again", func() bool {
		status, _ := get(t, s, "/users/7")
		return status == http.StatusOK
	})
}

func TestHungNodeAnswersNobodyUntilResumed(t *testing.T) {
	s := start(t, site())
	if err := s.Hang("web"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := s.Metrics(ctx, "web"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a stopped node: %v, want no answer in time", err)
	}
	if err := s.Resume("web"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Metrics(t.Context(), "web"); err != nil {
		t.Errorf("after it goes on: %v", err)
	}
}

func TestCutLinkHoldsTrafficUntilHealed(t *testing.T) {
	s := start(t, site())
	get(t, s, "/users/7")
	if err := s.Impair(t.Context(), "web", "db", targets.Impairment{Cut: true}); err != nil {
		t.Fatal(err)
	}
	if status, body := get(t, s, "/users/7"); status == http.StatusOK {
		t.Errorf("a cut wire carried %s", body)
	}
	if err := s.Impair(t.Context(), "web", "db", targets.Impairment{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a healed wire carries again", func() bool {
		status, _ := get(t, s, "/users/7")
		return status == http.StatusOK
	})
	if err := s.Impair(t.Context(), "web", "nowhere", targets.Impairment{}); err == nil {
		t.Error("a wire to nowhere could be cut")
	}
}

func TestStartFailsWithTheCause(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, row := range []struct {
		name, as, want string
		change         func(*targets.Topology)
	}{
		{"a node that dies at start", "dies", "no room for me here", func(*targets.Topology) {}},
		{"an impossible topology", "node", "no role", func(t *targets.Topology) { t.Entry = "nobody" }},
		{"an unusable data directory", "node", "data directory", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			topology, dir := site(), t.TempDir()
			cfg := config(t, dir, row.as)
			if row.change == nil {
				cfg.Directory = filepath.Join(dir, "file", "below")
				if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
					t.Fatal(err)
				}
			} else {
				row.change(&topology)
			}
			s, err := launch.Start(t.Context(), topology, cfg)
			if err == nil {
				s.Close()
				t.Fatal("it started")
			}
			if !strings.Contains(err.Error(), row.want) {
				t.Errorf("message %q does not say %q", err, row.want)
			}
		})
	}
}

func TestTakenPortIsNamed(t *testing.T) {
	topology := site()
	topology.Nodes[0].Roles[0].Port = holdEverywhere(t)
	s, err := launch.Start(t.Context(), topology, config(t, t.TempDir(), "node"))
	if err == nil {
		s.Close()
		t.Fatal("it started on a port that is taken")
	}
	if !strings.Contains(err.Error(), "another program holds this port") {
		t.Errorf("message: %v", err)
	}
}

// holdEverywhere takes a port on all addresses.
func holdEverywhere(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp4", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.Addr().(*net.TCPAddr).Port
}

// harness is a process that starts a system, says so, and waits to be killed.
func harness() int {
	c := clock.New()
	dir := os.Args[2]
	self, err := os.Executable()
	if err != nil {
		return 1
	}
	s, err := launch.Start(context.Background(), site(), launch.Config{Command: []string{self, "node"}, Directory: dir, Clock: c,
		Log: func(node string) (io.WriteCloser, error) { return os.Create(filepath.Join(dir, node+".log")) }})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := s.Hang("db"); err != nil { // a stopped node must go too
		return 1
	}
	fmt.Println("ready")
	select {}
}

// TestNothingIsLeftWhenTheHarnessIsKilled kills the harness with SIGKILL and
// looks for processes of its group of nodes, one of them stopped.
func TestNothingIsLeftWhenTheHarnessIsKilled(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cmd := exec.Command(self, "harness", dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 6)); err != nil {
		t.Fatalf("the harness did not start: %v", err)
	}
	children := childrenOf(t, cmd.Process.Pid)
	if len(children) != 4 {
		t.Fatalf("the harness has %d nodes, want 4", len(children))
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait() // killed: an error is certain
	eventually(t, "all nodes have ended", func() bool {
		for _, pid := range children {
			if syscall.Kill(pid, 0) == nil && !zombie(pid) {
				return false
			}
		}
		return true
	})
}

// childrenOf reads the kernel's list of a process's children.
func childrenOf(t *testing.T, pid int) []int {
	t.Helper()
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil || len(tasks) == 0 {
		t.Skip("SKIPPED: this system does not list a process's children in /proc")
	}
	var pids []int
	for _, file := range tasks {
		data, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		for _, field := range strings.Fields(string(data)) {
			var child int
			if _, err := fmt.Sscan(field, &child); err == nil {
				pids = append(pids, child)
			}
		}
	}
	return pids
}

func zombie(pid int) bool {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return true
	}
	_, after, _ := strings.Cut(string(data), ") ")
	return strings.HasPrefix(after, "Z")
}

// eventually polls until a condition holds, for a time that no machine needs.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("not within 20 s: %s", what)
		}
		tick := time.NewTimer(20 * time.Millisecond)
		<-tick.C
	}
}
